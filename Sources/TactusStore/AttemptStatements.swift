internal import TactusLedger
internal import TactusModel
internal import TactusPorts

extension SQLRows {
  func job(_ id: JobID) throws -> JobRow? {
    try connection.first(
      "SELECT status, phase, workflow_id, nominal_at, stop_reason FROM jobs WHERE id = ?", id
    ) { row in
      JobRow(
        status: try row.word(0), phase: try row.optionalWord(1), workflow: row.optionalInteger(2).map(WorkflowID.init),
        nominalAt: try row.optionalInstant(3), stopReason: try row.optionalWord(4))
    }
  }

  func schedulable(_ id: JobID) throws -> (status: JobStatus, phase: Phase?, trigger: Trigger, workflow: WorkflowID?)? {
    try connection.first("SELECT status, phase, trigger, workflow_id FROM jobs WHERE id = ?", id) { row in
      (
        status: try row.word(0), phase: try row.optionalWord(1), trigger: try row.word(2),
        workflow: row.optionalInteger(3).map(WorkflowID.init)
      )
    }
  }

  func abandonable(_ id: JobID) throws -> (status: JobStatus, phase: Phase?, fence: Int64)? {
    try connection.first("SELECT status, phase, fence FROM jobs WHERE id = ?", id) {
      (status: try $0.word(0), phase: try $0.optionalWord(1), fence: $0.integer(2))
    }
  }

  // One statement for each job: a claim is in the way of every start.
  func claim(_ id: JobID, bootID: String, at now: Instant) throws -> ClaimedJob? {
    try connection.first(
      """
      UPDATE jobs SET phase = 'dispatching', fence = fence + 1, claimed_at = ?, boot_id = ?
      WHERE id = ? AND phase IN ('queued', 'waiting_for_provider')
      RETURNING workflow_id, generation, fence, trigger, attempt, nominal_at, scheduled_at,
        (SELECT name FROM workflows WHERE workflows.id = jobs.workflow_id),
        (SELECT text FROM definitions
         WHERE definitions.workflow_id = jobs.workflow_id AND definitions.generation = jobs.generation)
      """, now, bootID, id
    ) { row in
      let key = DefinitionKey(workflow: WorkflowID(number: row.integer(0)), generation: try row.count(1))
      guard let text = row.optionalText(8), !row.isNull(7) else {
        throw UnreadableRow(
          table: "definitions", row: "\(key.workflow.number)", column: "generation",
          problem: .damaged(.missingGeneration(key.generation, of: id)))
      }
      return ClaimedJob(
        id: id, fence: row.integer(2), workflow: WorkflowName(row.text(7)), text: text, definition: key,
        trigger: try row.word(3), attempt: try row.count(4), nominalAt: try row.instant(5),
        scheduledAt: try row.instant(6))
    }
  }

  func start(_ id: JobID, fence: Int64, facts: StartFacts) throws -> StartedRow? {
    try connection.first(
      """
      UPDATE jobs SET status = 'RUNNING', phase = CASE WHEN stop_reason IS NULL THEN 'running' ELSE 'stopping' END,
        started_at = ?1, pid = ?2, pid_start = ?3, timeout = ?4, provider = ?5, container_id = ?6, runner = ?7,
        started_monotonic = ?8, start_delay = ifnull(?9, max(0, ?1 - scheduled_at)),
        started_event = (SELECT ifnull(max(sequence), 0) + 1 FROM events)
      WHERE id = ?10 AND fence = ?11 AND phase = 'dispatching'
      RETURNING workflow_id, queue, generation
      """, facts.at, facts.processID, facts.processStart, facts.timeout, facts.provider?.text, facts.containerID,
      facts.runner, facts.monotonic?.microseconds, facts.delay, id, fence
    ) {
      StartedRow(
        workflow: $0.optionalInteger(0).map(WorkflowID.init), queue: QueueName($0.text(1)),
        generation: Int($0.integer(2)))
    }
  }

  func requeue(_ id: JobID, fence: Int64) throws -> QueuedJob? {
    try connection.first(
      """
      UPDATE jobs SET phase = 'queued', error_message = NULL
      WHERE id = ? AND fence = ? AND phase IN ('dispatching', 'waiting_for_provider') AND stop_reason IS NULL
      RETURNING kind, queue, priority, scheduled_at
      """, id, fence
    ) { row in
      QueuedJob(
        id: id, kind: try row.word(0), queue: try row.queueName(1), priority: try row.number(2, in: -100...100),
        scheduledAt: try row.instant(3))
    }
  }

  func park(_ id: JobID, fence: Int64) throws -> Bool {
    try connection.run(
      """
      UPDATE jobs SET phase = 'waiting_for_provider', error_message = NULL
      WHERE id = ? AND fence = ? AND phase = 'dispatching' AND stop_reason IS NULL
      """, id, fence)
    return connection.changes == 1
  }

  func fence(of id: JobID) throws -> Int64? {
    try connection.first("SELECT fence FROM jobs WHERE id = ?", id) { $0.integer(0) }
  }

  func isUnstopped(_ id: JobID, fence: Int64) throws -> Bool? {
    try connection.first(
      "SELECT stop_reason IS NULL FROM jobs WHERE id = ? AND fence = ? AND status IN ('QUEUED', 'RUNNING')", id, fence
    ) { $0.integer(0) != 0 }
  }

  func stop(_ id: JobID, reason: StopReason, at now: Instant) throws -> Bool {
    try connection.run(
      """
      UPDATE jobs SET stop_reason = ?, stop_at = ?, phase = CASE phase WHEN 'running' THEN 'stopping' ELSE phase END
      WHERE id = ? AND stop_reason IS NULL AND status IN ('QUEUED', 'RUNNING')
      """, reason, now, id)
    return connection.changes == 1
  }

  func forgetStop(of id: JobID) throws { try connection.run("UPDATE jobs SET stop_reason = NULL WHERE id = ?", id) }

  func setUnverified(_ id: JobID, fence: Int64) throws -> Bool {
    try connection.run(
      """
      UPDATE jobs SET phase = 'unverified'
      WHERE id = ? AND fence = ? AND phase IN ('dispatching', 'running', 'stopping')
      """, id, fence)
    return connection.changes == 1
  }

  func setVerified(_ id: JobID, fence: Int64) throws -> Bool {
    try connection.run(
      """
      UPDATE jobs SET phase =
        CASE WHEN status = 'QUEUED' THEN 'dispatching' WHEN stop_reason IS NULL THEN 'running' ELSE 'stopping' END
      WHERE id = ? AND fence = ? AND phase = 'unverified'
      """, id, fence)
    return connection.changes == 1
  }

  func setObstacle(_ obstacle: String, of id: JobID, fence: Int64) throws -> Bool {
    try connection.run(
      """
      UPDATE jobs SET error_message = ? WHERE id = ? AND fence = ? AND status IN ('QUEUED', 'RUNNING')
        AND phase NOT IN ('queued', 'waiting_for_provider')
      """, obstacle, id, fence)
    return connection.changes == 1
  }

  // Without the hint SQLite scans the whole history of the workflow, where few rows wait.
  func attempt(_ id: JobID) throws -> AttemptRow? {
    try connection.first(
      """
      SELECT workflow_id, status, fence, stop_reason, started_at, created_at, queue, kind, trigger, attempt,
        EXISTS (SELECT 1 FROM jobs other INDEXED BY jobs_waiting
          WHERE other.phase = 'due' AND other.workflow_id = jobs.workflow_id)
      FROM jobs WHERE id = ?
      """, id
    ) { row in
      AttemptRow(
        workflow: row.optionalInteger(0).map(WorkflowID.init), status: try row.word(1), fence: row.integer(2),
        stopReason: try row.optionalWord(3), startedAt: try row.optionalInstant(4), createdAt: try row.instant(5),
        queue: QueueName(row.text(6)),
        labels: JobLabels(
          id, kind: row.anyWord(7, of: Kind.self), trigger: row.anyWord(8, of: Trigger.self),
          attempt: Int(row.integer(9))),
        hasWaiting: row.integer(10) != 0)
    }
  }

  func end(_ id: JobID, with outcome: Outcome, after duration: Duration?, at endedAt: Instant) throws {
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
  }

  func close(_ id: JobID, as code: ErrorCode, message: String, at now: Instant) throws {
    try connection.run(
      """
      UPDATE jobs SET status = ?, phase = NULL, wait = NULL, completed_at = ?, error_code = ?, error_message = ?,
        ended_event = (SELECT ifnull(max(sequence), 0) + 1 FROM events)
      WHERE id = ?
      """, code.status, now, code, message, id)
  }

  func closing(_ id: JobID) throws -> (queue: QueueName?, labels: JobLabels)? {
    try connection.first(
      """
      SELECT status, queue, kind, trigger, attempt, (SELECT name FROM workflows WHERE workflows.id = jobs.workflow_id)
      FROM jobs WHERE id = ?
      """, id
    ) { row in
      (
        queue: row.text(0) == JobStatus.queued.rawValue ? QueueName(row.text(1)) : nil,
        labels: JobLabels(
          id, workflow: row.optionalText(5).flatMap(WorkflowName.init), kind: row.anyWord(2, of: Kind.self),
          trigger: row.anyWord(3, of: Trigger.self), attempt: Int(row.integer(4)))
      )
    }
  }

  // The condition on the status is that of the index `jobs_live`, here and below.
  func unclaimed(of workflow: WorkflowID) throws -> [JobID] {
    try connection.readable(
      """
      SELECT id FROM jobs WHERE workflow_id = ? AND status IN ('QUEUED', 'RUNNING')
        AND phase IN ('queued', 'waiting_for_provider') AND trigger = 'AUTOMATIC'
      """, workflow
    ) { try $0.jobID(0) }
  }

  func unstopped(of workflow: WorkflowID, automaticOnly: Bool) throws -> [JobID] {
    try connection.readable(
      """
      SELECT id FROM jobs WHERE workflow_id = ? AND status IN ('QUEUED', 'RUNNING')
        AND phase NOT IN ('queued', 'waiting_for_provider') AND stop_reason IS NULL AND (NOT ? OR trigger = 'AUTOMATIC')
      """, workflow, automaticOnly
    ) { try $0.jobID(0) }
  }

  func firstOpen(of workflow: WorkflowID) throws -> JobID? {
    try connection.first(
      """
      SELECT id FROM jobs WHERE workflow_id = ?1 AND status IN ('QUEUED', 'RUNNING')
      UNION ALL SELECT id FROM jobs WHERE workflow_id = ?1 AND status = 'PENDING' LIMIT 1
      """, workflow
    ) { try $0.jobID(0) }
  }
}
