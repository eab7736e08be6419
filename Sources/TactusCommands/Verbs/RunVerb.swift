import TactusModel
import TactusProtocol
import TactusTransport

enum RunVerb: Verb {
  static let name = "run"
  static let operands = [Operand.one(.workflow)]
  static let summary = "Run a workflow now or later, and print the job's id"
  static let options: [CommandOption] = [.at, .in, .hold, .idempotencyKey, .wait, .follow, .timeout]

  static func run(_ invocation: Invocation) throws {
    let request = try request(invocation)
    let waits = invocation.has(.wait) || invocation.has(.follow)
    guard waits || !invocation.has(.timeout) else {
      throw Complaint.usage("--timeout limits a wait. Use it with --wait or --follow.")
    }
    let waiting = waits ? try JobWaiting(invocation) : nil
    let client = try invocation.connect()
    waiting?.watch(client)
    let reply = try waiting?.explained { try client.reply(to: request) } ?? client.reply(to: request)
    if invocation.json != .off { invocation.console.print(bytes: invocation.json.rendered(reply.parameters)) }
    let id = try reply.read(RunWorkflow.Reply.self).jobID
    if invocation.isTalkative { report(id, invocation) }
    if let waiting { try wait(for: id, waiting, invocation) }
  }

  private static func request(_ invocation: Invocation) throws(Complaint) -> RunWorkflow {
    let start = try invocation.start()
    guard start == nil || !invocation.has(.hold) else {
      throw .usage("--hold contradicts --at and --in: a held job has no start time. Use one of them.")
    }
    guard !invocation.has(.in) || !invocation.has(.idempotencyKey) else {
      throw .usage("--in counts from now, so each call is a different request. Use --at with --idempotency-key.")
    }
    return RunWorkflow(
      name: invocation.operands[0], scheduledAt: start?.description, hold: invocation.has(.hold),
      idempotencyKey: invocation.values[.idempotencyKey])
  }

  /// Prints the id; with `--follow`, standard output is only for the output of the job.
  private static func report(_ id: String, _ invocation: Invocation) {
    if invocation.has(.follow) {
      invocation.console.complain("job \(id)")
    } else {
      invocation.console.print(id.visible)
    }
  }

  private static func wait(for id: String, _ waiting: JobWaiting, _ invocation: Invocation) throws {
    if invocation.has(.follow) { try waiting.follow(id) }
    var ended: WireJob?
    try waiting.wait(for: [id]) { ended = $0 }
    guard let ended else { throw Complaint("\(id): the daemon did not report how the job ended", .failed) }
    guard ended.status == .completed else {
      let hasMore = ended.logBytes > 0 && !invocation.has(.follow)
      let ending = hasMore ? "\(ended.ending.closed) Run tactusctl logs \(id) to see its output." : ended.ending
      throw Complaint("\(id): \(ending)", .failed)
    }
    if invocation.isTalkative && invocation.console.isTerminal && !invocation.has(.follow) {
      invocation.console.print(ended.status.style.applied(to: ended.ending, on: invocation.console))
    }
  }
}
