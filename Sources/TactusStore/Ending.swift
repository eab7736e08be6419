internal import TactusModel
internal import TactusPorts

/// The end of an attempt and what it does to its workflow.
extension Tables {
  func recordEnd(
    _ id: JobID, fence: Int64, facts: StartFacts?, ending: TactusModel.Ending, stop: StopReason?, report: Report,
    at now: Instant
  ) throws -> Ended {
    let row = try connection.first(
      """
      SELECT workflow_id, status, fence, stop_reason, started_at, created_at, queue, kind, trigger, attempt
      FROM jobs WHERE id = ?
      """, id
    ) { row in
      (
        workflow: row.optionalInteger(0).map(WorkflowID.init), status: try row.word(1) as JobStatus,
        fence: row.integer(2), stopReason: try row.optionalWord(3, as: StopReason.self),
        startedAt: try row.optionalInstant(4) ?? facts?.at, createdAt: try row.instant(5),
        queue: QueueName(row.text(6)),
        labels: JobLabels(
          id, kind: row.anyWord(7, of: Kind.self).known, trigger: row.anyWord(8, of: Trigger.self).known,
          attempt: Int(row.integer(9)))
      )
    }
    guard let row, row.fence == fence, !row.status.isTerminal else {
      return Ended(isRecorded: false)
    }
    // The start may not have been recorded when the store could not write for a while.
    if row.status == .queued, let facts { _ = try recordStart(id, fence: fence, facts: facts) }
    // The durable reason wins: whoever asked for the stop was told that it will be so.
    if row.status == .queued, let queue = row.queue { noteFreed(queue, of: nil) }
    let outcome = Outcome(ending, stop: row.stopReason ?? stop, report: report)
    let endedAt = report.endedAt ?? now
    let duration = row.startedAt.map { report.duration ?? max(.zero, endedAt - $0) }
    try close(id, with: outcome, after: duration, workflow: row.workflow, endedAt)
    exits.remove(id)
    var ended = Ended(isRecorded: true)
    var end = EndedJob(row.labels, outcome: outcome)
    end.duration = duration
    if let id = row.workflow {
      // Left to itself SQLite walks through the history of the workflow, most of which does not wait.
      let waits = try connection.first(
        "SELECT 1 FROM jobs INDEXED BY jobs_waiting WHERE phase = 'due' AND workflow_id = ? LIMIT 1", id
      ) { _ in true }
      if waits == true { ended.waiting = id }
      // The end of a job is recorded all the same where its workflow cannot be read.
      if let workflow = try connection.reporting({ try workflow(id) }) {
        end.labels.workflow = workflow.name
        let counts = workflow.resumedAt.map { (row.startedAt ?? row.createdAt) >= $0 } ?? true
        if counts { end.consequence = try count(outcome, for: workflow, &ended.change, now) }
      }
    }
    // Before those that its workflow's end closes.
    self.ended.insert(end, at: 0)
    try complete(&ended.change)
    return ended
  }

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

  /// Counts an end for its workflow; answers what it means.
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
      // Terminated already, it has nothing to end.
      guard workflow.state == .active else { return failures.consecutive == 1 ? .failing : .none }
      change.withdrawn = try end(workflow, reason: .consecutiveFailures, now: now)
    }
    return consequence
  }
}
