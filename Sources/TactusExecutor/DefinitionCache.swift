internal import TactusModel
internal import TactusPorts

/// Parsed definitions of recent claims, so that frequent jobs do not parse their definition each time.
final class DefinitionCache {
  private let reader: any DefinitionReader
  private var known: [DefinitionKey: Definition] = [:]

  /// Enough for the definitions in use at a time.
  ///
  /// A full cache is emptied, which costs one parse of each.
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
