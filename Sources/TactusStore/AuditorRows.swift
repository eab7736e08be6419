internal import TactusModel

/// Checks that every row can be read, with the same code that the daemon reads rows with.
///
/// The columns with words are read as decisions read them: a word of another version is a fault here, while lists show
/// it.
extension Auditor {
  /// Reads all rows of jobs, workflows, definitions, decisions and events; the connection reports those that cannot be
  /// read.
  ///
  /// - A row is reported once per statement, for the first of its columns that cannot be read. Jobs are read by two
  ///   statements: a foreign word in the first does not hide a damaged number in the second.
  /// - Each statement selects the key of its table first, under a name that ``Row`` recognizes, so that the report
  ///   names the row. A definition has the number of its workflow.
  /// - Ranges are those of the daemon: priorities of -100 … 100, counts from 0, intervals from 1 µs, instants with a
  ///   year of four digits.
  /// - `store`, `tallies` and `idempotency_keys` are not read here.
  ///
  /// The cost grows with the store: each of these tables is read from its first row to its last one.
  ///
  /// - Throws: ``StoreError`` if a statement fails. An unreadable row does not throw.
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
  /// Creates a finding for a row that cannot be read.
  ///
  /// It breaks no promise by itself, so its promise is `rows`. The subject is the table, or `store` if SQLite does not
  /// name the table.
  init(_ fault: UnreadableRow) {
    self.init(promise: "rows", subject: fault.table.isEmpty ? "store" : fault.table, message: "\(fault)")
  }
}
