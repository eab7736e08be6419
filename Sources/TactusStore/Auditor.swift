internal import CSQLite
public import TactusModel
public import TactusPorts

/// A broken promise that the auditor found in the store.
///
/// `tactusd --verify` prints the first twenty findings, one per line, and exits with 1 if there are any.
public struct Finding: Hashable, Sendable, CustomStringConvertible {
  /// The number of the broken promise in docs/reliability.md: `P2`; `rows` for a row that cannot be read.
  public var promise: String
  /// The workflow, job or table with the fault.
  public var subject: String
  /// The fault in one sentence, with the instants or rows that show it.
  public var message: String

  /// Creates a finding; `message` is a clause without a full stop, except for an unreadable row.
  public init(promise: String, subject: String, message: String) {
    self.promise = promise
    self.subject = subject
    self.message = message
  }

  /// The finding on one line: `P2 nightly: message`.
  public var description: String { "\(promise) \(subject): \(message)" }
}

/// Verifies the promises on a store: it recomputes what the rows should be, with separate arithmetic.
///
/// It only reads, and may run beside a daemon. It cannot check facts outside the store, for example whether the process
/// of a RUNNING row is alive. `tactusd --verify` checks those from ``claims()``. An auditor is confined to one thread,
/// which each call blocks until SQLite returns.
///
/// - The findings come from one snapshot. The other queries read the newest commit, so two calls of ``claims()`` may
///   differ.
/// - Its numbers are read without a range, and its arithmetic saturates: a damaged row is a finding, and never a trap.
/// - It reads whole tables, unlike the daemon. The cost grows with the events, definitions, decisions and jobs of the
///   store.
public final class Auditor {
  let connection: Connection
  /// Rows that were left out because they cannot be read, each once; empty if the connection is shared.
  private var unreadable: Set<UnreadableRow> = []

  /// Opens a store for reading, without a check of its files and without a migration.
  ///
  /// `tactusd --verify` examines the files first with ``DatabaseFile/examine(_:)``.
  ///
  /// - Parameter file: the path of `tactus.db`.
  /// - Throws: ``StoreError`` if the file cannot be opened.
  public init(file: String) throws {
    connection = try Connection(path: file, flags: SQLITE_OPEN_READONLY)
    connection.report = { [unowned self] in unreadable.insert($0) }
  }

  /// Audits through a connection that writes; its owner keeps the reporting of unreadable rows.
  ///
  /// The findings then lack these rows, because the owner has reported them. The owner also closes the connection.
  init(sharing connection: Connection) { self.connection = connection }

  /// Closes the connection; the auditor may not be used afterwards.
  ///
  /// The connection is read-only, so nothing is written. Every statement is finalized.
  public func close() { connection.close() }

  /// Returns all faults, the smallest counter-example of each promise first; empty if there are no faults.
  ///
  /// All parts read in one transaction, which is rolled back at the end, also after an error. On a connection that is
  /// already in a transaction they read its uncommitted rows, and the transaction stays open.
  ///
  /// - Returns: first the unreadable rows, by their place. Then P2 by the workflows' names, with the instants in order,
  ///   and the planned jobs. Then P3 and P8 by job, and P6 in the order of events.
  /// - Throws: ``StoreError`` if the store cannot be read.
  public func findings() throws -> [Finding] {
    let isShared = !connection.isAutocommit
    // Without one snapshot the parts would be read at different instants.
    if !isShared { try connection.execute("BEGIN") }
    defer {
      // If the transaction cannot be ended, it ends with the connection.
      if !isShared { try? connection.execute("ROLLBACK") }
    }
    let broken = try answers() + plans() + transitions() + overlaps()
    try readEverything()
    return unreadable.sorted { $0.place < $1.place }.map(Finding.init) + broken
  }

  /// Whether the store has no tables yet, because a daemon was killed during its first start.
  ///
  /// - Returns: whether the schema has the version 0, which no migration leaves.
  /// - Throws: ``StoreError`` if the file is not a database.
  public func isEmpty() throws -> Bool { try connection.first("PRAGMA user_version") { $0.integer(0) == 0 } ?? true }

  /// Whether a file of output holds lines or blocks; then the store beside it is not new.
  ///
  /// It opens a connection of its own and closes it. The start of the daemon asks this before it creates a missing
  /// store.
  ///
  /// - Parameter file: the path of `logs.db`, of any version.
  /// - Returns: whether either table has a row; false if the file is missing or cannot be read.
  public static func hasOutput(file: String) -> Bool {
    // The next start of the daemon reports a file that cannot be read.
    guard let connection = try? Connection(path: file, flags: SQLITE_OPEN_READONLY) else { return false }
    defer { connection.close() }
    func holds(_ sql: StaticString) -> Bool {
      // As above. A file of an earlier version has no table of blocks.
      (try? connection.first(sql) { $0.integer(0) == 1 }) == .some(true)
    }
    return holds("SELECT EXISTS (SELECT 1 FROM lines)") || holds("SELECT EXISTS (SELECT 1 FROM blocks)")
  }

  /// Returns the claimed and RUNNING rows, for the comparison with processes.
  ///
  /// - Returns: what the daemon itself looks up at its start, in any order; empty if nothing was under way.
  /// - Throws: ``StoreError`` if the store cannot be read. A row that cannot be read is left out.
  public func claims() throws -> [Remnant] {
    try SQLRows(connection: connection).remnants()
  }

  /// Returns the number of decision records in force, and the newest `limit` of them with the names of their workflows.
  ///
  /// - Parameter limit: the most records to return; the count has no limit.
  /// - Returns: all records that are not voided as a count, and the newest by their number, newest first.
  /// - Throws: ``StoreError`` if the store cannot be read. A record that cannot be read is left out.
  public func decisions(limit: Int) throws -> (count: Int, newest: [(workflow: String, decision: Decision)]) {
    let count = try connection.first("SELECT count(*) FROM decisions WHERE voided_at IS NULL") { Int($0.integer(0)) }
    let newest = try connection.readable(
      """
      SELECT w.name, n.reason, n.first_at, n.last_at, n.count FROM decisions n JOIN workflows w ON w.id = n.workflow_id
      WHERE n.voided_at IS NULL ORDER BY n.id DESC LIMIT ?
      """, limit
    ) { row in
      let decision = Decision(
        reason: try row.word(1), first: try row.instant(2), last: try row.instant(3), count: try row.count(4))
      return (row.text(0), decision)
    }
    return (count ?? 0, newest)
  }

  /// Whether a daemon has the store open, or was killed while it had it open.
  ///
  /// The daemon sets the mark at its start and clears it as its last change. It does not clear it if its files were
  /// moved away.
  ///
  /// - Returns: false for a store that was closed cleanly, and for a store without a row.
  /// - Throws: ``StoreError`` if there is no table yet.
  public func isInUse() throws -> Bool {
    try connection.first("SELECT in_use FROM store") { $0.integer(0) != 0 } ?? false
  }

  /// P2, second half: an ACTIVE workflow with a schedule has exactly one planned job, any other workflow has no planned
  /// job.
  ///
  /// It compares the PENDING first attempts of the schedule with the number that the state requires, 0 or 1. It also
  /// compares them with the job that `planned_job` names. Index `jobs_pending`; deleted workflows are left out.
  ///
  /// - Returns: at most one finding per workflow, by name.
  /// - Throws: ``StoreError``.
  private func plans() throws -> [Finding] {
    try connection.all(
      """
      SELECT w.name, count(j.id), sum(j.id = w.planned_job), w.state = 'ACTIVE' AND d.interval IS NOT NULL
      FROM workflows w
        JOIN definitions d ON d.workflow_id = w.id AND d.generation = w.generation
        LEFT JOIN jobs j ON j.workflow_id = w.id AND j.status = 'PENDING' AND j.trigger = 'AUTOMATIC' AND j.attempt = 1
      WHERE w.deleted_at IS NULL
      GROUP BY w.id ORDER BY w.name
      """
    ) { row in
      let (rows, named, wanted) = (row.integer(1), row.integer(2), row.integer(3))
      guard rows != wanted || named != wanted else { return nil as Finding? }
      return Finding(
        promise: "P2", subject: row.text(0),
        message: "has \(rows) planned jobs, of which its row names \(named); it should have \(wanted)")
    }.compactMap(\.self)
  }

  /// P3 and P8: a job's events follow the transition table, start the job at most once, and end in the status of the
  /// row.
  ///
  /// All events with a job and a status are read and sorted by job, then by number. The transition table is that of the
  /// model, which a test compares with the documentation.
  ///
  /// - A job must begin as PENDING, unless its first events may have been pruned: it was created before the oldest kept
  ///   event.
  /// - A job whose row is missing, or has a status of another version, is not compared with its row.
  ///
  /// - Returns: findings by job, each in the order of its events.
  /// - Throws: ``StoreError``.
  private func transitions() throws -> [Finding] {
    var findings: [Finding] = []
    var previous: (job: JobID, status: JobStatus)?
    var starts = 0
    /// Checks the last job of the loop, when the next one begins and at the end.
    func finish() throws {
      guard let previous else { return }
      let status =
        try connection.first("SELECT status FROM jobs WHERE id = ?", previous.job) {
          $0.anyWord(0, of: JobStatus.self).known
        } ?? nil
      if let status, status != previous.status {
        findings.append(
          Finding(
            promise: "P8", subject: "\(previous.job)",
            message: "is \(status.rawValue), but its last event says \(previous.status.rawValue)"))
      }
      if starts > 1 {
        findings.append(Finding(promise: "P3", subject: "\(previous.job)", message: "was started \(starts) times"))
      }
    }
    // A job created before the oldest kept event may have lost its first events.
    let oldest = try connection.first("SELECT sequence, at FROM events ORDER BY sequence LIMIT 1") {
      (sequence: $0.integer(0), at: Instant(microseconds: $0.integer(1)))
    }
    /// Whether all events of a job are kept.
    func isWhole(_ job: JobID) throws -> Bool {
      guard let oldest, oldest.sequence > 1 else { return true }
      let made = try connection.first("SELECT created_at FROM jobs WHERE id = ?", job) {
        Instant(microseconds: $0.integer(0))
      }
      return made.map { $0 > oldest.at } ?? false
    }
    let steps = try connection.readable(
      "SELECT job_id, status FROM events WHERE job_id IS NOT NULL AND status IS NOT NULL ORDER BY job_id, sequence"
    ) { (try $0.jobID(0), try $0.word(1) as JobStatus) }
    for (job, status) in steps {
      if let last = previous, last.job == job {
        if !last.status.mayBecome(status) {
          findings.append(
            Finding(
              promise: "P8", subject: "\(job)", message: "went from \(last.status.rawValue) to \(status.rawValue)"))
        }
      } else {
        try finish()
        starts = 0
        if status != .pending, try isWhole(job) {
          findings.append(Finding(promise: "P8", subject: "\(job)", message: "began as \(status.rawValue)"))
        }
      }
      if status == .running { starts += 1 }
      previous = (job, status)
    }
    try finish()
    return findings
  }

  /// P6: unless overlap is allowed, a workflow's job is queued only after the previous one has ended.
  ///
  /// The order of events decides, because clock steps do not change it. A workflow is left out if any of its
  /// generations has `Overlap=allow`, because an event does not name its generation.
  ///
  /// - Returns: one finding per job that was queued beside a live one, in the order of events.
  /// - Throws: ``StoreError``.
  private func overlaps() throws -> [Finding] {
    var findings: [Finding] = []
    var live: [Int64: JobID] = [:]
    let steps = try connection.readable(
      """
      SELECT e.workflow_id, e.job_id, e.status, w.name FROM events e JOIN workflows w ON w.id = e.workflow_id
      WHERE e.status IN ('QUEUED', 'COMPLETED', 'FAILED', 'CANCELED')
        AND NOT EXISTS (SELECT 1 FROM definitions d WHERE d.workflow_id = w.id AND d.overlap = 'allow')
      ORDER BY e.sequence
      """
    ) { ($0.integer(0), try $0.jobID(1), try $0.word(2) as JobStatus, $0.text(3)) }
    for (workflow, job, status, name) in steps {
      if status == .queued {
        if let other = live[workflow] {
          findings.append(
            Finding(promise: "P6", subject: name, message: "job \(job) was queued while job \(other) was live"))
        }
        live[workflow] = job
      } else if live[workflow] == job {
        live[workflow] = nil
      }
    }
    return findings
  }
}

extension Store {
  /// Returns the auditor's findings on the current rows, uncommitted writes included.
  ///
  /// On the store's queue, which waits meanwhile: for tests and simulations. The daemon audits with
  /// ``Auditor/init(file:)``.
  ///
  /// - Returns: findings without unreadable rows, which the store reports itself.
  /// - Throws: ``StoreError`` if the rows cannot be read.
  public func audit() throws -> [Finding] { try Auditor(sharing: connection).findings() }
}
