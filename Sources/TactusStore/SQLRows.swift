internal import TactusLedger
internal import TactusModel

/// The rows of a ledger in `tactus.db`; each statement is written once, and prepared at its first use.
///
/// Each file of protocols in TactusLedger (`PlanRows`) has a file of statements here (`PlanStatements`). Those about
/// events and requests are below. A query that may be asked often has an index, which its comment
/// names where it needs one that SQLite would not choose by itself.
struct SQLRows: Rows {
  /// The only connection that writes the store, or the read-only one of an auditor.
  let connection: Connection

  func report(_ fault: UnreadableRow) { connection.report(fault) }
}

extension SQLRows {
  func append(_ event: NewEvent) throws -> Int64 {
    try connection.run(
      "INSERT INTO events (at, type, workflow_id, job_id, status, error_code, detail) VALUES (?, ?, ?, ?, ?, ?, ?)",
      event.at, event.type, event.workflow, event.job, event.status, event.code, event.detail)
    return connection.lastInsertedRow
  }

  func appendQueued(_ job: JobID, of workflow: WorkflowID, at now: Instant) throws -> Int64 {
    try connection.run(
      """
      INSERT INTO events (at, type, workflow_id, job_id, status)
      VALUES (?1, 'job.pending', ?2, ?3, 'PENDING'), (?1, 'job.queued', ?2, ?3, 'QUEUED')
      """, now, workflow, job)
    return connection.lastInsertedRow
  }

  func oldestEvent() throws -> Int64? {
    try connection.first("SELECT min(sequence) FROM events", read: { $0.optionalInteger(0) }) ?? nil
  }

  func time(ofEvent number: Int64) throws -> Instant? {
    try connection.first("SELECT at FROM events WHERE sequence = ?", number) { try $0.instant(0) }
  }

  func firstEvent(in numbers: ClosedRange<Int64>, since instant: Instant) throws -> Int64? {
    try connection.first(
      "SELECT sequence FROM events WHERE sequence BETWEEN ? AND ? AND at >= ? ORDER BY sequence LIMIT 1",
      numbers.lowerBound, numbers.upperBound, instant
    ) { $0.integer(0) }
  }

  func removeEvents(before number: Int64) throws {
    try connection.run("DELETE FROM events WHERE sequence < ?", number)
  }

  func request(withKey key: String) throws -> (text: String, job: JobID)? {
    try connection.first("SELECT request, job FROM idempotency_keys WHERE key = ?", key) {
      (text: $0.text(0), job: try $0.jobID(1))
    }
  }

  func remember(_ text: String, key: String, job: JobID, at now: Instant) throws {
    try connection.run(
      "INSERT INTO idempotency_keys (key, request, job, created_at) VALUES (?, ?, ?, ?)", key, text, job, now)
  }

  func forgetRequests(before instant: Instant) throws {
    try connection.run(
      """
      DELETE FROM idempotency_keys WHERE key IN
        (SELECT key FROM idempotency_keys WHERE created_at < ? ORDER BY created_at LIMIT 4)
      """, instant)
  }
}
