import TactusModel
import TactusProtocol

enum ListJobsVerb: Verb {
  static let name = "list-jobs"
  static let summary = "List jobs, newest first: what ran, runs and is planned"
  static let options: [CommandOption] = [.status, .trigger, .workflow, .kind, .limit, .cursor]
  static let isPaged = true

  static func run(_ invocation: Invocation) throws {
    guard let page = try invocation.call(try request(invocation)) else { return }
    let console = invocation.console
    var table = Table([
      Table.Column(title: "ID"), Table.Column(title: "WORKFLOW", isFlexible: true), Table.Column(title: "TRIGGER"),
      Table.Column(title: "STATUS"), Table.Column(title: "SCHEDULED"), Table.Column(title: "DURATION", isRight: true),
      Table.Column(title: "REASON", isFlexible: true),
    ])
    for job in page.jobs {
      table.add([
        Table.Cell(Readable.tail(of: job.id)), Table.Cell(job.workflow), Table.Cell(job.trigger.rawValue),
        Table.Cell(job.standing, job.status.style), Table.Cell(Readable.instant(job.scheduledAt, on: console)),
        Table.Cell(duration(of: job, console.now)), Table.Cell(reason(of: job)),
      ])
    }
    table.print(on: console, hasHeading: invocation.hasLegend)
    guard invocation.hasLegend else { return }
    let more = page.nextCursor.map { "; more with --cursor=\($0)" } ?? ""
    console.print("\n\(Readable.count(page.jobs.count, "job", "jobs"))\(more).")
  }

  private static func request(_ invocation: Invocation) throws(Complaint) -> ListJobs {
    var request = ListJobs(workflow: invocation.values[.workflow], cursor: invocation.values[.cursor])
    request.status = invocation.words(.status)
    request.trigger = invocation.word(.trigger)
    request.kind = invocation.word(.kind)
    request.limit = try invocation.number(.limit, in: 1...1000)
    return request
  }

  /// How long it ran, or has been running.
  private static func duration(of job: WireJob, _ now: Instant) -> String? {
    if let milliseconds = job.durationMs { return Readable.span(.milliseconds(milliseconds)) }
    guard job.status == .running, let startedAt = job.startedAt else { return nil }
    return Readable.span(.seconds(max(0, (now - startedAt).milliseconds / 1000)))
  }

  private static func reason(of job: WireJob) -> String? {
    job.errorCode?.rawValue ?? job.wait?.rawValue
  }
}
