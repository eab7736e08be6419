internal import TactusModel
internal import TactusPorts

/// Passes events to attempts and carries out their effects.
extension ExecutionWorker {
  /// Passes an event to an attempt and carries out the effects; ignores events of forgotten attempts.
  func handle(_ event: Attempt.Event, _ id: JobID) {
    guard let effects = attempts[id]?.attempt.handle(event) else { return }
    for effect in effects { perform(effect, id) }
  }

  func perform(_ effect: Attempt.Effect, _ id: JobID) {
    guard let running = attempts[id] else { return }
    switch effect {
    case .start: start(id, running)
    case .cancelStart: runners[running.job.kind]?.cancelStart(id)
    case .armRetry:
      deadlines.add(.attempt(id, .retryPassed), at: time.monotonic + Self.retryDelay(of: id, running.refusals))
      arm()
    case .park:
      ledger.park(id, fence: running.fence) { result in self.post { $0.parked(id, result) } }
    case .freeSlot: freeSlot(of: id)
    case .awaitProvider: awaitProvider(id, running)
    case .armDispatchTimeout:
      deadlines.add(.attempt(id, .dispatchTimeoutPassed), at: time.monotonic + dispatchTimeout)
      arm()
    case .requeue: requeue(id, fence: running.fence)
    case .recordStart: recordStart(id, running)
    case .armDeadline:
      guard let timeout = running.timeout else { return }
      deadlines.add(.attempt(id, .deadlinePassed), at: time.monotonic + timeout)
      arm()
    case .examine:
      guard let runner = runners[running.job.kind] else { return handle(.examined, id) }
      runner.examine(id) { self.post { $0.handle(.examined, id) } }
    case .recordExit: ledger.recordExit(id, fence: running.fence) { _ in }
    case .recordStop(let reason):
      // The stop does not depend on the answer: a time-out follows from durable facts.
      ledger.recordStop(id, fence: running.fence, reason: reason, at: time.now) { _ in }
    case .terminate: runners[running.job.kind]?.terminate(id)
    case .armGrace:
      deadlines.add(.attempt(id, .gracePassed), at: time.monotonic + Limits.grace)
      arm()
    case .kill: runners[running.job.kind]?.kill(id)
    case .armKill:
      deadlines.add(.attempt(id, .killPassed), at: time.monotonic + Limits.grace)
      arm()
    case .nameSurvivors: nameSurvivors(among: [id], with: running.job.kind)
    case .disarm:
      deadlines.cancel(id)
      arm()
    case .recordEnd(let ending, _):
      attempts[id]?.ending = ending
      measureEnd(of: id, running)
      recordEnd(id)
      // The claim of the next job follows this end, usually in the same commit.
      attempts[id]?.slotEndedEarly = running.holdsSlot
      freeSlot(of: id)
    case .forget: forget(id, running)
    }
  }

  private func start(_ id: JobID, _ running: Running) {
    guard let order = running.order, let runner = runners[running.job.kind] else {
      return handle(.ended(running.ending ?? .failed(.validationError, "no runner for its kind")), id)
    }
    labeling?.label(running.labels)
    runner.start(order) { event in self.post { $0.heard(event, id) } }
  }

  /// Returns a delay of 1, 2, 4 s ± 20 %; the end of the id serves as the random number, so that replays are the same.
  private static func retryDelay(of id: JobID, _ refusals: Int) -> Duration {
    let jitter = Int64(id.description.utf8.suffix(3).reduce(0) { $0 * 31 + Int($1) } % 401) - 200
    return .milliseconds((1 << Int64(max(0, refusals - 1))) * (1000 + jitter))
  }

  /// Retries later, or ends the attempt; nothing was created, so there is no end to wait for.
  private func refused(_ sentence: String, _ id: JobID) {
    let refusals = (attempts[id]?.refusals ?? 0) + 1
    attempts[id]?.refusals = refusals
    guard refusals > Limits.dispatchRetries else { return handle(.refused, id) }
    handle(.ended(.failed(.dispatchExhausted, "\(sentence); asked \(refusals) times")), id)
  }

  func heard(_ event: RunnerEvent, _ id: JobID) {
    switch event {
    case .refused(let sentence): refused(sentence, id)
    case .build(let step): heard(build: step, id)
    case .silent(let sentence): heard(silence: sentence, id)
    case .answered: heard(silence: nil, id)
    case .unavailable: handle(.unavailable, id)
    case .unprovided(let sentence): handle(.unprovided(sentence), id)
    case .crowded: handle(.crowded, id)
    case .available: handle(.available, id)
    case .started(var facts):
      facts.timeout = attempts[id]?.timeout
      facts.monotonic = facts.monotonic ?? time.monotonic
      facts.delay = facts.delay ?? attempts[id].flatMap { delay(of: $0, startedAt: facts) }
      attempts[id]?.facts = facts
      handle(.started, id)
    case .exited:
      if attempts[id]?.exited == nil { attempts[id]?.exited = Moment(time) }
      handle(.exited, id)
    case .ended(let ending, let report):
      attempts[id]?.report = report
      // An orphan whose stop reason is not durable yet has ended: ``stopOrphan(_:)`` handles its end.
      if attempts[id]?.attempt.state == .claiming { attempts[id]?.ending = ending }
      handle(.ended(ending), id)
    }
  }

  private func recordStart(_ id: JobID, _ running: Running) {
    guard let facts = running.facts else { return }
    ledger.recordStart(id, fence: running.fence, facts: facts) { result in
      // The row left QUEUED, so there is room for one more. If this failed, recording the end adds the start.
      if case .success(true) = result { self.scheduling.roomMade(in: running.job.queue) }
    }
  }

  /// Returns the start delay: by the wall clock until the job was enqueued here, and by the monotonic clock from then
  /// on.
  private func delay(of running: Running, startedAt facts: StartFacts) -> Duration? {
    guard let since = running.since, let monotonic = facts.monotonic else { return nil }
    return max(.zero, since.at - running.job.scheduledAt) + max(.zero, monotonic - since.monotonic)
  }

  /// Measures the end once, however often recording it must be retried.
  private func measureEnd(of id: JobID, _ running: Running) {
    let end = running.exited ?? Moment(time)
    let endedAt = running.report.endedAt ?? end.at
    attempts[id]?.report.endedAt = endedAt
    guard let facts = running.facts, running.report.duration == nil else { return }
    let measured = facts.monotonic.map { end.monotonic - $0 } ?? endedAt - facts.at
    attempts[id]?.report.duration = max(.zero, measured)
  }

  func recordEnd(_ id: JobID) {
    guard let running = attempts[id], let ending = running.ending else { return }
    ledger.recordEnd(
      id, fence: running.fence, facts: running.facts, ending: ending, stop: running.attempt.stopReason,
      report: running.report, at: time.now
    ) { result in self.post { $0.recorded(id, result) } }
    settle(id)
  }

  private func recorded(_ id: JobID, _ result: Result<Ended, Refusal>) {
    switch result {
    case .success(let ended):
      if !ended.isRecorded, let running = attempts[id] { reportLate(running) }
      scheduling.follow(change: ended.change)
      if let workflow = ended.waiting { scheduling.ended(workflow) }
      handle(.recorded, id)
    case .failure:
      // A store error never becomes the result of a job. The end is kept here until the store accepts it, and takes its
      // slot again: otherwise jobs could start without limit whose ends cannot be recorded.
      unrecorded.append(id)
      takeSlotBack(of: id)
      finishDrain()
      armRetry()
    }
  }

  private func reportLate(_ running: Running) {
    journal.report(
      JournalEntry(.resultLate, "a late result was dropped: the job has ended already", job: running.labels))
  }

  private func forget(_ id: JobID, _ running: Running) {
    runners[running.job.kind]?.settle(id)
    labeling?.forget(id)
    freeSlot(of: id)
    attempts[id] = nil
    settle(id)
    finishDrain()
  }
}
