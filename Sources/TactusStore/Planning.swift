internal import TactusModel
internal import TactusPorts

/// Creates, moves and withdraws planned jobs, and closes jobs that were never claimed.
///
/// An ACTIVE workflow with a schedule has exactly one planned job. It is PENDING, AUTOMATIC and a first attempt, and
/// `workflows.planned_job` names it. The unique index `jobs_nominal` refuses a second job for an instant. A row that
/// was CANCELED before its release is no answer for its instant. Source: docs/reliability.md, P2
extension Tables {
  /// Returns the first grid instant after another one that has no answer yet.
  ///
  /// An answer is an automatic job, released or planned, or a decision in force. The result differs from the first
  /// grid instant after a backward clock step, and after a person skipped an instant ahead of time. Each taken
  /// instant costs up to two index searches.
  ///
  /// - Parameters:
  ///   - grid: the grid of the newest generation.
  ///   - instant: the search begins after it, on the grid or not.
  ///   - workflow: the workflow whose answers count.
  ///   - planned: a job that does not count, because it is the one to move; nil if all count.
  /// - Returns: an instant on the grid.
  /// - Throws: ``UnreadableRow``, if the id of a job cannot be read.
  func firstFree(
    _ grid: Grid, after instant: Instant, of workflow: WorkflowID, except planned: JobID? = nil
  ) throws
    -> Instant
  {
    var candidate = grid.first(after: instant)
    while try isTaken(candidate, of: workflow, except: planned) { candidate = grid.first(after: candidate) }
    return candidate
  }

  /// Whether an instant has an answer: an automatic job, released or planned, or a decision in force.
  ///
  /// The job `planned` does not count. A decision counts for its first instant only, which is enough for instants
  /// ahead. The indexes are `jobs_nominal` and `decisions_first`.
  func isTaken(_ nominal: Instant, of workflow: WorkflowID, except planned: JobID? = nil) throws -> Bool {
    let holder = try connection.first(
      """
      SELECT id FROM jobs WHERE workflow_id = ? AND nominal_at = ? AND trigger = 'AUTOMATIC' AND attempt = 1
        AND replay_of IS NULL AND (status <> 'CANCELED' OR queued_at IS NOT NULL)
      """, workflow, nominal
    ) { try $0.jobID(0) }
    if let holder, holder != planned { return true }
    // Only single skipped instants are ahead of the planned instant, never ranges.
    return try connection.first(
      "SELECT 1 FROM decisions WHERE workflow_id = ? AND first_at = ? AND voided_at IS NULL", workflow, nominal
    ) { _ in true } ?? false
  }

  /// Creates the planned job of a workflow, PENDING/scheduled at a free instant of its grid.
  ///
  /// The workflow names it from then on, and its `unanswered_from` becomes NULL. The event is `job.pending`. The
  /// caller has released, closed or withdrawn the previous planned job.
  ///
  /// - Parameters:
  ///   - workflow: gives the kind, queue and priority, which an edit changes until the release.
  ///   - nominal: the nominal instant, which is also the earliest start.
  ///   - now: the time of creation. It may be before or after the instant.
  /// - Throws: ``StoreError``, if the instant already has an automatic job.
  func plan(_ workflow: WorkflowRow, at nominal: Instant, now: Instant) throws {
    let id = makeID(now)
    try insertPending(
      id, of: workflow, trigger: .automatic, nominal: nominal, scheduled: nominal, phase: .scheduled, wait: nil, now)
    try connection.run(
      "UPDATE workflows SET planned_job = ?, unanswered_from = NULL WHERE id = ?", id, workflow.id)
  }

  /// Inserts a PENDING job, a first attempt, with the event `job.pending`.
  ///
  /// `generation` stays NULL until the release, so that the job runs with the newest definition. `root_id` is its own
  /// id.
  ///
  /// - Parameters:
  ///   - id: a new id.
  ///   - workflow: gives the kind, queue and priority.
  ///   - trigger: AUTOMATIC for the planned job, else MANUAL.
  ///   - nominal: the instant that the schedule or the caller named; nil for a held job.
  ///   - scheduled: the earliest start; nil for a held job.
  ///   - phase: held, scheduled or due.
  ///   - wait: the reason to wait, for a due job; nil for any other.
  ///   - now: the time of creation.
  /// - Throws: ``StoreError``, if the write failed or the schema refuses the values.
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

  /// Moves the planned job to another instant, where it is PENDING/scheduled again.
  ///
  /// It keeps its id, and its reason to wait is removed. The instant may have come: then the next release decides on
  /// it. A job that is no longer PENDING stays unchanged. There is no event, because the status stays.
  func retime(_ planned: JobID, to nominal: Instant) throws {
    try connection.run(
      """
      UPDATE jobs SET nominal_at = ?, scheduled_at = ?, phase = 'scheduled', wait = NULL, waited = NULL
      WHERE id = ? AND status = 'PENDING'
      """, nominal, nominal, planned)
  }

  /// Returns the nominal instant of a job that a workflow names as its planned job.
  ///
  /// - Throws: ``UnreadableRow`` with `missingJob`, if no such row exists: only damage leaves such a reference.
  func nominal(of id: JobID) throws -> Instant {
    let instant = try connection.first("SELECT nominal_at FROM jobs WHERE id = ?", id) { try $0.instant(0) }
    guard let instant else {
      throw UnreadableRow(
        table: "workflows", row: "", column: "planned_job", problem: .damaged(.missingJob(id)))
    }
    return instant
  }

  /// Ends a job that was never claimed, with its event.
  ///
  /// If it was QUEUED, the change of the verb says that its workflow and its queue have room: no end of an attempt
  /// follows that would release the jobs behind it. The change also lists the job as ended. The caller has checked
  /// that the row is PENDING, or QUEUED without a claim.
  ///
  /// - Parameters:
  ///   - id: the job.
  ///   - workflow: its workflow, for the event and the notice of room.
  ///   - code: a code of the class cancellation, which gives the status CANCELED.
  ///   - message: the sentence that the row keeps as `error_message`.
  ///   - now: the time of the end.
  /// - Throws: ``StoreError``, if the write failed. A word of another version in the row is no error: the log shows
  ///   it.
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
          id, workflow: row.optionalText(5).flatMap(WorkflowName.init), kind: row.anyWord(2, of: Kind.self),
          trigger: row.anyWord(3, of: Trigger.self), attempt: Int(row.integer(4)))
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

  /// Withdraws the planned job of a workflow that stops planning; does nothing without one.
  ///
  /// The job ends CANCELED, which is no answer for its instant. `unanswered_from` keeps that instant, so that a
  /// resume or an edit answers it together with those that passed since.
  func withdrawPlanned(_ workflow: WorkflowRow, as code: ErrorCode, message: String, now: Instant) throws {
    guard let planned = workflow.plannedJob else { return }
    let unanswered = try nominal(of: planned)
    try connection.run(
      "UPDATE workflows SET planned_job = NULL, unanswered_from = ? WHERE id = ?", unanswered, workflow.id)
    try close(planned, of: workflow.id, as: code, message: message, now: now)
  }

  /// Cancels the QUEUED automatic jobs of a workflow that are not claimed.
  ///
  /// These are in the phases `queued` and `waiting_for_provider`, in which nothing was started. MANUAL jobs stay.
  /// Rows that cannot be read are reported and left out.
  ///
  /// - Parameters:
  ///   - workflow: the workflow. The index `jobs_live` finds its jobs.
  ///   - code: the reason, of the class cancellation.
  ///   - message: the sentence that each row keeps.
  ///   - now: the time of the ends.
  /// - Returns: the ids for `withdrawn` of the change, empty if no job was closed.
  /// - Throws: ``StoreError``, if the write failed.
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

  /// Records a stop reason for the claimed and running jobs of a workflow that have no reason yet.
  ///
  /// Jobs that have exited keep their own result, so they are left out. No row closes here: it closes when the runner
  /// reports that the process is gone.
  ///
  /// - Parameters:
  ///   - workflow: the workflow. The index `jobs_live` finds its jobs.
  ///   - reason: `workflowTerminated` or `replaced`.
  ///   - automaticOnly: whether MANUAL jobs continue, as under `Overlap=replace`.
  ///   - now: the time of the stop.
  /// - Returns: the jobs that got the reason, for `stop` of the change.
  /// - Throws: ``StoreError``, if the write failed.
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

  /// Records the first stop reason of a QUEUED or RUNNING job; a later reason changes nothing.
  ///
  /// RUNNING/running becomes RUNNING/stopping. A job that is being dispatched or is unverified keeps its phase, and
  /// shows the stop when it has started or its provider answers. The caller has checked that the attempt has not
  /// exited.
  func recordStop(_ id: JobID, reason: StopReason, now: Instant) throws {
    try connection.run(
      """
      UPDATE jobs SET stop_reason = ?, stop_at = ?, phase = CASE phase WHEN 'running' THEN 'stopping' ELSE phase END
      WHERE id = ? AND stop_reason IS NULL AND status IN ('QUEUED', 'RUNNING')
      """, reason, now, id)
  }
}
