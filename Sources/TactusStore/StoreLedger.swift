internal import TactusLedger
public import TactusModel
public import TactusPorts

/// The ledger's calls: each posts one write to ``queue`` and returns at once.
///
/// Any thread may call. The verb runs whole or not at all, in the order of the calls. The answer arrives on
/// ``queue``, after the commit that makes the verb and all earlier ones durable. A failure has changed nothing. It is
/// the refusal of the verb, or a conflict with `unreadable` for a row that cannot be read. If the store is closed or
/// cannot be written, it is unavailable. Source: docs/reliability.md, P1
extension Store: Ledger {
  /// Creates or edits a workflow.
  ///
  /// A dry run is the same verb in a savepoint that is always rolled back. It is answered in its order among the
  /// writes, and sees their uncommitted rows. It does not count as a proof that the store can be written.
  public nonisolated func apply(
    _ definition: Definition, to name: WorkflowName, origin: Workflow.Origin, dryRun: Bool, at now: Instant,
    answer: @escaping Answer<Applied>
  ) {
    write(isTrial: dryRun, answer) { try $0.apply(definition, to: name, origin: origin, at: now) }
  }

  /// Applies the definitions of files in one transaction; a name whose rows cannot be read is left out of this load
  /// only.
  public nonisolated func load(
    _ definitions: [(name: WorkflowName, definition: Definition)], present: Set<WorkflowName>?, at now: Instant,
    answer: @escaping Answer<Loaded>
  ) { write(answer) { try $0.load(definitions, present: present, at: now) } }

  /// Terminates a workflow; the stop reasons of running jobs are durable before the answer, and thus before any
  /// signal.
  public nonisolated func terminate(
    _ name: WorkflowName, cancelRunning: Bool, at now: Instant, answer: @escaping Answer<PlanChange>
  ) { write(answer) { try $0.terminate(name, cancelRunning: cancelRunning, at: now) } }

  /// Resumes a workflow, which releases no job.
  public nonisolated func resume(_ name: WorkflowName, at now: Instant, answer: @escaping Answer<PlanChange>) {
    write(answer) { try $0.resume(name, at: now) }
  }

  /// Deletes a terminated workflow without open jobs; the answer is true, or a failure.
  public nonisolated func delete(_ name: WorkflowName, at now: Instant, answer: @escaping Answer<Bool>) {
    write(answer) {
      try $0.delete(name, at: now)
      return true
    }
  }

  /// Creates a MANUAL job; a repeated request with the same key gets the job of the first one, also across restarts.
  public nonisolated func run(
    _ request: RunRequest, at now: Instant, answer: @escaping Answer<(id: JobID, change: PlanChange)>
  ) { write(answer) { try $0.run(request, at: now) } }

  /// Sets the start time of a held or scheduled MANUAL job.
  public nonisolated func schedule(
    _ id: JobID, for instant: Instant, at now: Instant, answer: @escaping Answer<PlanChange>
  ) { write(answer) { try $0.schedule(id, for: instant, at: now) } }

  /// Writes an event of the daemon, without a workflow and a job; the answer is true, or a failure.
  ///
  /// The caller is the composition root, for example with `daemon.started`.
  public nonisolated func record(_ type: EventType, at now: Instant, answer: @escaping Answer<Bool>) {
    write(answer) {
      try $0.event(type, at: now, workflow: nil)
      return true
    }
  }

  /// Releases due jobs, at most ``Limits/releaseBatch`` rows in one transaction, so that other writes are not
  /// delayed.
  public nonisolated func release(_ request: ReleaseRequest, answer: @escaping Answer<Released>) {
    write(answer) { try $0.release(request) }
  }

  /// Moves plans back after a backward clock step; walks all definitions, so only a start and a clock step call it.
  public nonisolated func realign(at now: Instant, answer: @escaping Answer<PlanChange>) {
    write(answer) { try $0.realign(at: now) }
  }

  /// Claims jobs; those that cannot be claimed are missing from the answer, which is no failure.
  public nonisolated func claim(
    _ ids: [JobID], bootID: String, at now: Instant, answer: @escaping Answer<[ClaimedJob]>
  ) { write(answer) { try $0.claim(ids, bootID: bootID, at: now) } }

  /// Records a start with the time of the facts, not with the time of the write; up to 2 ms later than other writes.
  public nonisolated func recordStart(
    _ id: JobID, fence: Int64, facts: StartFacts, answer: @escaping Answer<Bool>
  ) { write(isPatient: true, answer) { try $0.recordStart(id, fence: fence, facts: facts) } }

  /// Puts a job of which nothing was started back into the queue; nil if the row no longer allows it.
  public nonisolated func requeue(_ id: JobID, fence: Int64, answer: @escaping Answer<QueuedJob?>) {
    write(answer) { try $0.requeue(id, fence: fence) }
  }

  /// Lets a claimed job wait for a provider; false if the row no longer allows it.
  public nonisolated func park(_ id: JobID, fence: Int64, answer: @escaping Answer<Bool>) {
    write(answer) { try $0.park(id, fence: fence) }
  }

  /// Records the first stop reason; false leaves an earlier one in force.
  public nonisolated func recordStop(
    _ id: JobID, fence: Int64, reason: StopReason, at now: Instant, answer: @escaping Answer<Bool>
  ) { write(answer) { try $0.recordStop(id, fence: fence, reason: reason, at: now) } }

  /// Notes an exit in memory; it is answered in the order of the writes, but is lost when the daemon ends.
  public nonisolated func recordExit(_ id: JobID, fence: Int64, answer: @escaping Answer<Bool>) {
    write(isPatient: true, answer) { try $0.recordExit(id, fence: fence) }
  }

  /// Closes the row of an attempt; may be repeated until it succeeds, because a closed row answers `isRecorded`
  /// false.
  public nonisolated func recordEnd(
    _ id: JobID, fence: Int64, facts: StartFacts?, ending: Ending, stop: StopReason?, report: Report, at now: Instant,
    answer: @escaping Answer<Ended>
  ) {
    write(answer) {
      try $0.recordEnd(id, fence: fence, facts: facts, ending: ending, stop: stop, report: report, at: now)
    }
  }

  /// Cancels a job; a job without a claim has ended when this is answered, and any other one ends later.
  public nonisolated func cancel(_ id: JobID, at now: Instant, answer: @escaping Answer<PlanChange>) {
    write(answer) { try $0.cancel(id, at: now) }
  }

  /// Records a step of an image; false for an outdated generation or a repeated step.
  public nonisolated func recordBuild(
    _ key: DefinitionKey, _ step: BuildStep, at now: Instant, answer: @escaping Answer<Bool>
  ) { write(answer) { try $0.recordBuild(key, step, at: now) } }

  /// Records whether a provider is silent; false if the row already says so, or no longer allows it.
  public nonisolated func recordSilence(
    _ id: JobID, fence: Int64, isSilent: Bool, answer: @escaping Answer<Bool>
  ) { write(answer) { try $0.recordSilence(id, fence: fence, isSilent: isSilent) } }

  /// Records what keeps a job from ending; false if the row no longer allows it.
  public nonisolated func recordObstacle(
    _ id: JobID, fence: Int64, obstacle: String, answer: @escaping Answer<Bool>
  ) { write(answer) { try $0.recordObstacle(id, fence: fence, obstacle: obstacle) } }

  /// Ends an unverified job as LOST; any other phase is a conflict.
  public nonisolated func abandon(_ id: JobID, at now: Instant, answer: @escaping Answer<Ended>) {
    write(answer) { try $0.abandon(id, at: now) }
  }

  /// Cancels overtaken jobs, and returns the work to continue with.
  ///
  /// Called once by each daemon, after the files are loaded.
  public nonisolated func recover(at now: Instant, answer: @escaping Answer<Recovered>) {
    write(answer) { try $0.recover(at: now) }
  }

  /// Returns the claimed and RUNNING rows.
  ///
  /// The read has its place among the writes. Its answer also shows that every write posted before it is durable or
  /// refused. The workers use that at the end of a start and of a stop.
  public nonisolated func remnants(answer: @escaping Answer<[Remnant]>) { write(answer) { try $0.remnants() } }
}
