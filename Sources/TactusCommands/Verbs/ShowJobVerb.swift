import TactusModel
import TactusProtocol

enum ShowJobVerb: Verb {
  static let name = "show-job"
  static let operands = [Operand.several(.jobOrWorkflow)]
  static let summary = "Show jobs by id, end of an id, or workflow (newest job)"
  static let isPaged = true

  static func run(_ invocation: Invocation) throws {
    try invocation.showEach { name, client in
      try invocation.withJob(name, newest: { "job \($0), the newest of \(name)" }) { id in
        try invocation.call(GetJob(id: id), on: client).map { sheet(of: $0.job, invocation.console) }
      }
    }
  }

  private static func sheet(of job: WireJob, _ console: Console) -> Sheet {
    var sheet = Sheet()
    sheet.add("Id", job.id)
    sheet.add("Workflow", job.workflow)
    sheet.add("Kind", job.kind.rawValue)
    sheet.add("Trigger", job.trigger.rawValue)
    sheet.add("Status", job.standing + (job.wait.map { ", waits for \($0.rawValue)" } ?? ""))
    sheet.add("In line", place(of: job))
    sheet.add("Error", job.errorCode.map { code in code.rawValue + (job.errorMessage.map { ": \($0)" } ?? "") })
    sheet.add("Note", job.note)
    sheet.add("Exit code", job.exitCode.map(String.init))
    sheet.add("Signal", job.signal.map(String.init))
    sheet.add("HTTP status", job.httpStatus.map(String.init))
    sheet.add("PID", job.pid.map(String.init))
    sheet.add("Runner", job.runner?.rawValue)
    sheet.add("Provider", job.provider)
    sheet.add("Container", job.containerID.map { String($0.prefix(12)) })
    sheet.add("Nominal", Readable.exact(job.nominalAt, on: console, digits: 3))
    sheet.add("Scheduled", Readable.exact(job.scheduledAt, on: console, digits: 3))
    sheet.add("Created", Readable.exact(job.createdAt, on: console, digits: 3))
    sheet.add("Queued", Readable.exact(job.queuedAt, on: console, digits: 3))
    sheet.add("Started", Readable.exact(job.startedAt, on: console, digits: 3))
    sheet.add("Ended", Readable.exact(job.completedAt, on: console, digits: 3))
    sheet.add("Start delay", job.startDelayMs.map { Readable.span(.milliseconds($0)) })
    sheet.add("Duration", job.durationMs.map { Readable.span(.milliseconds($0)) })
    sheet.add("CPU time", job.cpuMs.map { Readable.span(.milliseconds($0)) })
    sheet.add("Peak memory", job.peakMemoryBytes.map(Readable.bytes))
    sheet.add("Output", output(of: job))
    sheet.add("Left behind", job.endedProcesses.map { "\($0.counted("process", "processes")), ended with the job" })
    addTimings(of: job, to: &sheet, console)
    sheet.add("Queue", job.queue)
    sheet.add("Priority", "\(job.priority)")
    sheet.add("Generation", job.generation.map(String.init))
    sheet.add("Attempt", "\(job.attempt)")
    return sheet
  }

  private static func place(of job: WireJob) -> String? {
    guard let position = job.queuePosition else { return nil }
    let wait = job.estimatedWaitSeconds.map { ", about \(Readable.span(.seconds($0))) to go" } ?? ""
    return "\(position == 1 ? "next" : "number \(position)")\(wait)"
  }

  private static func output(of job: WireJob) -> String? {
    guard job.logBytes > 0 || job.logDroppedBytes > 0 else { return nil }
    let dropped = job.logDroppedBytes > 0 ? ", \(Readable.bytes(job.logDroppedBytes)) more not stored" : ""
    return Readable.bytes(job.logBytes) + dropped
  }

  private static func addTimings(of job: WireJob, to sheet: inout Sheet, _ console: Console) {
    guard let timings = job.timings else { return }
    let marks = [
      ("name", timings.nameLookupUs), ("connect", timings.connectUs), ("TLS", timings.tlsUs),
      ("first byte", timings.firstByteUs), ("end", timings.totalUs),
    ]
    let shown = marks.filter { $0.1 > 0 }.map { "\($0.0) \(milliseconds($0.1)) ms" }
    sheet.add("Request", shown.joined(separator: ", "))
    sheet.add("Certificate until", Readable.exact(timings.certificateExpiresAt, on: console, digits: 3))
  }

  /// Formats with one decimal place, because local requests take less than a millisecond.
  private static func milliseconds(_ microseconds: Int64) -> String {
    "\(microseconds / 1000).\(microseconds / 100 % 10)"
  }
}
