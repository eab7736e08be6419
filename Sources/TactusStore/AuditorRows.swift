internal import TactusModel

/// Every row can be read: by the same eyes as the daemon's.
extension Auditor {
  /// Reads all rows of all tables; what cannot be read is reported to the connection.
  func readEverything() throws {
    _ = try connection.readable(
      "SELECT id, kind, trigger, status, phase, wait, waited, stop_reason, error_code, runner, queue FROM jobs"
    ) { row in
      _ = try row.jobID(0)
      _ = (try row.word(1) as Kind, try row.word(2) as Trigger, try row.word(3) as JobStatus)
      _ = (try row.optionalWord(4) as Phase?, try row.optionalWord(5) as Wait?, try row.optionalWord(6) as Wait?)
      _ = (try row.optionalWord(7) as StopReason?, try row.optionalWord(8) as ErrorCode?)
      _ = (try row.optionalWord(9) as RunnerName?, try row.queueName(10))
    }
    _ = try connection.readable(
      """
      SELECT id, priority, nominal_at, scheduled_at, created_at, queued_at, claimed_at, started_at, completed_at, log_bytes,
        log_dropped_bytes, attempt, timeout FROM jobs
      """
    ) { row in
      _ = try row.number(1, in: -100...100)
      for column in 2...8 where column != 4 { _ = try row.optionalInstant(Int32(column)) }
      _ = (
        try row.instant(4), try row.count(9), try row.count(10), try row.count(11), try row.optionalSpan(12, from: 1)
      )
    }
    _ = try connection.readable(
      "SELECT id, name, origin, state, terminated_reason, build_status, created_at, updated_at, generation FROM workflows"
    ) { row in
      _ = (try row.workflowName(1), try row.word(2) as Workflow.Origin, try row.word(3) as Workflow.State)
      _ = (try row.optionalWord(4) as Workflow.TerminatedReason?, try row.optionalWord(5) as BuildStatus?)
      _ = (try row.instant(6), try row.instant(7), try row.count(8))
    }
    _ = try connection.readable(
      """
      SELECT workflow_id AS id, kind, queue, overlap, misfire, interval, anchor_at, starts_at_anchor, priority, misfire_limit
      FROM definitions
      """
    ) { row in
      _ = (try row.word(1) as Kind, try row.queueName(2), try row.word(3) as Overlap, try row.word(4) as Misfire)
      _ = (try row.grid(5), try row.number(8, in: -100...100), try row.number(9, in: 1...(1 << 53)))
    }
    _ = try connection.readable("SELECT id, reason, first_at, last_at, count, decided_at FROM decisions") { row in
      _ = (
        try row.word(1) as Decision.Reason, try row.instant(2), try row.instant(3), try row.count(4), try row.instant(5)
      )
    }
    _ = try connection.readable("SELECT sequence, at, type, job_id, status, error_code FROM events") { row in
      _ = (try row.instant(1), try row.word(2) as EventType, try row.optionalJobID(3))
      _ = (try row.optionalWord(4) as JobStatus?, try row.optionalWord(5) as ErrorCode?)
    }
  }
}

extension Finding {
  /// A row that cannot be read.
  init(_ fault: UnreadableRow) {
    self.init(promise: "rows", subject: fault.table.isEmpty ? "store" : fault.table, message: "\(fault)")
  }
}
