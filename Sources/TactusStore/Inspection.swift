public import TactusModel

/// Queries the store without the verbs of the ledger, for tools and tests.
///
/// On the store's queue.
extension Store {
  /// Returns the rows of a query as text: columns joined with `|`, NULL as the empty text.
  ///
  /// It sees the changes of the open transaction, and blocks the store until all rows are read. Nothing in the daemon
  /// uses it.
  ///
  /// - Parameter sql: one statement without parameters.
  /// - Returns: one text per row, in the order of the query; empty without rows.
  /// - Throws: ``StoreError`` if the query fails.
  public func inspect(_ sql: String) throws -> [String] { try connection.inspect(sql) }
}

extension Store {
  /// Returns all jobs, decisions, events and workflows as lines, so that two stores can be compared.
  public func contents() throws -> [String] {
    try connection.inspect(
      "SELECT hex(id), workflow_id, generation, status, phase, nominal_at, started_at, completed_at, error_code, fence "
        + "FROM jobs ORDER BY seq")
      + connection.inspect("SELECT workflow_id, reason, first_at, last_at, count, voided_at FROM decisions ORDER BY id")
      + connection.inspect("SELECT sequence, at, type, hex(job_id) FROM events ORDER BY sequence")
      + connection.inspect(
        "SELECT name, state, generation, consecutive_failures, unanswered_from FROM workflows ORDER BY id")
  }

  /// Counts all jobs by the word of their status.
  public func jobCounts() throws -> [String: Int] {
    let rows = try connection.all("SELECT status, count(*) FROM jobs GROUP BY status") {
      ($0.text(0), Int($0.integer(1)))
    }
    return Dictionary(uniqueKeysWithValues: rows)
  }

  /// Counts the jobs that did not succeed by the word of their error code.
  public func errorCounts() throws -> [String: Int] {
    let rows = try connection.all(
      "SELECT error_code, count(*) FROM jobs WHERE error_code IS NOT NULL GROUP BY error_code"
    ) { ($0.text(0), Int($0.integer(1))) }
    return Dictionary(uniqueKeysWithValues: rows)
  }

  /// Whether a job is stored.
  public func holds(_ id: JobID) throws -> Bool {
    try connection.first("SELECT 1 FROM jobs WHERE id = ?", id) { _ in true } ?? false
  }

  /// Returns the jobs whose start time has passed and that neither wait nor run, and the running ones that started
  /// before an instant.
  public func stuckJobs(scheduledBefore due: Instant, startedBefore start: Instant) throws -> [JobID] {
    try connection.all("SELECT id FROM jobs WHERE phase = 'scheduled' AND scheduled_at < ?", due) { try $0.jobID(0) }
      + connection.all(
        "SELECT id FROM jobs WHERE status IN ('QUEUED', 'RUNNING') AND status = 'RUNNING' AND started_at < ?", start
      ) { try $0.jobID(0) }
  }

  /// The number of the newest event; 0 without events.
  public func newestEventNumber() throws -> Int64 {
    try connection.first("SELECT ifnull(max(sequence), 0) FROM events") { $0.integer(0) } ?? 0
  }

  /// Returns the jobs that have not ended, in the order of their creation.
  public func openJobs() throws -> [JobID] {
    try connection.all("SELECT id FROM jobs WHERE completed_at IS NULL ORDER BY seq") { try $0.jobID(0) }
  }

  /// Returns the terminated workflows that are not deleted, in the order of their creation.
  public func terminatedWorkflows() throws -> [WorkflowName] {
    try connection.all("SELECT name FROM workflows WHERE state = 'TERMINATED' AND deleted_at IS NULL ORDER BY id") {
      try $0.workflowName(0)
    }
  }

  /// Lets the file grow no more, as on a full disk, or lets it grow again.
  public func setFull(_ isFull: Bool) throws {
    let pages = isFull ? try connection.first("PRAGMA page_count") { $0.integer(0) } ?? 1 : 1_073_741_823
    try connection.execute("PRAGMA max_page_count = \(pages)")
  }
}

extension Connection {
  /// Returns the rows of one statement as ``Store/inspect(_:)`` describes, on any connection and its queue.
  func inspect(_ sql: String) throws -> [String] {
    var lines: [String] = []
    try each(dynamic: sql, []) { row in
      lines.append((0..<row.columnCount).map { row.text($0) }.joined(separator: "|"))
      return true
    }
    return lines
  }
}
