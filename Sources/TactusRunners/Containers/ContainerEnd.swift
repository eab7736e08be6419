import TactusHTTP
import TactusModel
import TactusPorts

/// From the start of a container to the report of its end, with all output.
extension ContainerRunner {
  /// Asks the engine to report the end of the container.
  ///
  /// `then` runs once the engine waits for it.
  ///
  /// `next-exit` is the only condition that podman acknowledges at once. It never returns for a container that has
  /// already ended, so the request is sent before the start.
  func waitForEnd(_ run: ContainerRun, then: @escaping @Sendable (isolated ContainerRunner) -> Void) {
    let id = run.id
    run.wait = run.provider.client.send(
      .post, "/containers/\(run.name)/wait", query: [("condition", "next-exit")], within: .endless,
      receiver: { bytes in
        if bytes.isEmpty { self.assumeIsolated { then($0) } }
      }
    ) { answer in self.assumeIsolated { $0.waited(id, answer) } }
  }

  private func waited(_ id: JobID, _ answer: EngineClient.Answer) {
    guard let run = live(id), run.wait != nil else { return }
    run.wait = nil
    // An engine that refuses the wait is still asked to start the container.
    if case .refused = answer, !run.isStarted { return sendStart(id) }
    run.waits += 1
    let reason = answer.failure ?? "the container has ended"
    guard run.waits > 1 else { return examine(run, after: reason) }
    // An engine that repeatedly reports an end that has not happened is not believed at once.
    later(.milliseconds(100 << Int64(min(run.waits, 6)))) { runner in
      if let run = runner.live(id), run.state == nil { runner.examine(run, after: reason) }
    }
  }

  // MARK: Output

  /// Reads the log from its beginning, and skips what was read before.
  ///
  /// podman sends a followed log line by line, but drops some lines in the middle soon after the container has ended.
  /// So followed output is accepted only after a while, and discarded if the container has ended by then. The log is
  /// then read again, which returns all of it.
  func readLog(_ run: ContainerRun, follow: Bool) {
    guard run.log == nil else { return }
    let id = run.id
    run.isFollowing = follow
    run.output.beginReading(now: time.now)
    var query = [("stdout", "1"), ("stderr", "1"), ("timestamps", "1")]
    if follow { query.append(("follow", "1")) }
    run.log = run.provider.client.send(
      .get, "/containers/\(run.name)/logs", query: query, within: .endless,
      receiver: { bytes in self.assumeIsolated { $0.take(bytes, of: id) } }
    ) { answer in self.assumeIsolated { $0.logRead(id, isFollowed: follow, answer) } }
  }

  private func take(_ bytes: [UInt8], of id: JobID) {
    guard let run = live(id), !bytes.isEmpty else { return }
    guard run.state == nil else {
      // The remains of a followed log that is being aborted lack their beginning, which was discarded.
      if !run.isFollowing { trust(bytes, of: run) }
      return
    }
    let now = time.monotonic
    if let last = run.held.last, now - last.at < Self.doubt / 10 {
      // Bytes that arrive close together are accepted together: engines send lines one by one.
      run.held[run.held.count - 1].bytes += bytes
    } else {
      run.held.append((now, bytes))
    }
    rest(run)
    if run.held.count == 1, run.held[0].at == now { trustLater(run) }
  }

  private func trustLater(_ run: ContainerRun) {
    guard let first = run.held.first else { return }
    let id = run.id
    later(max(.zero, first.at + Self.doubt - time.monotonic)) { runner in
      guard let run = runner.live(id), run.state == nil, run.log != nil, let first = run.held.first else { return }
      if first.at + Self.doubt <= runner.time.monotonic {
        run.held.removeFirst()
        runner.trust(first.bytes, of: run)
      }
      runner.trustLater(run)
    }
  }

  /// podman notices an end within 250 ms, and drops lines 250 ms after it.
  private static let doubt: Duration = .milliseconds(500)
  private static let heldLimit = 1 << 20

  private func trust(_ bytes: [UInt8], of run: ContainerRun) {
    guard let log = run.log else { return }
    let isLog = bytes.withUnsafeBytes { run.output.take($0, now: time.now) }
    guard isLog else { return http.abort(log) }
    guard !run.output.isContradicted else { return beginAnew(run) }
    deliver(run)
    rest(run)
  }

  private func rest(_ run: ContainerRun) {
    guard let log = run.log else { return }
    let isFull = run.output.isFull || run.heldBytes >= Self.heldLimit
    guard isFull != run.isResting else { return }
    run.isResting = isFull
    if isFull { http.rest(log) } else { http.resume(log) }
  }

  /// Discards the stored output, because the log contradicts it, and reads everything again.
  private func beginAnew(_ run: ContainerRun) {
    if let log = run.log { http.abort(log) }
    run.log = nil
    guard let limit = run.order?.logLimit else { return completeOutput(run) }
    let id = run.id
    sink.discard(id) { _ in
      self.post { runner in
        guard let run = runner.live(id) else { return }
        run.output = ContainerOutput(limit: limit, stored: [:], now: runner.time.now)
        runner.readLog(run, follow: run.state == nil)
      }
    }
  }

  private func deliver(_ run: ContainerRun) {
    guard let (lines, bytes) = run.output.takeLines() else { return }
    let id = run.id
    sink.append(lines, to: id) { isStored in
      self.post { runner in
        guard let run = runner.runs[id] else { return }
        run.output.answered(bytes, stored: isStored)
        runner.rest(run)
        runner.finish(run)
      }
    }
  }

  private func logRead(_ id: JobID, isFollowed: Bool, _ answer: EngineClient.Answer) {
    guard let run = live(id), run.log != nil else { return }
    run.log = nil
    run.isResting = false
    run.held.removeAll()
    if isFollowed {
      // The wait reports the end. Until then, an interrupted log is followed again when the engine is back.
      guard run.state == nil else { return readLog(run, follow: false) }
      return
    }
    switch answer {
    case .success: completeOutput(run)
    // The log never existed or was lost. The end still counts, and the byte totals show what is stored.
    case .refused: completeOutput(run)
    case .unreached(let sentence), .unanswered(let sentence): examine(run, after: sentence)
    }
  }

  private func completeOutput(_ run: ContainerRun) {
    run.output.finish(at: time.now)
    run.isComplete = true
    deliver(run)
    finish(run)
  }

  /// Reports the end when the sink has answered for all output.
  private func finish(_ run: ContainerRun) {
    guard run.isComplete, run.output.isAnswered, !run.isOver, let state = run.state else { return }
    var report = Report()
    report.exitCode = state.exitCode
    // A remote engine has another clock.
    if case .unix = run.provider.client.endpoint { report.endedAt = Instant(rfc3339: state.finishedAt) }
    report.duration = run.duration
    report.logBytes = run.output.storedBytes
    report.logDroppedBytes = run.output.droppedBytes
    end(run, run.ending, report: report)
  }

  /// Handles the end of the container: reads the rest of its log, then reports the end.
  func ended(_ run: ContainerRun, _ state: EngineMessages.Inspected.RunState) {
    run.state = state
    run.noticed = run.noticed ?? (time.now, time.monotonic)
    run.held.removeAll()
    run.events(.exited)
    if let wait = run.wait { http.abort(wait) }
    run.wait = nil
    // A followed log is aborted. Its completion reads the rest.
    if let log = run.log { http.abort(log) } else { readLog(run, follow: false) }
  }
}
