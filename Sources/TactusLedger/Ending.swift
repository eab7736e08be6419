public import TactusModel
public import TactusPorts

/// Records the end of an attempt and its effect on the workflow, in one transaction.
///
/// The terminal row, the failure count, the events and a termination for too many failures become durable together. A
/// kill therefore never leaves a failure that is not counted, or counted twice. Source: docs/reliability.md, P8
extension LedgerVerbs {
  /// Closes the row of an attempt with its outcome, and counts the outcome for its workflow.
  ///
  /// The stop reason in the row decides the outcome. Without one the reason of the worker does, which a full disk may
  /// have kept from the row. Without any reason the attempt keeps its own result.
  ///
  /// An end counts only if the job started at the last resume or later. For a job that never started, its creation
  /// decides. If the row of the workflow cannot be read, that is reported, and the end is recorded without a count.
  ///
  /// - Parameters:
  ///   - id: the attempt.
  ///   - fence: the token of its claim.
  ///   - facts: a start that could not be recorded when it happened, and is recorded first, also from QUEUED/unverified;
  ///     nil if the attempt never started.
  ///   - ending: the result of the attempt itself.
  ///   - stop: the stop reason that the worker knows, nil without one.
  ///   - report: the measurements. Without a duration, the two instants give one, which is never negative.
  ///   - now: the time of the end if the report has no time, and of the events of the workflow.
  /// - Returns: `isRecorded` is false, and nothing is changed, for a missing job, another fence or a terminal row.
  ///   `waiting` is the workflow if any of its rows is PENDING/due. `change.ended` begins with this job, then has the
  ///   jobs that a termination closed.
  /// - Throws: ``UnreadableRow``, if a word or an instant of the row cannot be read.
  public func recordEnd(
    _ id: JobID, fence: Int64, facts: StartFacts?, ending: TactusModel.Ending, stop: StopReason?, report: Report,
    at now: Instant
  ) throws -> Ended {
    guard let row = try rows.attempt(id), row.fence == fence, !row.status.isTerminal else {
      return Ended(isRecorded: false)
    }
    let startedAt = row.startedAt ?? facts?.at
    // The start may be missing because the store could not write at that time.
    if row.status == .queued, let facts {
      // So may the note that its provider answers again, without which it cannot start.
      _ = try recordSilence(id, fence: fence, isSilent: false)
      _ = try recordStart(id, fence: fence, facts: facts)
    }
    // The durable stop reason decides the status: the caller that asked for the stop was already promised that.
    if row.status == .queued, let queue = row.queue { noteFreed(queue, of: nil) }
    let outcome = Outcome(ending, stop: row.stopReason ?? stop, report: report)
    let endedAt = report.endedAt ?? now
    let duration = startedAt.map { report.duration ?? max(.zero, endedAt - $0) }
    try rows.end(id, with: outcome, after: duration, at: endedAt)
    try event(
      EventType(outcome.status), at: endedAt, workflow: row.workflow, job: id, status: outcome.status,
      code: outcome.errorCode)
    forgetExit(of: id)
    var ended = Ended(isRecorded: true)
    var end = EndedJob(row.labels, outcome: outcome)
    end.duration = duration
    if let id = row.workflow {
      if row.hasWaiting { ended.waiting = id }
      // The job's end is recorded even if its workflow cannot be read.
      if let workflow = try rows.readable({ try workflow(id) }) {
        end.labels.workflow = workflow.name
        let counts = workflow.resumedAt.map { (startedAt ?? row.createdAt) >= $0 } ?? true
        if counts { end.consequence = try count(outcome, for: workflow, &ended.change, now) }
      }
    }
    // Insert it before the jobs that the termination of its workflow closed.
    self.ended.insert(end, at: 0)
    try complete(&ended.change)
    return ended
  }

  /// Counts an outcome for the workflow, records a turn, and terminates the workflow at its limit.
  ///
  /// A job-class failure adds one, a success sets the count to 0, and any other end leaves it. A turn is the first
  /// failure (`workflow.failing`), or the first success after failures (`workflow.recovered`). A first failure that
  /// reaches the limit writes `workflow.failing` and then `workflow.terminated`. Jobs of a terminated workflow are
  /// also counted, but never terminate it again.
  ///
  /// - Parameters:
  ///   - outcome: the terminal status and its error code.
  ///   - workflow: its row before this end.
  ///   - change: gets the unclaimed jobs that a termination withdrew.
  ///   - now: the time of the events.
  /// - Returns: the consequence for the log. At the limit of a workflow that is already terminated it is `failing`
  ///   for a first failure, else no consequence.
  /// - Throws: ``UnreadableRow``, if the planned job cannot be read at a termination.
  private func count(
    _ outcome: Outcome, for workflow: WorkflowRow, _ change: inout PlanChange, _ now: Instant
  ) throws -> Failures.Consequence {
    var failures = workflow.failures
    let consequence = failures.count(status: outcome.status, errorCode: outcome.errorCode)
    if failures != workflow.failures {
      try rows.setFailures(failures.consecutive, of: workflow.id)
    }
    switch consequence {
    case .none: break
    case .failing: try event(.workflowFailing, at: now, workflow: workflow.id)
    case .recovered: try event(.workflowRecovered, at: now, workflow: workflow.id)
    case .exhausted:
      if failures.consecutive == 1 { try event(.workflowFailing, at: now, workflow: workflow.id) }
      // A workflow that is already terminated has nothing to end.
      guard workflow.state == .active else { return failures.consecutive == 1 ? .failing : .none }
      change.withdrawn = try end(workflow, reason: .consecutiveFailures, now: now)
    }
    return consequence
  }
}
