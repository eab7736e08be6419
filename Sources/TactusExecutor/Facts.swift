internal import TactusModel
public import TactusPorts

/// Compares rows with facts at start-up and every two minutes.
extension ExecutionWorker {
  /// Looks up the claimed and running jobs of an earlier daemon; called once, before any job is enqueued.
  ///
  /// `settled` is called once, on any queue, when every row shows the state of its attempt. Then no row of a gone or
  /// ended attempt is RUNNING. Rows of attempts being stopped have their stop reason, and rows with a silent provider are
  /// unverified.
  public nonisolated func recover(_ remnants: [Remnant], settled: @escaping @Sendable () -> Void = {}) {
    post { worker in
      worker.unsettled = Set(remnants.map(\.id))
      worker.settled = settled
      for remnant in remnants { worker.recover(remnant) }
      for runner in worker.runners.values { runner.recovered() }
      if !remnants.isEmpty { worker.armCheck() }
      worker.answerSettled()
    }
  }

  /// Notes that the state of an attempt of the last daemon is on its way to its row.
  func settle(_ id: JobID) {
    guard unsettled.remove(id) != nil else { return }
    answerSettled()
  }

  private func answerSettled() {
    guard unsettled.isEmpty, let settled else { return }
    self.settled = nil
    // When this is answered, all writes posted before it are durable or refused.
    ledger.remnants { _ in settled() }
  }

  private func recover(_ row: Remnant) {
    // A damaged index may return a row twice.
    guard attempts[row.id] == nil else { return }
    let remnant = row.readable(inBoot: bootID)
    let job = QueuedJob(
      id: remnant.id, kind: remnant.kind, queue: remnant.queue, priority: 0,
      scheduledAt: remnant.facts?.at ?? time.now)
    var running = Running(attempt: Attempt(), job: job, fence: remnant.fence)
    running.facts = remnant.facts
    running.workflow = remnant.workflow
    attempts[remnant.id] = running
    labeling?.label(running.labels)
    lanes[remnant.queue, default: Lane()].takeSlot()
    guard let runner = runners[remnant.kind] else { return lost(remnant.id) }
    runner.recover(remnant, events: { event in self.post { $0.heard(event, remnant.id) } }) { found in
      self.post { $0.lookedUp(remnant, found) }
    }
  }

  private func lookedUp(_ remnant: Remnant, _ found: Found) {
    // First record that its provider answers again.
    if remnant.isUnverified {
      ledger.recordSilence(remnant.id, fence: remnant.fence, isSilent: false) { _ in }
    }
    switch found {
    case .gone: lost(remnant.id)
    case .orphan: endOrphan(remnant)
    case .adopted(let facts): adopt(remnant, facts)
    case .ended(let facts):
      // The row must show how it ended, and the `ended` event that reports it follows.
      return adopt(remnant, facts)
    case .unstarted: requeue(remnant)
    }
    settle(remnant.id)
  }

  /// Adopts a job that continues; its time-out is counted from its start.
  private func adopt(_ remnant: Remnant, _ facts: StartFacts) {
    let id = remnant.id
    guard let running = attempts[id], running.attempt.state == .claiming else { return }
    let (attempt, effects) = Attempt.adopted(stop: running.attempt.stopReason ?? remnant.stopReason)
    attempts[id]?.attempt = attempt
    attempts[id]?.facts = facts
    let elapsed = facts.monotonic.map { time.monotonic - $0 } ?? time.now - facts.at
    attempts[id]?.timeout = facts.timeout.map { max(.zero, $0 - max(.zero, elapsed)) }
    journal.report(
      JournalEntry(
        .jobAdopted, "adopting a job of the previous daemon", job: running.labels))
    for effect in effects { perform(effect, id) }
    // It may have ended while its facts were on their way.
    if let ending = running.ending { handle(.ended(ending), id) }
  }

  /// Puts a claim of which nothing was started back into the queue.
  private func requeue(_ remnant: Remnant) {
    ledger.requeue(remnant.id, fence: remnant.fence) { result in
      self.post { worker in
        guard case .success(let job?) = result, worker.attempts[remnant.id]?.attempt.stopReason == nil else {
          return worker.lost(remnant.id)
        }
        worker.handle(.claimRefused, remnant.id)
        worker.line(up: job)
        worker.pump()
      }
    }
  }

  private func endOrphan(_ remnant: Remnant) {
    journal.report(
      JournalEntry(
        .orphanEnded, "a process of the last daemon is still alive: it is ended",
        job: JobLabels(remnant.id, workflow: remnant.workflow, kind: remnant.kind)))
    // The reason is durable before the signal. If the store cannot write, the orphan is still ended.
    ledger.recordStop(remnant.id, fence: remnant.fence, reason: .orphaned, at: time.now) { _ in
      self.post { $0.stopOrphan(remnant.id) }
    }
  }

  private func stopOrphan(_ id: JobID) {
    guard attempts[id]?.attempt.state == .claiming else { return }
    let (attempt, effects) = Attempt.orphan()
    attempts[id]?.attempt = attempt
    // If it ended on its own while the reason was being recorded, its end will not be reported again.
    if let ending = attempts[id]?.ending { return handle(.ended(ending), id) }
    for effect in effects { perform(effect, id) }
  }

  /// Ends a job as LOST, because its process or request is certainly gone.
  private func lost(_ id: JobID) {
    guard let effects = attempts[id]?.attempt.handle(.claimed) else { return }
    // If a stop was requested meanwhile, it ends for that reason. Otherwise it would start now, and ends instead.
    guard effects.contains(.start) else {
      for effect in effects { perform(effect, id) }
      return
    }
    handle(.ended(.failed(.lost, "it was under way when the last daemon ended, and is gone")), id)
  }

  func check() {
    guard !attempts.isEmpty else { return }
    armCheck()
    for (kind, runner) in runners.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      let ids = attempts.values.filter { $0.job.kind == kind && $0.attempt.isWithRunner }.map(\.job.id)
      guard !ids.isEmpty else { continue }
      runner.unknown(among: ids.sorted()) { unknown in self.post { $0.missing(unknown) } }
      // Some cannot be killed only later, for example if an earlier daemon sent KILL.
      nameSurvivors(among: ids.sorted(), with: kind)
    }
    ledger.remnants { result in
      guard case .success(let remnants) = result else { return }
      self.post { worker in
        for remnant in remnants where worker.attempts[remnant.id] == nil { worker.recover(remnant) }
      }
    }
  }

  private func missing(_ ids: [JobID]) {
    for id in ids where attempts[id]?.attempt.isWithRunner == true {
      handle(.ended(.failed(.lost, "its runner does not know it any more")), id)
    }
  }
}

extension Remnant {
  /// Returns the remnant without its monotonic start if that belongs to another boot.
  fileprivate func readable(inBoot current: String) -> Remnant {
    guard bootID != current else { return self }
    var remnant = self
    remnant.facts?.monotonic = nil
    return remnant
  }
}

extension Attempt {
  /// Whether a runner must know the attempt.
  var isWithRunner: Bool {
    switch state {
    case .running, .overdue, .terminating, .killing, .exited: true
    case .claiming, .starting, .retrying, .parking, .parked, .finishing, .done: false
    }
  }
}
