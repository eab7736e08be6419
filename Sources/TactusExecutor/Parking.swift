internal import TactusModel
internal import TactusPorts

/// Handles jobs that wait for a provider, without a slot.
extension ExecutionWorker {
  func parked(_ id: JobID, _ result: Result<Bool, Refusal>) {
    switch result {
    case .success(true): handle(.parked, id)
    case .success(false): handle(.parkRefused, id)
    case .failure: handle(.parkFailed, id)
    }
  }

  func awaitProvider(_ id: JobID, _ running: Running) {
    guard let order = running.order else { fatalError("an attempt waits for a provider that was never started") }
    runners[running.job.kind]?.awaitProvider(order) { event in self.post { $0.heard(event, id) } }
  }

  func freeSlot(of id: JobID) {
    guard let running = attempts[id], running.holdsSlot else { return }
    attempts[id]?.holdsSlot = false
    lanes[running.job.queue]?.freeSlot()
    pump()
  }

  /// Gives an attempt the slot again that it gave back too early, although it may be taken: no more jobs are claimed
  /// until the number of slots is below the limit.
  func takeSlotBack(of id: JobID) {
    guard let running = attempts[id], running.slotEndedEarly, !running.holdsSlot else { return }
    attempts[id]?.holdsSlot = true
    lanes[running.job.queue]?.takeSlot()
  }

  /// Records that the provider of an attempt is silent, for this reason, or answers again (nil).
  func heard(silence sentence: String?, _ id: JobID) {
    guard let running = attempts[id] else { return }
    ledger.recordSilence(id, fence: running.fence, isSilent: sentence != nil) { _ in }
    guard let sentence else { return }
    settle(id)
    journal.report(
      JournalEntry(
        .jobUnverified, "what became of a job is unknown: \(sentence)", job: running.labels))
  }

  /// Puts a job of which nothing was started back into the queue.
  func requeue(_ id: JobID, fence: Int64) {
    ledger.requeue(id, fence: fence) { result in self.post { $0.requeued(id, result) } }
  }

  private func requeued(_ id: JobID, _ result: Result<QueuedJob?, Refusal>) {
    guard let running = attempts[id] else { return }
    handle(.claimRefused, id)
    switch result {
    case .success(let job?): line(up: job, since: running.since)
    // It was closed meanwhile.
    case .success(nil): break
    // The row still waits for a provider, and can be claimed in that phase.
    case .failure: line(up: running.job, since: running.since)
    }
    pump()
  }
}
