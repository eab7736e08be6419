internal import TactusModel
internal import TactusPorts

/// Workflows that stop planning, and begin again.
extension Tables {
  func terminate(_ name: WorkflowName, cancelRunning: Bool, at now: Instant) throws -> PlanChange {
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

  /// Ends planning; answers the jobs that are no longer QUEUED.
  ///
  /// Of an already terminated one only the reason changes,
  /// so that the return of a file does not undo what a person said.
  func end(_ workflow: WorkflowRow, reason: Workflow.TerminatedReason, now: Instant) throws -> [JobID] {
    guard workflow.state == .active else {
      if reason == .user && workflow.terminatedReason == .removed {
        try connection.run("UPDATE workflows SET terminated_reason = ? WHERE id = ?", reason, workflow.id)
      }
      return []
    }
    let message = "its workflow was terminated (\(reason.rawValue))"
    try withdrawPlanned(workflow, as: .workflowTerminated, message: message, now: now)
    try connection.run(
      "UPDATE workflows SET state = 'TERMINATED', terminated_reason = ?, terminated_at = ? WHERE id = ?",
      reason, now, workflow.id)
    try event(.workflowTerminated, at: now, workflow: workflow.id)
    return try withdrawQueued(workflow.id, as: .workflowTerminated, message: message, now: now)
  }

  func resume(_ name: WorkflowName, at now: Instant) throws -> PlanChange {
    let workflow = try existing(name)
    if workflow.terminatedReason == .removed {
      throw LedgerFailure.conflict(
        reason: "the file workflows/\(name).workflow is gone: put it back and reload")
    }
    guard workflow.state == .terminated else { return try change() }
    try connection.run(
      "UPDATE workflows SET consecutive_failures = 0, resumed_at = ? WHERE id = ?", now, workflow.id)
    try activate(workflow, now)
    return try change()
  }

  /// Frees the name; the jobs stay.
  func delete(_ name: WorkflowName, at now: Instant) throws {
    let workflow = try existing(name)
    guard workflow.state == .terminated else {
      throw LedgerFailure.conflict(reason: "\(name) is ACTIVE: terminate it first")
    }
    let open = try connection.first(
      """
      SELECT id FROM jobs WHERE workflow_id = ?1 AND status IN ('QUEUED', 'RUNNING')
      UNION ALL SELECT id FROM jobs WHERE workflow_id = ?1 AND status = 'PENDING' LIMIT 1
      """, workflow.id
    ) { try $0.jobID(0) }
    if let open {
      throw LedgerFailure.conflict(
        reason: "job \(open) of \(name) has not ended: wait for it, or cancel it, and try again")
    }
    try connection.run("UPDATE workflows SET deleted_at = ? WHERE id = ?", now, workflow.id)
    try event(.workflowDeleted, at: now, workflow: workflow.id)
  }

  /// Undoes exactly the termination that a missing file caused; answers whether it did.
  func revive(_ name: WorkflowName, at now: Instant) throws -> Bool {
    let workflow = try existing(name)
    guard workflow.terminatedReason == .removed else { return false }
    try activate(workflow, now)
    return true
  }

  /// Plans the first instant after now; the span in between becomes one decision record.
  private func activate(_ workflow: WorkflowRow, _ now: Instant) throws {
    try connection.run(
      "UPDATE workflows SET state = 'ACTIVE', terminated_reason = NULL WHERE id = ?", workflow.id)
    try event(.workflowResumed, at: now, workflow: workflow.id)
    guard let grid = workflow.grid else { return }
    if let unanswered = workflow.unansweredFrom {
      let decision = Decision(.terminated, of: grid, from: unanswered, through: grid.newest(through: now))
      try record([decision].compactMap(\.self), of: workflow.id, on: grid, generation: workflow.generation, at: now)
    }
    try plan(workflow, at: firstFree(grid, after: now, of: workflow.id), now: now)
  }
}
