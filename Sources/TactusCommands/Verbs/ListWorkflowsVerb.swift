import TactusModel
import TactusProtocol
import TactusTransport

enum ListWorkflowsVerb: Verb {
  static let name = "list-workflows"
  static let summary = "List workflows with their next runs"
  static let options: [CommandOption] = [.state]
  static let isPaged = true

  static func run(_ invocation: Invocation) throws {
    let client = try invocation.connect()
    let state: Workflow.State? = invocation.word(.state)
    var workflows: [WireWorkflow] = []
    var cursor: String?
    repeat {
      let reply = try client.reply(to: ListWorkflows(state: state, cursor: cursor, limit: 1000))
      if invocation.json != .off { invocation.console.print(bytes: invocation.json.rendered(reply.parameters)) }
      let page = try reply.read(ListWorkflows.Reply.self)
      workflows += page.workflows
      // The same cursor again would loop forever.
      cursor = page.nextCursor == cursor ? nil : page.nextCursor
    } while cursor != nil
    if invocation.json == .off { print(workflows, invocation) }
  }

  private static func print(_ workflows: [WireWorkflow], _ invocation: Invocation) {
    let console = invocation.console
    var table = Table([
      Table.Column(title: "NAME", isFlexible: true), Table.Column(title: "KIND"), Table.Column(title: "STATE"),
      Table.Column(title: "EVERY"), Table.Column(title: "NEXT"), Table.Column(title: "FAILURES", isRight: true),
    ])
    for workflow in workflows {
      let limit = workflow.maxConsecutiveFailures.map { "/\($0)" } ?? ""
      table.add([
        Table.Cell(workflow.name), Table.Cell(workflow.kind.rawValue),
        Table.Cell(workflow.state.rawValue, workflow.state == .active ? .good : .bad),
        Table.Cell(workflow.intervalMs.map { Readable.span(.milliseconds($0)) }),
        Table.Cell(Readable.instant(workflow.nextAt, on: console)),
        Table.Cell("\(workflow.shownFailures)\(limit)", workflow.shownFailures > 0 ? .bad : .plain),
      ])
    }
    table.print(on: console, hasHeading: invocation.hasLegend)
    guard invocation.hasLegend else { return }
    let terminated = workflows.count { $0.state == .terminated }
    console.print("\n\(workflows.count.counted("workflow")), \(terminated) terminated.")
  }
}
