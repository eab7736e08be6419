import TactusModel
import TactusProtocol

enum ShowWorkflowVerb: Verb {
  static let name = "show-workflow"
  static let operands = [Operand.several(.workflow)]
  static let summary = "Show workflows and their counters"
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
      sheet.add("Image", build.rawValue + (workflow.buildError.map { ": \($0)" } ?? ""))
    }
    sheet.add("Created", Readable.exact(workflow.createdAt, on: console))
    sheet.add("Updated", Readable.exact(workflow.updatedAt, on: console))
    sheet.add("Terminated", Readable.exact(workflow.terminatedAt, on: console))
    sheet.add("Resumed", Readable.exact(workflow.resumedAt, on: console))
    return sheet
  }

  private static func failures(of workflow: WireWorkflow) -> String {
    let count = workflow.consecutiveFailures
    if let fatal = workflow.terminatingFailures {
      return "\(fatal), which terminated it" + (count == fatal ? "" : "; \(count) with the runs by hand since")
    }
    guard let limit = workflow.maxConsecutiveFailures else { return "\(count), and no number terminates it" }
    return "\(count), and \(limit) \(limit == 1 ? "terminates" : "terminate") it"
  }
}
