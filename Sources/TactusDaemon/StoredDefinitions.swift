internal import TactusModel
internal import TactusPorts
internal import TactusUnitFile

/// Reads definitions from the text that the store keeps.
struct StoredDefinitions: DefinitionReader {
  let queues: Set<QueueName>

  func read(_ text: String, name: WorkflowName) -> Result<Definition, UnitFileProblem> {
    WorkflowFile.read(text: text, name: name, queues: queues).mapError { failure in
      failure.problems.first ?? UnitFileProblem(file: "\(name).workflow", line: 0, message: "cannot be read")
    }
  }
}
