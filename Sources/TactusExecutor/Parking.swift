internal import TactusModel
internal import TactusPorts

/// Jobs that wait for a provider, without a slot.
extension ExecutionWorker {
  func parked(_ id: JobID, _ result: Result<Bool, LedgerFailure>) {
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

  /// The provider of an attempt has fallen silent, or answers again (nil).
  func heard(silence sentence: String?, _ id: JobID) {
    guard let running = attempts[id] else { return }
    ledger.recordSilence(id, fence: running.fence, isSilent: sentence != nil) { _ in }
    guard let sentence else { return }
    settle(id)
    journal.tell(
      JournalEntry(
        .jobUnverified, "what became of a job is unknown: \(sentence)", job: running.labels))
  }

  /// Puts a job back in line of which nothing was started.
  func requeue(_ id: JobID, fence: Int64) {
    ledger.requeue(id, fence: fence) { result in self.post { $0.requeued(id, result) } }
  }

  private func requeued(_ id: JobID, _ result: Result<QueuedJob?, LedgerFailure>) {
    guard let running = attempts[id] else { return }
    handle(.claimRefused, id)
    switch result {
    case .success(let job?): line(up: job, since: running.since)
    // It was closed meanwhile.
    case .success(nil): break
    // The row waits for a provider still, and may be claimed from there.
    case .failure: line(up: running.job, since: running.since)
    }
    pump()
  }
}
