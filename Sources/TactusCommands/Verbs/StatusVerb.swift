import TactusModel
import TactusProtocol

enum StatusVerb: Verb {
  static let name = "status"
  static let summary = "Show how the daemon is: counts, queues, the last errors"
  static let isPaged = true

  static func run(_ invocation: Invocation) throws {
    guard let reply = try invocation.call(Describe()) else { return }
    let console = invocation.console
    let style: Style = reply.state == .running ? .good : .bad
    console.print("tactusd \(reply.version): \(style.applied(to: reply.state.rawValue, on: console))")
    var sheet = Sheet()
    sheet.add("Since", Readable.exact(reply.startedAt, on: console))
    sheet.add("PID", "\(reply.pid)")
    sheet.add("Workflows", "\(reply.workflows.active) active, \(reply.workflows.terminated) terminated")
    sheet.add(
      "Jobs", JobStatus.allCases.map { "\(reply.jobs[$0]) \($0.rawValue.lowercased())" }.joined(separator: ", "))
    sheet.add("Next due", Readable.exact(reply.nextDue, on: console) ?? "nothing is planned")
    sheet.add("Store", "\(reply.storeID), \(Readable.bytes(reply.storeBytes))")
    sheet.print(on: console)
    console.print()
    var table = Table([
      Table.Column(title: "QUEUE", isFlexible: true), Table.Column(title: "RUNNING", isRight: true),
      Table.Column(title: "MAX", isRight: true), Table.Column(title: "QUEUED", isRight: true),
      Table.Column(title: "MAX", isRight: true),
    ])
    for queue in reply.queues {
      table.add([
        Table.Cell(queue.name), Table.Cell("\(queue.running)"), Table.Cell("\(queue.maxRunning)"),
        Table.Cell("\(queue.queued)"), Table.Cell("\(queue.maxQueued)"),
      ])
    }
    table.print(on: console)
    if !reply.lastErrors.isEmpty { console.print() }
    for incident in reply.lastErrors {
      let at = Readable.instant(incident.at, on: console) ?? ""
      console.print("\(Style.bad.applied(to: at, on: console)): \(incident.message)")
    }
  }
}
