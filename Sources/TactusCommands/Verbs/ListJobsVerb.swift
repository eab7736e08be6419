import TactusModel
import TactusProtocol
import TactusTransport

enum ListJobsVerb: Verb {
  static let name = "list-jobs"
  static let operands = [Operand.atMostOne(.workflow)]
  static let summary = "List planned, running and ended jobs, latest first"
  static let options: [CommandOption] = [
    .status, .phase, .trigger, .workflow, .kind, .queue, .errorCode, .since, .until, .limit, .cursor,
  ]
  static let isPaged = true

  static func run(_ invocation: Invocation) throws {
    var request = try request(invocation)
    let limit = try invocation.number(.limit, in: Paging.limits) ?? 50
    let client = try invocation.connect()
    var jobs: [WireJob] = []
    let next = try Paging.fill(limit, from: invocation.values[.cursor]) { cursor, limit in
      (request.cursor, request.limit) = (cursor, limit)
      let reply = try client.reply(to: request)
      if invocation.json != .off { invocation.console.print(bytes: invocation.json.rendered(reply.parameters)) }
      let page = try reply.read(ListJobs.Reply.self)
      jobs += page.jobs
      return (page.jobs.count, page.nextCursor)
    }
    if invocation.json == .off { print(jobs, next, invocation) }
  }

  private static func request(_ invocation: Invocation) throws(Complaint) -> ListJobs {
    let (operand, option) = (invocation.operands.first, invocation.values[.workflow])
    if let operand, let option, operand != option {
      throw .usage("\(operand) and --workflow=\(option) contradict each other. Use one of them.")
    }
    return ListJobs(
      status: invocation.words(.status), trigger: invocation.word(.trigger), workflow: operand ?? option,
      kind: invocation.word(.kind), queue: invocation.values[.queue], phase: invocation.word(.phase),
      errorCode: invocation.word(.errorCode), since: try invocation.moment(.since),
      until: try invocation.moment(.until))
  }

  /// Sorts jobs: those that have not started first, by the instant that is shown, then the others, latest start first.
  ///
  /// Jobs without an instant are at the top. The daemon returns jobs in the order of creation, but automatic jobs are
  /// created long before their time. Started jobs are sorted by events: a clock that was ahead would keep its jobs on
  /// top.
  private static func ordered(_ jobs: [WireJob]) -> [WireJob] {
    func event(_ job: WireJob) -> Int64 { job.startedEvent ?? job.endedEvent ?? .max }
    func instant(_ job: WireJob) -> Int64 { job.scheduledAt?.microseconds ?? .max }
    return jobs.enumerated().sorted { left, right in
      (event(left.element), instant(left.element), right.offset) > (
        event(right.element), instant(right.element), left.offset
      )
    }.map(\.element)
  }

  private static func print(_ jobs: [WireJob], _ next: String?, _ invocation: Invocation) {
    let console = invocation.console
    var table = Table([
      Table.Column(title: "ID"), Table.Column(title: "WORKFLOW", isFlexible: true),
      Table.Column(title: "TRIGGER", isDispensable: true), Table.Column(title: "STATUS", isFlexible: true),
      Table.Column(title: "SCHEDULED"), Table.Column(title: "DURATION", isRight: true),
      Table.Column(title: "REASON", isFlexible: true),
    ])
    for job in Self.ordered(jobs) {
      table.add([
        Table.Cell(Readable.tail(of: job.id)), Table.Cell(job.workflow), Table.Cell(job.trigger.rawValue),
        Table.Cell(job.standing, job.status.style), Table.Cell(Readable.instant(job.scheduledAt, on: console)),
        Table.Cell(job.elapsed(at: console.now)), Table.Cell(job.shortReason),
      ])
    }
    table.print(on: console, hasHeading: invocation.hasLegend)
    guard invocation.hasLegend else { return }
    let more = next.map { ". More with --cursor=\($0)" } ?? ""
    console.print("\n\(jobs.count.counted("job"))\(more).")
  }
}

extension WireJob {
  /// The time that it ran, or has been running.
  func elapsed(at now: Instant) -> String? {
    if let durationMs { return Readable.span(.milliseconds(durationMs)) }
    guard status == .running, let startedAt else { return nil }
    if let elapsedMs { return Readable.span(.seconds(elapsedMs / 1000)) }
    return Readable.span(.seconds(max(0, (now - startedAt).milliseconds / 1000)))
  }

  /// The error code, or what it waits for, with its position and the estimated wait: `#3, ~2 min`.
  fileprivate var shortReason: String? {
    let parts = [
      errorCode?.rawValue, queuePosition == nil ? wait?.rawValue : nil, queuePosition.map { "#\($0)" },
      estimatedWaitSeconds.map { "~\(Readable.span(.seconds($0)))" },
    ]
    let reported = parts.compactMap(\.self)
    return reported.isEmpty ? nil : reported.joined(separator: ", ")
  }
}
