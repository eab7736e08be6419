internal import TactusModel
internal import TactusPorts

/// Creates, moves and withdraws planned jobs, and closes jobs that were never claimed.
///
/// An ACTIVE workflow with a schedule has exactly one planned job. It is PENDING, AUTOMATIC and a first attempt, and
/// `workflows.planned_job` names it. The schema refuses a second job for an instant. A row that
/// was CANCELED before its release is no answer for its instant. Source: docs/reliability.md, P2
extension LedgerVerbs {
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
  /// ahead.
  func isTaken(_ nominal: Instant, of workflow: WorkflowID, except planned: JobID? = nil) throws -> Bool {
    if let holder = try rows.holder(of: nominal, in: workflow), holder != planned { return true }
    return try rows.isDecided(nominal, of: workflow)
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
  func plan(_ workflow: WorkflowRow, at nominal: Instant, now: Instant) throws {
    let id = makeID(now)
    try insertPending(id, of: workflow, trigger: .automatic, nominal: nominal, phase: .scheduled, wait: nil, now)
    try rows.setPlanned(id, of: workflow.id)
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
  ///   - nominal: the instant that the schedule or the caller named, and the earliest start; nil for a held job.
  ///   - phase: held, scheduled or due.
  ///   - wait: the reason to wait, for a due job; nil for any other.
  ///   - now: the time of creation.
  func insertPending(
    _ id: JobID, of workflow: WorkflowRow, trigger: Trigger, nominal: Instant?, phase: Phase, wait: Wait?,
    _ now: Instant
  ) throws {
    try rows.insert(
      NewJob(
        id: id, workflow: workflow, trigger: trigger, nominalAt: nominal, phase: phase, wait: wait, createdAt: now))
    try event(.jobPending, at: now, workflow: workflow.id, job: id, status: .pending)
  }

  /// Returns the nominal instant of a job that a workflow names as its planned job.
  ///
  /// - Throws: ``UnreadableRow`` with `missingJob`, if no such row exists: only damage leaves such a reference.
  func nominal(of id: JobID) throws -> Instant {
    guard let instant = try rows.nominal(of: id) else {
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
  ///
  /// A word of another version in the row is no error: the log shows it.
  func close(_ id: JobID, of workflow: WorkflowID?, as code: ErrorCode, message: String, now: Instant) throws {
    if let row = try rows.closing(id) {
      if let queue = row.queue { noteFreed(queue, of: workflow) }
      ended.append(EndedJob(row.labels, outcome: Outcome(status: code.status, errorCode: code, message: message)))
    }
    try rows.close(id, as: code, message: message, at: now)
    try event(EventType(code.status), at: now, workflow: workflow, job: id, status: code.status, code: code)
  }

  /// Withdraws the planned job of a workflow that stops planning; does nothing without one.
  ///
  /// The job ends CANCELED, which is no answer for its instant. `unanswered_from` keeps that instant, so that a
  /// resume or an edit answers it together with those that passed since.
  func withdrawPlanned(_ workflow: WorkflowRow, as code: ErrorCode, message: String, now: Instant) throws {
    guard let planned = workflow.plannedJob else { return }
    let unanswered = try nominal(of: planned)
    try rows.setUnplanned(from: unanswered, of: workflow.id)
    try close(planned, of: workflow.id, as: code, message: message, now: now)
  }

  /// Cancels the QUEUED automatic jobs of a workflow that are not claimed.
  ///
  /// These are in the phases `queued` and `waiting_for_provider`, in which nothing was started. MANUAL jobs stay.
  /// Rows that cannot be read are reported and left out.
  ///
  /// - Parameters:
  ///   - workflow: the workflow.
  ///   - code: the reason, of the class cancellation.
  ///   - message: the sentence that each row keeps.
  ///   - now: the time of the ends.
  /// - Returns: the ids for `withdrawn` of the change, empty if no job was closed.
  func withdrawQueued(_ workflow: WorkflowID, as code: ErrorCode, message: String, now: Instant) throws -> [JobID] {
    let ids = try rows.unclaimed(of: workflow)
    for id in ids { try close(id, of: workflow, as: code, message: message, now: now) }
    return ids
  }

  /// Records a stop reason for the claimed and running jobs of a workflow that have no reason yet.
  ///
  /// Jobs that have exited keep their own result, so they are left out. No row closes here: it closes when the runner
  /// reports that the process is gone.
  ///
  /// - Parameters:
  ///   - workflow: the workflow.
  ///   - reason: `workflowTerminated` or `replaced`.
  ///   - automaticOnly: whether MANUAL jobs continue, as under `Overlap=replace`.
  ///   - now: the time of the stop.
  /// - Returns: the jobs that got the reason, for `stop` of the change.
  func stopClaimed(_ workflow: WorkflowID, reason: StopReason, automaticOnly: Bool, now: Instant) throws -> [JobID] {
    let stoppable = try rows.unstopped(of: workflow, automaticOnly: automaticOnly).filter { !exits.contains($0) }
    for id in stoppable { _ = try rows.stop(id, reason: reason, at: now) }
    return stoppable
  }
}
