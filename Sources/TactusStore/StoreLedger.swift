public import TactusModel
public import TactusPorts

extension Store: Ledger {
  /// As ``Ledger`` says.
  public nonisolated func apply(
    _ definition: Definition, to name: WorkflowName, origin: Workflow.Origin, dryRun: Bool, at now: Instant,
    answer: @escaping Answer<Applied>
  ) {
    guard dryRun else { return write(answer) { try $0.apply(definition, to: name, origin: origin, at: now) } }
    // A dry run is the same verb in a savepoint that is always rolled back.
    write(isTrial: true, answer) { tables in
      var applied: Applied?
      do {
        try tables.savepoint { tables in
          applied = try tables.apply(definition, to: name, origin: origin, at: now)
          throw DryRun()
        }
      } catch is DryRun {}
      guard let applied else { fatalError("a dry run ended without an answer") }
      return applied
    }
  }

  /// As ``Ledger`` says.
  public nonisolated func load(
    _ definitions: [(name: WorkflowName, definition: Definition)], present: Set<WorkflowName>?, at now: Instant,
    answer: @escaping Answer<Loaded>
  ) { write(answer) { try $0.load(definitions, present: present, at: now) } }

  /// As ``Ledger`` says.
  public nonisolated func terminate(
    _ name: WorkflowName, cancelRunning: Bool, at now: Instant, answer: @escaping Answer<PlanChange>
  ) { write(answer) { try $0.terminate(name, cancelRunning: cancelRunning, at: now) } }

  /// As ``Ledger`` says.
  public nonisolated func resume(_ name: WorkflowName, at now: Instant, answer: @escaping Answer<PlanChange>) {
    write(answer) { try $0.resume(name, at: now) }
  }

  /// As ``Ledger`` says.
  public nonisolated func delete(_ name: WorkflowName, at now: Instant, answer: @escaping Answer<Bool>) {
    write(answer) {
      try $0.delete(name, at: now)
      return true
    }
  }

  /// As ``Ledger`` says.
  public nonisolated func run(
    _ request: RunRequest, at now: Instant, answer: @escaping Answer<(id: JobID, change: PlanChange)>
  ) { write(answer) { try $0.run(request, at: now) } }

  /// As ``Ledger`` says.
  public nonisolated func schedule(
    _ id: JobID, for instant: Instant, at now: Instant, answer: @escaping Answer<PlanChange>
  ) { write(answer) { try $0.schedule(id, for: instant, at: now) } }

  /// As ``Ledger`` says.
  public nonisolated func record(_ type: EventType, at now: Instant, answer: @escaping Answer<Bool>) {
    write(answer) {
      try $0.event(type, at: now, workflow: nil)
      return true
    }
  }

  /// As ``Ledger`` says.
  public nonisolated func release(_ request: ReleaseRequest, answer: @escaping Answer<Released>) {
    write(answer) { try $0.release(request) }
  }

  /// As ``Ledger`` says.
  public nonisolated func realign(at now: Instant, answer: @escaping Answer<PlanChange>) {
    write(answer) { try $0.realign(at: now) }
  }

  /// As ``Ledger`` says.
  public nonisolated func claim(
    _ ids: [JobID], bootID: String, at now: Instant, answer: @escaping Answer<[ClaimedJob]>
  ) { write(answer) { try $0.claim(ids, bootID: bootID, at: now) } }

  /// As ``Ledger`` says.
  public nonisolated func recordStart(
    _ id: JobID, fence: Int64, facts: StartFacts, answer: @escaping Answer<Bool>
  ) { write(answer) { try $0.recordStart(id, fence: fence, facts: facts) } }

  /// As ``Ledger`` says.
  public nonisolated func requeue(_ id: JobID, fence: Int64, answer: @escaping Answer<QueuedJob?>) {
    write(answer) { try $0.requeue(id, fence: fence) }
  }

  /// As ``Ledger`` says.
  public nonisolated func park(_ id: JobID, fence: Int64, answer: @escaping Answer<Bool>) {
    write(answer) { try $0.park(id, fence: fence) }
  }

  /// As ``Ledger`` says.
  public nonisolated func recordStop(
    _ id: JobID, fence: Int64, reason: StopReason, at now: Instant, answer: @escaping Answer<Bool>
  ) { write(answer) { try $0.recordStop(id, fence: fence, reason: reason, at: now) } }

  /// As ``Ledger`` says.
  public nonisolated func recordExit(_ id: JobID, fence: Int64, answer: @escaping Answer<Bool>) {
    write(answer) { try $0.recordExit(id, fence: fence) }
  }

  /// As ``Ledger`` says.
  public nonisolated func recordEnd(
    _ id: JobID, fence: Int64, facts: StartFacts?, ending: Ending, stop: StopReason?, report: Report, at now: Instant,
    answer: @escaping Answer<Ended>
  ) {
    write(answer) {
      try $0.recordEnd(id, fence: fence, facts: facts, ending: ending, stop: stop, report: report, at: now)
    }
  }

  /// As ``Ledger`` says.
  public nonisolated func cancel(_ id: JobID, at now: Instant, answer: @escaping Answer<PlanChange>) {
    write(answer) { try $0.cancel(id, at: now) }
  }

  /// As ``Ledger`` says.
  public nonisolated func recordBuild(
    _ key: DefinitionKey, _ step: BuildStep, at now: Instant, answer: @escaping Answer<Bool>
  ) { write(answer) { try $0.recordBuild(key, step, at: now) } }

  /// As ``Ledger`` says.
  public nonisolated func recordSilence(
    _ id: JobID, fence: Int64, isSilent: Bool, answer: @escaping Answer<Bool>
  ) { write(answer) { try $0.recordSilence(id, fence: fence, isSilent: isSilent) } }

  /// As ``Ledger`` says.
  public nonisolated func recordObstacle(
    _ id: JobID, fence: Int64, obstacle: String, answer: @escaping Answer<Bool>
  ) { write(answer) { try $0.recordObstacle(id, fence: fence, obstacle: obstacle) } }

  /// As ``Ledger`` says.
  public nonisolated func abandon(_ id: JobID, at now: Instant, answer: @escaping Answer<Ended>) {
    write(answer) { try $0.abandon(id, at: now) }
  }

  /// As ``Ledger`` says.
  public nonisolated func recover(at now: Instant, answer: @escaping Answer<Recovered>) {
    write(answer) { try $0.recover(at: now) }
  }

  /// As ``Ledger`` says.
  public nonisolated func remnants(answer: @escaping Answer<[Remnant]>) { write(answer) { try $0.remnants() } }
}

/// Thrown to roll a dry run back.
private struct DryRun: Error {}
