public import TactusModel
public import TactusPorts

/// The requests to the execution worker.
///
/// Any queue.
extension ExecutionWorker: Execution {
  /// Implements ``Execution``.
  public nonisolated func enqueue(_ jobs: [QueuedJob]) {
    post { worker in
      for job in jobs where worker.attempts[job.id] == nil {
        guard worker.queues[job.queue] != nil else {
          // The row is of another configuration or version, or damaged. It stays QUEUED.
          worker.journal.report(
            JournalEntry(
              .rowUnreadable, "job \(job.id) is of queue \(job.queue), which does not exist; it is left alone",
              fields: [.reason: "queue \(job.queue)"]))
          continue
        }
        worker.line(up: job)
      }
      worker.pump()
    }
  }

  /// Claims jobs in queues that have free slots, because their limits may have changed.
  public nonisolated func examineQueues() { post { $0.pump() } }

  /// Implements ``Execution``.
  public nonisolated func withdraw(_ ids: [JobID]) {
    post { worker in
      for id in ids {
        for name in worker.lanes.keys { worker.lanes[name]?.withdraw(id) }
        worker.handle(.withdrawn, id)
      }
    }
  }

  /// Implements ``Execution``.
  public nonisolated func stop(_ reasons: [JobID: StopReason]) {
    post { worker in
      for (id, reason) in reasons.sorted(by: { $0.key < $1.key }) { worker.handle(.stopRequested(reason), id) }
    }
  }

  /// Stops claiming, lets running jobs end within a time limit, then interrupts them.
  ///
  /// Answers when no jobs are running, or ``abandonAfter`` the interruption. A second call interrupts at once. Every
  /// call is answered, on the worker's queue.
  public nonisolated func drain(within limit: Duration, answer: @escaping @Sendable () -> Void) {
    post { $0.drain(limit, answer) }
  }

  private func drain(_ limit: Duration, _ answer: @escaping @Sendable () -> Void) {
    let isFirst = !isDraining
    isDraining = true
    guard !awaited.isEmpty else { return answer() }
    drained.append(answer)
    guard isFirst else { return interruptAll() }
    deadlines.add(.drain, at: time.monotonic + limit)
    arm()
  }

  /// The attempts that a stop waits for.
  ///
  /// The next daemon adopts the others, which outlive this one.
  private var awaited: [JobID: Running] {
    attempts.filter { id, running in runners[running.job.kind]?.outlivesDaemon(id) != true }
  }

  /// The time a stop waits for interrupted attempts: one grace period after TERM, one after KILL, and 1 s for the
  /// obstacle.
  private static let abandonAfter = Limits.grace + Limits.grace + .seconds(1)

  func interruptAll() {
    isInterrupting = true
    deadlines.add(.abandon, at: time.monotonic + Self.abandonAfter)
    arm()
    for (id, running) in awaited.sorted(by: { $0.key < $1.key }) {
      guard running.attempt.stopReason == nil else { continue }
      // The reason is durable before the signal. A store that cannot write does not keep the daemon from stopping.
      ledger.recordStop(id, fence: running.fence, reason: .interrupted, at: time.now) { _ in
        self.post { $0.handle(.stopRequested(.interrupted), id) }
      }
    }
    finishDrain()
  }

  /// Answers the drain when no jobs are running.
  ///
  /// Ends that the store does not accept are retried until the drain time is over, so that a full disk does not keep
  /// the daemon from stopping.
  func finishDrain() {
    guard !drained.isEmpty else { return }
    let awaited = awaited
    guard awaited.isEmpty || isInterrupting && awaited.keys.allSatisfy(unrecorded.contains) else { return }
    if !awaited.isEmpty {
      journal.report(
        JournalEntry(
          .endsUnrecorded,
          "the store did not take the ends of \(awaited.count.counted("job")): the next start records LOST",
          fields: [.count: "\(awaited.count)"]))
    }
    answerDrained()
  }

  /// Answers the drain although some attempts cannot be ended; the next start looks them up.
  ///
  /// Their rows stay RUNNING, with their stop reasons.
  func abandonRest() {
    guard !drained.isEmpty else { return }
    let unrecorded = Set(unrecorded)
    for (id, running) in awaited.sorted(by: { $0.key < $1.key }) where !unrecorded.contains(id) {
      let obstacle = running.obstacle ?? "had not ended when the daemon stopped"
      if running.obstacle == nil { ledger.recordObstacle(id, fence: running.fence, obstacle: obstacle) { _ in } }
      journal.report(
        JournalEntry(
          .jobNotKilled,
          "tactusd stops without job \(id)\(running.workflow.map { " of \($0)" } ?? ""): "
            + "\(obstacle). The next start looks it up and ends it.",
          job: running.labels))
    }
    answerDrained()
  }

  private func answerDrained() {
    for answer in drained { answer() }
    drained.removeAll()
  }
}
