internal import CSQLite
public import TactusModel
public import TactusPorts

/// Something in the store that must not be, as the auditor tells it.
public struct Finding: Hashable, Sendable, CustomStringConvertible {
  /// The promise that is broken, as docs/ARCHITECTURE.md numbers them: `P2`.
  public var promise: String
  /// The workflow or the job.
  public var subject: String
  /// What is wrong, with the instants or rows that show it.
  public var message: String

  /// Puts a finding together.
  public init(promise: String, subject: String, message: String) {
    self.promise = promise
    self.subject = subject
    self.message = message
  }

  /// `P2 nightly: message`.
  public var description: String { "\(promise) \(subject): \(message)" }
}

/// Reads the store and recomputes what should be there, with arithmetic of its own.
///
/// It only reads, in one snapshot, and may do so while a daemon runs. What only the live machine can tell (whether a
/// process of a RUNNING row is alive) is checked by `tactusd --verify` from ``claims()``.
public final class Auditor {
  let connection: Connection
  /// Rows that were left out, because they cannot be read.
  private var unreadable: Set<UnreadableRow> = []

  /// Opens a store for reading.
  /// - Throws: ``StoreError``.
  public init(file: String) throws {
    connection = try Connection(path: file, flags: SQLITE_OPEN_READONLY)
    connection.report = { [unowned self] in unreadable.insert($0) }
  }

  init(sharing connection: Connection) { self.connection = connection }

  /// Closes a store that was opened for reading.
  public func close() { connection.close() }

  /// Everything that is wrong, the smallest counter-example of each promise first; empty if all is well.
  public func findings() throws -> [Finding] {
    let isShared = !connection.isAutocommit
    // One snapshot, or the parts would be of different instants.
    if !isShared { try connection.execute("BEGIN") }
    defer {
      // A read transaction that cannot be ended ends with the connection.
      if !isShared { try? connection.execute("ROLLBACK") }
    }
    let broken = try answers() + plans() + transitions() + overlaps()
    try readEverything()
    return unreadable.sorted { $0.place < $1.place }.map(Finding.init) + broken
  }

  /// Whether the store has no tables yet: a daemon was killed during its first start.
  public func isEmpty() throws -> Bool { try connection.first("PRAGMA user_version") { $0.integer(0) == 0 } ?? true }

  /// Whether a file of output has any, so that the store beside it was not new.
  public static func hasOutput(file: String) -> Bool {
    // A file that cannot be read says nothing, and is told of at the next start.
    guard let connection = try? Connection(path: file, flags: SQLITE_OPEN_READONLY) else { return false }
    defer { connection.close() }
    func holds(_ sql: StaticString) -> Bool {
      // As above; a file of an earlier version has no blocks.
      (try? connection.first(sql) { $0.integer(0) == 1 }) == .some(true)
    }
    return holds("SELECT EXISTS (SELECT 1 FROM lines)") || holds("SELECT EXISTS (SELECT 1 FROM blocks)")
  }

  /// Claimed and RUNNING rows, for the comparison with processes.
  public func claims() throws -> [Remnant] {
    try Tables(connection: connection, limits: [:], makeID: { _ in JobID(high: 0, low: 0) }).remnants()
  }

  /// How many decision records hold, and the newest of them with their workflows.
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

  /// Whether a daemon has the store open, or was killed while it had.
  public func isInUse() throws -> Bool {
    try connection.first("SELECT in_use FROM store") { $0.integer(0) != 0 } ?? false
  }

  /// P2, the other half: an ACTIVE workflow with a schedule has exactly one planned job, any other none.
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

  /// P3 and P8: the statuses that the events tell follow the table, start once, and end where the row is.
  private func transitions() throws -> [Finding] {
    var findings: [Finding] = []
    var previous: (job: JobID, status: JobStatus)?
    var starts = 0
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
    // A job that was made before the oldest event that is kept may have lost its first ones.
    let oldest = try connection.first("SELECT sequence, at FROM events ORDER BY sequence LIMIT 1") {
      (sequence: $0.integer(0), at: Instant(microseconds: $0.integer(1)))
    }
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

  /// P6: where overlap is not allowed, a job of a workflow is queued only when the one before has ended.
  ///
  /// Judged by the
  /// order of events, which no clock step disturbs.
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
  /// The auditor's findings over what this store holds now, uncommitted writes included; on the store's queue.
  public func audit() throws -> [Finding] { try Auditor(sharing: tables.connection).findings() }
}
