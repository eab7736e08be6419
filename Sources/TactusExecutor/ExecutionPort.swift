public import TactusModel
public import TactusPorts

/// What others ask of the execution worker.
extension ExecutionWorker: Execution {
  /// As ``Execution`` says.
  public nonisolated func enqueue(_ jobs: [QueuedJob]) {
    post { worker in
      for job in jobs where worker.attempts[job.id] == nil {
        guard worker.lanes[job.queue] != nil else {
          // The row is of another configuration, another version, or damaged: it stays QUEUED.
          worker.journal.tell(
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

  /// As ``Execution`` says.
  public nonisolated func withdraw(_ ids: [JobID]) {
    post { worker in
      for id in ids {
        for name in worker.lanes.keys { worker.lanes[name]?.withdraw(id) }
        worker.handle(.withdrawn, id)
      }
    }
  }

  /// As ``Execution`` says.
  public nonisolated func stop(_ reasons: [JobID: StopReason]) {
    post { worker in
      for (id, reason) in reasons.sorted(by: { $0.key < $1.key }) { worker.handle(.stopRequested(reason), id) }
    }
  }

  /// Claims nothing any more, gives what runs a time to end, then interrupts it; answered when nothing runs, or when what
  /// was interrupted has not ended ``abandonAfter``.
  ///
  /// Called again, it interrupts at once; every call is answered.
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

  /// The attempts that a stop waits for: what outlives the daemon is taken over by the next one.
  private var awaited: [JobID: Running] {
    attempts.filter { id, running in runners[running.job.kind]?.outlivesDaemon(id) != true }
  }

  /// How long a stop waits for what it has interrupted: once for TERM, once for KILL, and for the runner to say why it lives.
  private static let abandonAfter = Limits.grace + Limits.grace + .seconds(1)

  func interruptAll() {
    isInterrupting = true
    deadlines.add(.abandon, at: time.monotonic + Self.abandonAfter)
    arm()
    for (id, running) in awaited.sorted(by: { $0.key < $1.key }) {
      guard running.attempt.stopReason == nil else { continue }
      // The reason is durable before the signal; a store that cannot write does not keep the daemon from stopping.
      ledger.recordStop(id, fence: running.fence, reason: .interrupted, at: time.now) { _ in
        self.post { $0.handle(.stopRequested(.interrupted), id) }
      }
    }
    finishDrain()
  }

  /// Answers the drain when nothing runs any more.
  ///
  /// Ends that the store does not take are waited for as long as the drain has time: a disk that stays full must not keep
  /// the daemon from stopping.
  func finishDrain() {
    guard !drained.isEmpty else { return }
    let awaited = awaited
    guard awaited.isEmpty || isInterrupting && awaited.keys.allSatisfy(unrecorded.contains) else { return }
    if !awaited.isEmpty {
      journal.tell(
        JournalEntry(
          .endsUnrecorded,
          "the store did not take the ends of \(awaited.count.counted("job")): the next start records LOST",
          fields: [.count: "\(awaited.count)"]))
    }
    answerDrained()
  }

  /// Answers the drain although something runs that nothing ends: the next start looks it up.
  ///
  /// Its row stays as it is, RUNNING, with the reason to stop it.
  func abandonRest() {
    guard !drained.isEmpty else { return }
    let unrecorded = Set(unrecorded)
    for (id, running) in awaited.sorted(by: { $0.key < $1.key }) where !unrecorded.contains(id) {
      let obstacle = running.obstacle ?? "had not ended when the daemon stopped"
      if running.obstacle == nil { ledger.recordObstacle(id, fence: running.fence, obstacle: obstacle) { _ in } }
      journal.tell(
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
