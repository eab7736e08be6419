import TactusModel
import TactusUnitFile
import Testing

extension Set<QueueName> {
  /// The queues of this version.
  static let builtIn = Set(Kind.allCases.map { QueueName(builtIn: $0) })
}

/// Reads a workflow file like the daemon.
func read(_ text: String) throws -> Result<Definition, UnitFileProblems> {
  try read(Array(text.utf8))
}

/// Reads a workflow file from bytes, which may be invalid text.
func read(_ bytes: [UInt8]) throws -> Result<Definition, UnitFileProblems> {
  WorkflowFile.read(bytes, name: try #require(WorkflowName("backup")), queues: .builtIn)
}

/// Returns the problems of a file that must be refused.
func problems(of result: Result<some Any, UnitFileProblems>) -> [UnitFileProblem] {
  if case .failure(let failure) = result { return failure.problems }
  return []
}
