public import TactusHTTP
public import TactusModel
public import TactusPorts

/// Runs heartbeats: one HTTP request for each attempt, on the engine's own queue.
///
/// Every heartbeat looks the name up, connects and shakes hands anew, as a first visitor does: an old connection that
/// still works says little. Of the body at most ``Limits/heartbeatBodyBytes`` are kept, as output on stdout. The time-out is the caller's:
/// it terminates the attempt when the time has come.
public actor HeartbeatRunner: QueueConfined, Runner {
  private let engine: HTTPEngine
  private let output: any OutputSink
  private let time: any TimeSource
  private var attempts: [JobID: Attempt] = [:]

  /// An attempt that has not ended; without a transfer its output is being stored.
  private struct Attempt {
    var transfer: TransferID?
    let begunAt: MonotonicInstant
    let heartbeat: Heartbeat
    let events: @Sendable (RunnerEvent) -> Void
  }

  /// Puts a runner on top of an engine.
  public init(engine: HTTPEngine, output: any OutputSink, time: any TimeSource) {
    self.engine = engine
    self.output = output
    self.time = time
  }

  /// The engine's.
  public nonisolated var queue: any WorkQueue { engine.queue }

  /// Sends the request; `started` means that it was handed to the engine, DNS included in what follows.
  public nonisolated func start(_ order: RunOrder, events: @escaping @Sendable (RunnerEvent) -> Void) {
    post { $0.begin(order, events) }
  }

  /// Aborts the request.
  public nonisolated func terminate(_ id: JobID) { post { $0.abort(id) } }

  /// Aborts the request: there is nothing harder to do to it.
  public nonisolated func kill(_ id: JobID) { post { $0.abort(id) } }

  /// Takes what has arrived, and answers.
  public nonisolated func examine(_ id: JobID, answer: @escaping @Sendable () -> Void) {
    post { runner in
      runner.engine.assumeIsolated { $0.look() }
      if let attempt = runner.attempts[id], attempt.transfer == nil { attempt.events(.exited) }
      answer()
    }
  }

  /// Answers that it is gone, because a request does not outlive the daemon that sent it.
  public nonisolated func recover(
    _ remnant: Remnant, events: @escaping @Sendable (RunnerEvent) -> Void, answer: @escaping @Sendable (Found) -> Void
  ) {
    queue.post { answer(.gone) }
  }

  /// Answers which attempts have ended or never began.
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
    // The end is told when the output is stored, so that whoever sees the end sees the output.
    output.append(OutputLine.lines(of: body, at: endedAt), to: id) { [weak self, ending, report] isStored in
      self?.post { $0.end(id, ending, isStored ? report : report.withoutOutput) }
    }
  }

  private func end(_ id: JobID, _ ending: Ending, _ report: Report) {
    attempts.removeValue(forKey: id)?.events(.ended(ending, report))
  }
}
