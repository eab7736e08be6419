internal import TactusModel
internal import TactusPorts

/// Planned jobs: made, moved, withdrawn.
extension Tables {
  /// The first grid instant after another one that has no answer yet, and no planned job but the one excepted.
  ///
  /// It differs from the first grid instant where a clock stepped back, and where a person skipped an instant ahead.
  func firstFree(
    _ grid: Grid, after instant: Instant, of workflow: WorkflowID, except planned: JobID? = nil
  ) throws
    -> Instant
  {
    var candidate = grid.first(after: instant)
    while try isTaken(candidate, of: workflow, except: planned) { candidate = grid.first(after: candidate) }
    return candidate
  }

  /// Whether an instant has a released or planned automatic job, or a decision.
  func isTaken(_ nominal: Instant, of workflow: WorkflowID, except planned: JobID? = nil) throws -> Bool {
    let holder = try connection.first(
      """
      SELECT id FROM jobs WHERE workflow_id = ? AND nominal_at = ? AND trigger = 'AUTOMATIC' AND attempt = 1
        AND replay_of IS NULL AND (status <> 'CANCELED' OR queued_at IS NOT NULL)
      """, workflow, nominal
    ) { try $0.jobID(0) }
    if let holder, holder != planned { return true }
    // Ranges are never ahead of a planned instant, only single skipped ones are.
    return try connection.first(
      "SELECT 1 FROM decisions WHERE workflow_id = ? AND first_at = ? AND voided_at IS NULL", workflow, nominal
    ) { _ in true } ?? false
  }

  /// Makes the planned job of a workflow at a nominal instant.
  func plan(_ workflow: WorkflowRow, at nominal: Instant, now: Instant) throws {
    let id = makeID(now)
    try insertPending(
      id, of: workflow, trigger: .automatic, nominal: nominal, scheduled: nominal, phase: .scheduled, wait: nil, now)
    try connection.run(
      "UPDATE workflows SET planned_job = ?, unanswered_from = NULL WHERE id = ?", id, workflow.id)
  }

  func insertPending(
    _ id: JobID, of workflow: WorkflowRow, trigger: Trigger, nominal: Instant?, scheduled: Instant?, phase: Phase,
    wait: Wait?, _ now: Instant
  ) throws {
    try connection.run(
      """
      INSERT INTO jobs (id, workflow_id, kind, queue, priority, trigger, status, phase, wait, waited, nominal_at,
        scheduled_at, created_at, root_id)
      VALUES (?, ?, ?, ?, ?, ?, 'PENDING', ?, ?, ?, ?, ?, ?, ?)
      """,
      id, workflow.id, workflow.kind, workflow.policies.queue, workflow.policies.priority, trigger, phase, wait, wait,
      nominal, scheduled, now, id)
    try event(.jobPending, at: now, workflow: workflow.id, job: id, status: .pending)
  }

  /// Moves the planned job in place; it waits for the instant again.
  func retime(_ planned: JobID, to nominal: Instant) throws {
    try connection.run(
      """
      UPDATE jobs SET nominal_at = ?, scheduled_at = ?, phase = 'scheduled', wait = NULL, waited = NULL
      WHERE id = ? AND status = 'PENDING'
      """, nominal, nominal, planned)
  }

  /// The nominal instant of a job.
  func nominal(of id: JobID) throws -> Instant {
    let instant = try connection.first("SELECT nominal_at FROM jobs WHERE id = ?", id) { try $0.instant(0) }
    guard let instant else {
      throw UnreadableRow(
        table: "workflows", row: "", column: "planned_job", problem: .damaged("it names job \(id), which is missing"))
    }
    return instant
  }

  /// Closes a job that was never claimed.
  func close(_ id: JobID, of workflow: WorkflowID?, as code: ErrorCode, message: String, now: Instant) throws {
    let row = try connection.first(
      """
      SELECT status, queue, kind, trigger, attempt, (SELECT name FROM workflows WHERE workflows.id = jobs.workflow_id)
      FROM jobs WHERE id = ?
      """, id
    ) { row in
      (
        queue: row.text(0) == JobStatus.queued.rawValue ? QueueName(row.text(1)) : nil,
        labels: JobLabels(
          id, workflow: row.optionalText(5).flatMap(WorkflowName.init), kind: row.anyWord(2, of: Kind.self).known,
          trigger: row.anyWord(3, of: Trigger.self).known, attempt: Int(row.integer(4)))
      )
    }
    if let queue = row?.queue { noteFreed(queue, of: workflow) }
    if let labels = row?.labels {
      ended.append(EndedJob(labels, outcome: Outcome(status: code.status, errorCode: code, message: message)))
    }
    try connection.run(
      """
      UPDATE jobs SET status = ?, phase = NULL, wait = NULL, completed_at = ?, error_code = ?, error_message = ?,
        ended_event = (SELECT ifnull(max(sequence), 0) + 1 FROM events)
      WHERE id = ?
      """, code.status, now, code, message, id)
    try event(EventType(code.status), at: now, workflow: workflow, job: id, status: code.status, code: code)
  }

  /// Withdraws the planned job of a workflow that plans no more; its instant stays unanswered until a resume.
  func withdrawPlanned(_ workflow: WorkflowRow, as code: ErrorCode, message: String, now: Instant) throws {
    guard let planned = workflow.plannedJob else { return }
    let unanswered = try nominal(of: planned)
    try connection.run(
      "UPDATE workflows SET planned_job = NULL, unanswered_from = ? WHERE id = ?", unanswered, workflow.id)
    try close(planned, of: workflow.id, as: code, message: message, now: now)
  }

  /// Cancels the QUEUED automatic jobs of a workflow that are not yet claimed.
  func withdrawQueued(_ workflow: WorkflowID, as code: ErrorCode, message: String, now: Instant) throws -> [JobID] {
    let ids = try connection.readable(
      """
      SELECT id FROM jobs WHERE workflow_id = ? AND status IN ('QUEUED', 'RUNNING')
        AND phase IN ('queued', 'waiting_for_provider') AND trigger = 'AUTOMATIC'
      """, workflow
    ) { try $0.jobID(0) }
    for id in ids { try close(id, of: workflow, as: code, message: message, now: now) }
    return ids
  }

  /// Records why claimed and running jobs of a workflow are to be stopped; the first reason of each stays.
  func stopClaimed(_ workflow: WorkflowID, reason: StopReason, automaticOnly: Bool, now: Instant) throws -> [JobID] {
    let ids = try connection.readable(
      """
      SELECT id FROM jobs WHERE workflow_id = ? AND status IN ('QUEUED', 'RUNNING')
        AND phase NOT IN ('queued', 'waiting_for_provider') AND stop_reason IS NULL AND (NOT ? OR trigger = 'AUTOMATIC')
      """, workflow, automaticOnly
    ) { try $0.jobID(0) }
    let stoppable = ids.filter { !exits.contains($0) }
    for id in stoppable { try recordStop(id, reason: reason, now: now) }
    return stoppable
  }

  func recordStop(_ id: JobID, reason: StopReason, now: Instant) throws {
    try connection.run(
      """
      UPDATE jobs SET stop_reason = ?, stop_at = ?, phase = CASE phase WHEN 'running' THEN 'stopping' ELSE phase END
      WHERE id = ? AND stop_reason IS NULL AND status IN ('QUEUED', 'RUNNING')
      """, reason, now, id)
  }
}
