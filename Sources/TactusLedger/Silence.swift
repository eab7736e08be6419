public import TactusModel
public import TactusPorts

/// Handles claimed and running jobs whose provider does not answer, or that do not end.
///
/// These records write no event, because the status stays.
extension LedgerVerbs {
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
  public func recordSilence(_ id: JobID, fence: Int64, isSilent: Bool) throws -> Bool {
    try isSilent ? rows.setUnverified(id, fence: fence) : rows.setVerified(id, fence: fence)
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
  public func recordObstacle(_ id: JobID, fence: Int64, obstacle: String) throws -> Bool {
    try rows.setObstacle(obstacle, of: id, fence: fence)
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
  public func abandon(_ id: JobID, at now: Instant) throws -> Ended {
    guard let row = try rows.abandonable(id) else { throw Refusal.notFound(.job(id)) }
    guard let phase = row.phase else {
      throw Refusal.conflict(.ended(id, row.status))
    }
    guard phase == .unverified else {
      throw Refusal.conflict(.notUnverified(id, row.status, phase))
    }
    // The job may still run. Its end is unknown, whatever stop reason was recorded before.
    try rows.forgetStop(of: id)
    var ended = try recordEnd(
      id, fence: row.fence, facts: nil,
      ending: .failed(.lost, "given up by a person while its provider did not answer"), stop: nil, report: Report(),
      at: now)
    ended.change.withdrawn.append(id)
    return ended
  }
}
