import TactusModel
import TactusProtocol
import TactusTransport

/// Prints one screen: a daemon with two queues and few errors fits 80×24.
enum StatusVerb: Verb {
  static let name = "status"
  static let summary = "Show the state of the daemon, its queues and jobs"
  static let isPaged = true

  private static let runningShown = 5
  private static let nextShown = 3

  static func run(_ invocation: Invocation) throws {
    let client = try invocation.connect()
    guard let reply = try invocation.call(Describe(), on: client) else { return }
    let console = invocation.console
    printHead(reply, console)
    printQueues(reply.queues, console)
    do throws(ControlError) {
      try printRunning(client, reply.jobs[.running], console)
      try printNext(client, console)
    } catch {
      // The status matters most while the store does not answer, so the known part is shown.
      guard case .failed(.unavailable(let reason)) = error, reply.state == .degraded else { throw error }
      console.print(wrapped: "\nThe running jobs and the next runs cannot be shown: \(reason.visible.closed)")
    }
    guard !reply.lastErrors.isEmpty else { return }
    console.print()
    for incident in reply.lastErrors {
      let at = Readable.instant(incident.at, on: console) ?? ""
      console.print(wrapped: "\(Style.bad.applied(to: at, on: console)): \(incident.message.visible)")
    }
  }

  private static func printHead(_ reply: Describe.Reply, _ console: Console) {
    let style: Style = reply.state == .running ? .good : .bad
    let dot = console.isTerminal ? "\(style.applied(to: "●", on: console)) " : ""
    console.print("\(dot)tactusd \(reply.version): \(style.applied(to: reply.state.rawValue.visible, on: console))")
    if let reason = reply.reason {
      console.print(wrapped: "\(Style.bad.applied(to: "Reason", on: console)): \(reason.visible)")
    }
    var sheet = Sheet()
    sheet.add("Since", Readable.exact(reply.startedAt, on: console))
    sheet.add("PID", "\(reply.pid)")
    sheet.add("Store", "\(reply.storeID), \(Readable.bytes(reply.storeBytes))")
    sheet.add("Workflows", "\(reply.workflows.active) active, \(reply.workflows.terminated) terminated")
    func counts(_ isWanted: (JobStatus) -> Bool) -> String {
      JobStatus.allCases.filter(isWanted).map { "\(reply.jobs[$0]) \($0.rawValue.lowercased())" }
        .joined(separator: ", ")
    }
    sheet.add("Jobs", counts { !$0.isTerminal })
    sheet.add("Ended", counts(\.isTerminal))
    sheet.print(on: console)
    console.print()
  }

  private static func printQueues(_ queues: [WireQueue], _ console: Console) {
    var table = Table([
      Table.Column(title: "QUEUE", isFlexible: true), Table.Column(title: "RUNNING", isRight: true),
      Table.Column(title: "MAX", isRight: true), Table.Column(title: "QUEUED", isRight: true),
      Table.Column(title: "MAX", isRight: true),
    ])
    for queue in queues {
      table.add([
        Table.Cell(queue.name), Table.Cell("\(queue.running)"), Table.Cell("\(queue.maxRunning)"),
        Table.Cell("\(queue.queued)"), Table.Cell("\(queue.maxQueued)"),
      ])
    }
    table.print(on: console)
  }

  private static func printRunning(_ client: ControlClient, _ count: Int, _ console: Console) throws(ControlError) {
    let jobs = try client.call(ListJobs(status: [.running], limit: runningShown)).jobs
    guard !jobs.isEmpty else { return }
    console.print()
    var table = Table([
      Table.Column(title: "RUNNING"), Table.Column(title: "WORKFLOW", isFlexible: true),
      Table.Column(title: "TRIGGER"), Table.Column(title: "FOR", isRight: true),
    ])
    for job in jobs {
      table.add([
        Table.Cell(Readable.tail(of: job.id), job.status.style), Table.Cell(job.workflow),
        Table.Cell(job.trigger.rawValue), Table.Cell(job.elapsed(at: console.now)),
      ])
    }
    table.print(on: console)
    if count > jobs.count {
      console.print("and \(count - jobs.count) more. Run tactusctl list-jobs --status=RUNNING to list them.")
    }
  }

  private static func printNext(_ client: ControlClient, _ console: Console) throws(ControlError) {
    let runs = try client.call(ListUpcoming(limit: nextShown)).runs
    console.print()
    guard !runs.isEmpty else { return console.print("Nothing is planned.") }
    var table = Table([Table.Column(title: "NEXT"), Table.Column(title: "WORKFLOW", isFlexible: true)])
    for run in runs {
      table.add([Table.Cell(Readable.instant(run.nominalAt, on: console)), Table.Cell(run.workflow)])
    }
    table.print(on: console)
  }
}
