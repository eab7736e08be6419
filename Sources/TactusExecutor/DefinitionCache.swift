internal import TactusModel
internal import TactusPorts

/// Definitions that were claimed lately, so that a job every second is not parsed every second.
final class DefinitionCache {
  private let reader: any DefinitionReader
  private var known: [DefinitionKey: Definition] = [:]

  /// Enough for what is busy at once; the cache is emptied when it is full, which costs a parse of each.
  private static let capacity = 128

  init(reader: any DefinitionReader) { self.reader = reader }

  func definition(of job: ClaimedJob) -> Result<Definition, UnitFileProblem> {
    guard let name = job.workflow else {
      return .failure(UnitFileProblem(file: "", line: 0, message: "the job has no workflow"))
    }
    return definition(job.definition, job.text, of: name)
  }

  func definition(
    _ key: DefinitionKey, _ text: String, of name: WorkflowName
  ) -> Result<Definition, UnitFileProblem> {
    if let definition = known[key] { return .success(definition) }
    let result = reader.read(text, name: name)
    if case .success(let definition) = result {
      if known.count >= Self.capacity { known.removeAll(keepingCapacity: true) }
      known[key] = definition
    }
    return result
  }
}
