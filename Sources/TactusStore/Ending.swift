internal import TactusModel
internal import TactusPorts

/// Records the end of an attempt and its effect on the workflow, in one transaction.
///
/// The terminal row, the failure count, the events and a termination for too many failures become durable together. A
/// kill therefore never leaves a failure that is not counted, or counted twice. Source: docs/reliability.md, P8
extension Tables {
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
  func recordEnd(
    _ id: JobID, fence: Int64, facts: StartFacts?, ending: TactusModel.Ending, stop: StopReason?, report: Report,
    at now: Instant
  ) throws -> Ended {
    // Without the hint SQLite scans the whole history of the workflow, where few rows wait.
    let row = try connection.first(
      """
      SELECT workflow_id, status, fence, stop_reason, started_at, created_at, queue, kind, trigger, attempt,
        EXISTS (SELECT 1 FROM jobs other INDEXED BY jobs_waiting
          WHERE other.phase = 'due' AND other.workflow_id = jobs.workflow_id)
      FROM jobs WHERE id = ?
      """, id
    ) { row in
      (
        workflow: row.optionalInteger(0).map(WorkflowID.init), status: try row.word(1) as JobStatus,
        fence: row.integer(2), stopReason: try row.optionalWord(3, as: StopReason.self),
        startedAt: try row.optionalInstant(4) ?? facts?.at, createdAt: try row.instant(5),
        queue: QueueName(row.text(6)),
        labels: JobLabels(
          id, kind: row.anyWord(7, of: Kind.self), trigger: row.anyWord(8, of: Trigger.self),
          attempt: Int(row.integer(9))),
        othersWait: row.integer(10) != 0
      )
    }
    guard let row, row.fence == fence, !row.status.isTerminal else {
      return Ended(isRecorded: false)
    }
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
    let duration = row.startedAt.map { report.duration ?? max(.zero, endedAt - $0) }
    try close(id, with: outcome, after: duration, workflow: row.workflow, endedAt)
    forgetExit(of: id)
    var ended = Ended(isRecorded: true)
    var end = EndedJob(row.labels, outcome: outcome)
    end.duration = duration
    if let id = row.workflow {
      if row.othersWait { ended.waiting = id }
      // The job's end is recorded even if its workflow cannot be read.
      if let workflow = try connection.reporting({ try workflow(id) }) {
        end.labels.workflow = workflow.name
        let counts = workflow.resumedAt.map { (row.startedAt ?? row.createdAt) >= $0 } ?? true
        if counts { end.consequence = try count(outcome, for: workflow, &ended.change, now) }
      }
    }
    // Insert it before the jobs that the termination of its workflow closed.
    self.ended.insert(end, at: 0)
    try complete(&ended.change)
    return ended
  }

  /// Writes the outcome and the measurements to the row, with the event of the end.
  ///
  /// `ended_event` is the number of that event, so that ends are ordered without the wall clock. A job that FAILED
  /// without a start gets the same number as `started_event`, so that it is found as the newest job. The message of
  /// the outcome replaces a recorded obstacle. The duration is NULL if the job never started.
  private func close(
    _ id: JobID, with outcome: Outcome, after duration: Duration?, workflow: WorkflowID?, _ endedAt: Instant
  ) throws {
    let report = outcome.report
    let timings = report.timings
    try connection.run(
      """
      UPDATE jobs SET status = ?, phase = NULL, completed_at = ?, error_code = ?, error_message = ?, exit_code = ?,
        signal = ?, http_status = ?, name_lookup_us = ?, connect_us = ?, tls_us = ?, first_byte_us = ?, total_us = ?,
        certificate_expires_at = ?, cpu_us = ?, peak_memory_bytes = ?, log_bytes = ?, log_dropped_bytes = ?,
        ended_processes = ?, duration = ?,
        started_event = CASE WHEN started_event IS NULL AND ? THEN (SELECT ifnull(max(sequence), 0) + 1 FROM events)
          ELSE started_event END,
        ended_event = (SELECT ifnull(max(sequence), 0) + 1 FROM events)
      WHERE id = ?
      """,
      outcome.status, endedAt, outcome.errorCode, outcome.message, report.exitCode, report.signal,
      report.httpStatus, timings?.nameLookup, timings?.connect, timings?.tls, timings?.firstByte, timings?.total,
      timings?.certificateExpiresAt, report.cpuTime, report.peakMemoryBytes, report.logBytes, report.logDroppedBytes,
      report.endedProcesses, duration, outcome.status == .failed, id)
    try event(
      EventType(outcome.status), at: endedAt, workflow: workflow, job: id, status: outcome.status,
      code: outcome.errorCode)
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
      try connection.run(
        "UPDATE workflows SET consecutive_failures = ? WHERE id = ?", failures.consecutive, workflow.id)
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
