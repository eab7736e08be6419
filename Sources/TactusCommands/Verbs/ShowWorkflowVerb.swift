import TactusModel
import TactusProtocol
import TactusUnitFile

enum ShowWorkflowVerb: Verb {
  static let name = "show-workflow"
  static let operands = [Operand.several(.workflow)]
  static let summary = "Show the properties and counters of workflows"
  static let isPaged = true

  static func run(_ invocation: Invocation) throws {
    try invocation.showEach { name, client in
      try invocation.call(GetWorkflow(name: name), on: client).map { sheet(of: $0.workflow, invocation.console) }
    }
  }

  private static func sheet(of workflow: WireWorkflow, _ console: Console) -> Sheet {
    var sheet = Sheet()
    sheet.add("Name", workflow.name)
    sheet.add("Kind", workflow.kind.rawValue)
    addWork(of: workflow, to: &sheet)
    sheet.add("State", workflow.state.rawValue + (workflow.terminatedReason.map { " (\($0.rawValue))" } ?? ""))
    sheet.add("Every", workflow.intervalMs.map { Readable.span(.milliseconds($0)) } ?? "on demand")
    sheet.add("Next run", Readable.exact(workflow.nextAt, on: console))
    sheet.add("Anchor", Readable.exact(workflow.anchorAt, on: console))
    sheet.add("Queue", workflow.queue)
    sheet.add("Priority", "\(workflow.priority)")
    sheet.add("Failures in a row", failures(of: workflow))
    sheet.add("Generation", "\(workflow.generation)")
    sheet.add("Defined by", workflow.origin.rawValue)
    if let build = workflow.buildStatus {
      sheet.add("Preparation", build.rawValue + (workflow.buildError.map { ": \($0)" } ?? ""))
    }
    sheet.add("Created", Readable.exact(workflow.createdAt, on: console))
    sheet.add("Updated", Readable.exact(workflow.updatedAt, on: console))
    sheet.add("Terminated", Readable.exact(workflow.terminatedAt, on: console))
    sheet.add("Resumed", Readable.exact(workflow.resumedAt, on: console))
    return sheet
  }

  /// Adds the command or request, and its user, if the caller may read definitions.
  ///
  /// Variables are not shown, because they may be secret.
  private static func addWork(of workflow: WireWorkflow, to sheet: inout Sheet) {
    guard let text = workflow.definition, let name = WorkflowName(workflow.name), let queue = QueueName(workflow.queue),
      // A newer daemon may know more keys. Then only `cat` shows the definition.
      case .success(let definition) = WorkflowFile.read(text: text, name: name, queues: [queue])
    else { return }
    let exec = definition.canonical.split(separator: "\n").first { $0.hasPrefix("Exec=") }?.dropFirst("Exec=".count)
    switch definition.work {
    case .command(let command):
      sheet.add("Exec", exec.map(String.init))
      sheet.add("Directory", command.workingDirectory)
      sheet.add("Runner", command.runner.rawValue)
      sheet.add("User", command.user)
      sheet.add("Group", command.group)
    case .heartbeat(let heartbeat): sheet.add("Endpoint", "\(heartbeat.method) \(heartbeat.endpoint)")
    case .container(let container):
      sheet.add("Image", container.image.text)
      sheet.add("Exec", exec.map(String.init))
      sheet.add("User", container.user)
    }
    sheet.add("Timeout", definition.work.timeout.map(Readable.span) ?? "infinity")
  }

  private static func failures(of workflow: WireWorkflow) -> String {
    let count = workflow.consecutiveFailures
    if let fatal = workflow.terminatingFailures {
      return "\(fatal), which terminated it" + (count == fatal ? "" : " (\(count) after later manual runs)")
    }
    guard let limit = workflow.maxConsecutiveFailures else { return "\(count) (no limit)" }
    return "\(count) (limit: \(limit))"
  }
}
