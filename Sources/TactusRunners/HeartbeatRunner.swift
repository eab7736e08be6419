public import TactusHTTP
public import TactusModel
public import TactusPorts

/// Runs heartbeats: one HTTP request for each attempt, on the engine's own queue.
///
/// Every heartbeat looks up the name, connects and negotiates TLS anew, as a first visitor does. An old connection that
/// still works proves little. At most ``Limits/heartbeatBodyBytes`` of the body are kept, as output on stdout. The
/// caller enforces the time-out: it terminates the attempt when its time is up.
public actor HeartbeatRunner: QueueConfined, Runner {
  private let engine: HTTPEngine
  private let output: any OutputSink
  private let time: any TimeSource
  private var attempts: [JobID: Attempt] = [:]

  /// An attempt that has not ended.
  ///
  /// Without a transfer, its output is being stored.
  private struct Attempt {
    var transfer: TransferID?
    let begunAt: MonotonicInstant
    let heartbeat: Heartbeat
    let events: @Sendable (RunnerEvent) -> Void
  }

  /// Creates a runner that uses an engine.
  public init(engine: HTTPEngine, output: any OutputSink, time: any TimeSource) {
    self.engine = engine
    self.output = output
    self.time = time
  }

  /// The queue of the engine.
  public nonisolated var queue: any WorkQueue { engine.queue }

  /// Sends the request.
  ///
  /// `started` means that the engine has it. The DNS lookup follows and counts as run time.
  public nonisolated func start(_ order: RunOrder, events: @escaping @Sendable (RunnerEvent) -> Void) {
    post { $0.begin(order, events) }
  }

  /// Aborts the request.
  public nonisolated func terminate(_ id: JobID) { post { $0.abort(id) } }

  /// Aborts the request, as ``terminate(_:)`` does.
  public nonisolated func kill(_ id: JobID) { post { $0.abort(id) } }

  /// Reads what has arrived, then answers.
  public nonisolated func examine(_ id: JobID, answer: @escaping @Sendable () -> Void) {
    post { runner in
      runner.engine.assumeIsolated { $0.look() }
      if let attempt = runner.attempts[id], attempt.transfer == nil { attempt.events(.exited) }
      answer()
    }
  }

  /// Answers that the attempt is gone, because a request does not outlive the daemon that sent it.
  public nonisolated func recover(
    _ remnant: Remnant, events: @escaping @Sendable (RunnerEvent) -> Void, answer: @escaping @Sendable (Found) -> Void
  ) {
    queue.post { answer(.gone) }
  }

  /// Returns the attempts that have ended or never began.
  public nonisolated func unknown(among ids: [JobID], answer: @escaping @Sendable ([JobID]) -> Void) {
    post { runner in answer(ids.filter { runner.attempts[$0] == nil }) }
  }

  private func begin(_ order: RunOrder, _ events: @escaping @Sendable (RunnerEvent) -> Void) {
    guard case .heartbeat(let heartbeat) = order.work else {
      fatalError("the heartbeat runner was given a \(order.work.kind) to run")
    }
    guard attempts[order.id] == nil else { fatalError("the heartbeat \(order.id) was started twice") }
    let request: HTTPRequest
    do {
      request = try heartbeat.request(keeping: min(order.logLimit, Int64(Limits.heartbeatBodyBytes)))
    } catch {
      events(.ended(.failed(.validationError, error.sentence), Report()))
      return
    }
    let id = order.id
    let transfer = engine.start(request) { [weak self] result in self?.assumeIsolated { $0.answered(id, result) } }
    let begunAt = time.monotonic
    attempts[id] = Attempt(transfer: transfer, begunAt: begunAt, heartbeat: heartbeat, events: events)
    var facts = StartFacts(at: time.now)
    facts.monotonic = begunAt
    events(.started(facts))
  }

  private func abort(_ id: JobID) {
    guard let transfer = attempts[id]?.transfer else { return }
    engine.abort(transfer)
  }

  private func answered(_ id: JobID, _ result: Result<HTTPResponse, HTTPFailure>) {
    guard let attempt = attempts[id] else { fatalError("the heartbeat \(id) was answered twice") }
    attempts[id]?.transfer = nil
    let endedAt = time.now
    var (ending, report) = attempt.heartbeat.judge(result, at: endedAt)
    report.duration = time.monotonic - attempt.begunAt
    let body = result.received?.body ?? []
    guard !body.isEmpty else { return end(id, ending, report) }
    attempt.events(.exited)
    // The end is reported after the output is stored, so that a client that sees the end also sees the output.
    output.append(OutputLine.lines(of: body, at: endedAt), to: id) { [weak self, ending, report] isStored in
      self?.post { $0.end(id, ending, isStored ? report : report.withoutOutput) }
    }
  }

  private func end(_ id: JobID, _ ending: Ending, _ report: Report) {
    attempts.removeValue(forKey: id)?.events(.ended(ending, report))
  }
}
