internal import TactusModel
internal import TactusPorts

/// Handles claimed and running jobs whose provider does not answer, or that do not end.
///
/// These records write no event, because the status stays.
extension Tables {
  /// Records that the provider of a claimed or running job is silent, or answers again.
  ///
  /// A silent provider makes the phase `unverified`. The job keeps its slot, and it still counts for overlap. The
  /// answer restores the phase from durable facts: `dispatching` if QUEUED, `stopping` with a stop reason, else
  /// `running`.
  ///
  /// - Parameters:
  ///   - id: the attempt.
  ///   - fence: the token of its claim.
  ///   - isSilent: whether the provider does not answer.
  /// - Returns: false if nothing changed: another fence, a job without a claim, or the same news again.
  /// - Throws: ``StoreError``, if the write failed.
  func recordSilence(_ id: JobID, fence: Int64, isSilent: Bool) throws -> Bool {
    if isSilent {
      try connection.run(
        """
        UPDATE jobs SET phase = 'unverified'
        WHERE id = ? AND fence = ? AND phase IN ('dispatching', 'running', 'stopping')
        """, id, fence)
    } else {
      try connection.run(
        """
        UPDATE jobs SET phase =
          CASE WHEN status = 'QUEUED' THEN 'dispatching' WHEN stop_reason IS NULL THEN 'running' ELSE 'stopping' END
        WHERE id = ? AND fence = ? AND phase = 'unverified'
        """, id, fence)
    }
    return connection.changes == 1
  }

  /// Records what keeps a claimed or running job from ending, in `error_message`.
  ///
  /// Readers show it while the job has no error code. The end of the job replaces it.
  ///
  /// - Parameters:
  ///   - id: the attempt.
  ///   - fence: the token of its claim.
  ///   - obstacle: a clause for people, for example `waits for a path`.
  /// - Returns: false for another fence, and for a job that is not claimed or has ended.
  /// - Throws: ``StoreError``, if the write failed.
  func recordObstacle(_ id: JobID, fence: Int64, obstacle: String) throws -> Bool {
    try connection.run(
      """
      UPDATE jobs SET error_message = ? WHERE id = ? AND fence = ? AND status IN ('QUEUED', 'RUNNING')
        AND phase NOT IN ('queued', 'waiting_for_provider')
      """, obstacle, id, fence)
    return connection.changes == 1
  }

  /// Ends an unverified job as LOST, because a person gives it up.
  ///
  /// Its end is unknown, so a recorded stop reason is removed first: otherwise that would decide the status. LOST is
  /// an infrastructure failure and does not count for the workflow. `withdrawn` of the change makes the execution
  /// worker forget the attempt.
  ///
  /// - Parameters:
  ///   - id: the job.
  ///   - now: the time of the end.
  /// - Returns: the answer of a recorded end.
  /// - Throws: notFound, if the job does not exist. Conflict with `ended` for a terminal job, and with
  ///   `notUnverified` for any other phase, whose end the provider will report. Nothing is changed then.
  func abandon(_ id: JobID, at now: Instant) throws -> Ended {
    let row = try connection.first("SELECT status, phase, fence FROM jobs WHERE id = ?", id) { row in
      (status: try row.word(0) as JobStatus, phase: try row.optionalWord(1, as: Phase.self), fence: row.integer(2))
    }
    guard let row else { throw Refusal.notFound(.job(id)) }
    guard let phase = row.phase else {
      throw Refusal.conflict(.ended(id, row.status))
    }
    guard phase == .unverified else {
      throw Refusal.conflict(.notUnverified(id, row.status, phase))
    }
    // The job may still run. Its end is unknown, whatever stop reason was recorded before.
    try connection.run("UPDATE jobs SET stop_reason = NULL WHERE id = ?", id)
    var ended = try recordEnd(
      id, fence: row.fence, facts: nil,
      ending: .failed(.lost, "given up by a person while its provider did not answer"), stop: nil, report: Report(),
      at: now)
    ended.change.withdrawn.append(id)
    return ended
  }
}
