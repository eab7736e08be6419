public import TactusModel
public import TactusPorts

/// Terminates, resumes and deletes workflows.
///
/// These verbs do not change the definition, so they are open to workflows of files and of the socket.
extension LedgerVerbs {
  /// Terminates a workflow, and stops its claimed and running jobs if asked to.
  ///
  /// Unclaimed automatic jobs are withdrawn. MANUAL jobs stay, and more can be created. For a workflow that is
  /// already terminated, the reason `removed` becomes `user`, and running jobs can still be stopped.
  ///
  /// - Parameters:
  ///   - name: the workflow.
  ///   - cancelRunning: whether claimed and RUNNING jobs get a stop reason, MANUAL ones included.
  ///   - now: the time of the termination.
  /// - Returns: `withdrawn` has the jobs that are no longer QUEUED, and `stop` those to stop.
  /// - Throws: notFound, if no workflow has the name.
  public func terminate(_ name: WorkflowName, cancelRunning: Bool, at now: Instant) throws -> PlanChange {
    let workflow = try existing(name)
    return try change { change in
      change.withdrawn = try end(workflow, reason: .user, now: now)
      if cancelRunning {
        for id in try stopClaimed(workflow.id, reason: .workflowTerminated, automaticOnly: false, now: now) {
          change.stop[id] = .workflowTerminated
        }
      }
    }
  }

  /// Terminates a workflow; returns the jobs that are no longer QUEUED.
  ///
  /// The planned job ends CANCELED, and its instant stays unanswered until a resume or an edit. Unclaimed automatic
  /// jobs end in the same way. The event is `workflow.terminated`.
  ///
  /// If it is already terminated, only the reason changes from `removed` to `user`. The return of the file then does
  /// not undo the decision of a person.
  ///
  /// - Parameters:
  ///   - workflow: its row before the termination.
  ///   - reason: a person, too many failures, or a removed file.
  ///   - now: the time of the termination.
  /// - Returns: the ids, empty if it was terminated before. The planned job is not among them, because it was not
  ///   QUEUED.
  /// - Throws: ``UnreadableRow``, if the row of the planned job is missing or cannot be read.
  func end(_ workflow: WorkflowRow, reason: Workflow.TerminatedReason, now: Instant) throws -> [JobID] {
    guard workflow.state == .active else {
      if reason == .user && workflow.terminatedReason == .removed {
        try rows.setReason(reason, of: workflow.id)
      }
      return []
    }
    let message = "its workflow was terminated (\(reason.rawValue))"
    try withdrawPlanned(workflow, as: .workflowTerminated, message: message, now: now)
    try rows.setTerminated(workflow.id, for: reason, at: now)
    try event(.workflowTerminated, at: now, workflow: workflow.id)
    return try withdrawQueued(workflow.id, as: .workflowTerminated, message: message, now: now)
  }

  /// Makes a terminated workflow ACTIVE, and plans its first free instant after now.
  ///
  /// The failure count becomes 0, and jobs that started before `resumed_at` no longer count. The span since the
  /// termination gets a decision `terminated`. An ACTIVE workflow stays unchanged.
  ///
  /// - Parameters:
  ///   - name: the workflow.
  ///   - now: the time of the resume.
  /// - Returns: a change with the new `nextDue`. No job is released.
  /// - Throws: notFound, if no workflow has the name. Conflict with `fileRemoved`, if its file is missing: only its
  ///   return resumes it.
  public func resume(_ name: WorkflowName, at now: Instant) throws -> PlanChange {
    let workflow = try existing(name)
    if workflow.terminatedReason == .removed {
      throw Refusal.conflict(.fileRemoved(name))
    }
    guard workflow.state == .terminated else { return try change() }
    try rows.setResumed(workflow.id, at: now)
    try activate(workflow, now)
    return try change()
  }

  /// Deletes a workflow, which frees its name; its jobs stay.
  ///
  /// The caller has checked that no file has this name. The row stays with `deleted_at`, because jobs and events
  /// refer to it. The event is `workflow.deleted`.
  ///
  /// - Parameters:
  ///   - name: the workflow.
  ///   - now: the time of the deletion.
  /// - Throws: notFound, if no workflow has the name. Conflict with `active`, or with `hasLiveJob` for a job that is
  ///   PENDING, QUEUED or RUNNING. Nothing is changed then.
  public func delete(_ name: WorkflowName, at now: Instant) throws {
    let workflow = try existing(name)
    guard workflow.state == .terminated else {
      throw Refusal.conflict(.active(name))
    }
    if let open = try rows.firstOpen(of: workflow.id) {
      throw Refusal.conflict(.hasLiveJob(name, open))
    }
    try rows.setDeleted(workflow.id, at: now)
    try event(.workflowDeleted, at: now, workflow: workflow.id)
  }

  /// Resumes a workflow that a missing file terminated, because the file is back.
  ///
  /// It undoes only the termination. The failure count and `resumed_at` stay.
  ///
  /// - Parameters:
  ///   - name: the workflow.
  ///   - now: the time of the load.
  /// - Returns: whether it was resumed; false for any other reason of termination, and for an ACTIVE workflow.
  /// - Throws: notFound, if no workflow has the name.
  func revive(_ name: WorkflowName, at now: Instant) throws -> Bool {
    let workflow = try existing(name)
    guard workflow.terminatedReason == .removed else { return false }
    try activate(workflow, now)
    return true
  }

  /// Makes a workflow ACTIVE, answers the span in between, and plans the first free instant after now.
  ///
  /// The decision `terminated` begins with `unanswered_from` and ends with the newest grid instant up to now. If that
  /// is an empty range, no decision is written. The event is `workflow.resumed`. Without a schedule nothing is
  /// planned.
  private func activate(_ workflow: WorkflowRow, _ now: Instant) throws {
    try rows.setActive(workflow.id)
    try event(.workflowResumed, at: now, workflow: workflow.id)
    guard let grid = workflow.grid else { return }
    if let unanswered = workflow.unansweredFrom {
      let decision = Decision(.terminated, of: grid, from: unanswered, through: grid.newest(through: now))
      try record([decision].compactMap(\.self), of: workflow.definition, on: grid, at: now)
    }
    try plan(workflow, at: firstFree(grid, after: now, of: workflow.id), now: now)
  }
}
