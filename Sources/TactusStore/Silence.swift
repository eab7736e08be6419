internal import TactusModel
internal import TactusPorts

/// Claimed and running jobs whose provider does not answer, or that do not end.
extension Tables {
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

  func recordObstacle(_ id: JobID, fence: Int64, obstacle: String) throws -> Bool {
    try connection.run(
      """
      UPDATE jobs SET error_message = ? WHERE id = ? AND fence = ? AND status IN ('QUEUED', 'RUNNING')
        AND phase NOT IN ('queued', 'waiting_for_provider')
      """, obstacle, id, fence)
    return connection.changes == 1
  }

  func abandon(_ id: JobID, at now: Instant) throws -> Ended {
    let row = try connection.first("SELECT status, phase, fence FROM jobs WHERE id = ?", id) { row in
      (status: try row.word(0) as JobStatus, phase: try row.optionalWord(1, as: Phase.self), fence: row.integer(2))
    }
    guard let row else { throw LedgerFailure.notFound(entity: "job", id: "\(id)") }
    guard let phase = row.phase else {
      throw LedgerFailure.conflict(reason: "job \(id) is \(row.status.rawValue) already: it has ended")
    }
    guard phase == .unverified else {
      throw LedgerFailure.conflict(
        reason:
          "job \(id) is \(row.status.rawValue)/\(phase.rawValue): only what is unverified, because its provider has "
          + "not answered for a while, can be given up; a cancel without --abandon stops it as soon as its provider takes it"
      )
    }
    // It may run on: whatever was asked of it before, what became of it is unknown.
    try connection.run("UPDATE jobs SET stop_reason = NULL WHERE id = ?", id)
    var ended = try recordEnd(
      id, fence: row.fence, facts: nil,
      ending: .failed(.lost, "given up by a person while its provider did not answer"), stop: nil, report: Report(),
      at: now)
    ended.change.withdrawn.append(id)
    return ended
  }
}
