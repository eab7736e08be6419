import CSQLite
import TactusModel
import Testing

@testable import TactusStore

@Suite("The schema")
struct SchemaTests {
  /// Creates a store with one workflow of one generation, without a daemon.
  private func connection() throws -> Connection {
    let connection = try Connection(path: ":memory:")
    try connection.migrate(Schema.migrations, file: ":memory:")
    try connection.execute("PRAGMA foreign_keys = ON")
    try connection.execute(
      """
      BEGIN;
      INSERT INTO workflows (id, name, origin, state, generation, created_at, updated_at)
        VALUES (1, 'w', 'file', 'ACTIVE', 1, 0, 0);
      INSERT INTO definitions (workflow_id, generation, kind, text, canonical, queue, priority, overlap, misfire,
        misfire_limit, interval, anchor_at, starts_at_anchor, valid_from)
        VALUES (1, 1, 'command', '', '', 'command', 0, 'queue', 'latest', 100, 10, 0, 0, 0);
      COMMIT;
      """)
    return connection
  }

  @Test("A released migration is never edited, because existing stores have already run it")
  func released() {
    // The digests of the released migrations. A new migration appends one; none changes.
    let digests: [UInt64] = [
      0x6295_5F28_4718_DB6F, 0x25BE_FAF7_314A_4698, 0xEF05_B6B1_2565_9BE5, 0x384F_540B_1903_C35A,
      0x6D17_89BE_45F9_F11B, 0xFA22_8552_12E3_A6FC, 0xEC8F_508A_300A_A2BC,
    ]
    #expect(Schema.migrations.map(Self.digest(of:)) == digests)
  }

  /// FNV-1a with 64 bits: enough to notice an edit.
  private static func digest(of text: String) -> UInt64 {
    text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  @Test("Migrations derive the spans and the order of jobs for older rows, and no span is negative")
  func derivedSpans() throws {
    let connection = try Connection(path: ":memory:")
    try connection.migrate(Array(Schema.migrations.prefix(5)), file: ":memory:")
    try connection.execute(
      """
      INSERT INTO jobs (seq, id, kind, queue, priority, trigger, status, nominal_at, scheduled_at, created_at, queued_at,
        started_at, completed_at, root_id, error_code)
      VALUES
        (1, x'\(String(repeating: "01", count: 16))', 'command', 'command', 0, 'MANUAL', 'COMPLETED', 0, 10, 0, 1, 15, 40, x'00', NULL),
        (2, x'\(String(repeating: "02", count: 16))', 'command', 'command', 0, 'MANUAL', 'COMPLETED', 0, 90, 0, 1, 80, 20, x'00', NULL),
        (3, x'\(String(repeating: "03", count: 16))', 'command', 'command', 0, 'MANUAL', 'FAILED', 0, 90, 0, 1, NULL, 21, x'00', 'DISPATCH_EXHAUSTED'),
        (4, x'\(String(repeating: "04", count: 16))', 'command', 'command', 0, 'MANUAL', 'CANCELED', 0, 90, 0, 1, NULL, 22, x'00', 'CANCELED_BY_USER');
      INSERT INTO events (sequence, at, type, job_id) VALUES
        (1, 0, 'job.running', x'\(String(repeating: "02", count: 16))'), (2, 0, 'job.completed', x'\(String(repeating: "02", count: 16))');
      """)
    try connection.migrate(Schema.migrations, file: ":memory:")
    #expect(
      try connection.inspect("SELECT start_delay, duration, started_event, ended_event FROM jobs ORDER BY seq")
        == ["5|25|-4|-4", "0|0|1|2", "||-2|-2", "|||-1"])
  }

  private func insert(_ status: JobStatus, id: Int = 1, nominal: Int = 10, into connection: Connection) throws {
    try connection.execute(
      """
      INSERT INTO jobs (id, workflow_id, generation, kind, queue, priority, trigger, status, phase, nominal_at,
        scheduled_at, created_at, queued_at, claimed_at, started_at, completed_at, fence, boot_id, root_id, error_code)
      SELECT x'\(String(repeating: "00", count: 15))\(String(16 + id, radix: 16))', 1, 1, 'command', 'command', 0, 'AUTOMATIC', '\(status.rawValue)',
        \(Self.phase(status)), \(nominal), \(nominal), 0, \(status == .pending ? "NULL" : "1"), 1, 2,
        \(status.isTerminal ? "3" : "NULL"), 1, 'boot', x'00', \(Self.code(status))
      """)
  }

  private static func phase(_ status: JobStatus) -> String {
    switch status {
    case .pending: "'scheduled'"
    case .queued: "'queued'"
    case .running: "'running'"
    case .completed, .failed, .canceled: "NULL"
    }
  }

  private static func code(_ status: JobStatus) -> String {
    switch status {
    case .failed: "'EXIT_NONZERO'"
    case .canceled: "'CANCELED_BY_USER'"
    case .pending, .queued, .running, .completed: "NULL"
    }
  }

  /// Returns the extended result code of a refused body; SQLITE_OK if it is not refused.
  private func code(of body: () throws -> Void) -> Int32 {
    do {
      try body()
      return SQLITE_OK
    } catch { return (error as? StoreError)?.code ?? -1 }
  }

  @Test("A job may change status exactly as the transition table allows", arguments: JobStatus.allCases)
  func transitions(from: JobStatus) throws {
    for to in JobStatus.allCases where to != from {
      let connection = try connection()
      defer { connection.close() }
      try insert(from, into: connection)
      // Every CHECK accepts the new row, so that only the order of statuses decides.
      let code = code {
        try connection.execute(
          """
          UPDATE jobs SET status = '\(to.rawValue)', phase = \(Self.phase(to)), queued_at = 1,
            completed_at = \(to.isTerminal ? "3" : "NULL"), error_code = \(Self.code(to))
          """)
      }
      #expect(code == (from.mayBecome(to) ? SQLITE_OK : 1811), "\(from.rawValue) to \(to.rawValue)")
      let status = try connection.inspect("SELECT status FROM jobs")
      #expect(status == [from.mayBecome(to) ? to.rawValue : from.rawValue])
    }
  }

  @Test("Every phase belongs to its statuses only", arguments: JobStatus.allCases)
  func phases(status: JobStatus) throws {
    for phase in Phase.allCases {
      let connection = try connection()
      defer { connection.close() }
      try insert(status, into: connection)
      let code = code {
        try connection.execute(
          """
          UPDATE jobs SET phase = '\(phase.rawValue)', wait = \(phase == .due ? "'overlap'" : "NULL"),
            scheduled_at = \(phase == .held ? "NULL" : "10")
          """)
      }
      #expect((code == SQLITE_OK) == phase.statuses.contains(status), "\(status.rawValue)/\(phase.rawValue)")
    }
  }

  @Test(
    "A row has the columns that its status needs",
    arguments: [
      (JobStatus.pending, "phase = NULL"), (.pending, "scheduled_at = NULL"), (.pending, "wait = 'overlap'"),
      (.pending, "phase = 'due'"), (.pending, "completed_at = 3"), (.pending, "error_code = 'LOST'"),
      (.pending, "priority = 101"), (.pending, "attempt = 0"), (.pending, "workflow_id = NULL, generation = NULL"),
      (.pending, "generation = 2"), (.pending, "id = x'00'"), (.pending, "trigger = 'OTHER'"),
      (.queued, "queued_at = NULL"), (.queued, "nominal_at = NULL"),
      (.queued, "phase = 'dispatching', fence = 0"), (.queued, "phase = 'dispatching', boot_id = NULL"),
      (.queued, "phase = 'dispatching', claimed_at = NULL"),
      (.running, "started_at = NULL"), (.running, "fence = 0"), (.running, "stop_reason = 'EXIT_NONZERO'"),
      (.completed, "started_at = NULL"), (.completed, "completed_at = NULL"), (.completed, "error_code = 'LOST'"),
      (.failed, "error_code = NULL"), (.failed, "error_code = 'CANCELED_BY_USER'"),
      (.canceled, "error_code = NULL"), (.canceled, "error_code = 'LOST'"), (.canceled, "queued_at = 'now'"),
    ])
  func columns(status: JobStatus, change: String) throws {
    let connection = try connection()
    defer { connection.close() }
    try insert(status, into: connection)
    let code = code { try connection.execute("UPDATE jobs SET \(change)") }
    #expect(code & 0xFF == SQLITE_CONSTRAINT, "\(status.rawValue) with \(change)")
  }

  @Test("An instant has at most one planned or released job; a job withdrawn before its release does not count")
  func instants() throws {
    let connection = try connection()
    defer { connection.close() }
    try insert(.pending, id: 1, nominal: 10, into: connection)
    for status in [JobStatus.pending, .queued, .running, .completed, .failed] {
      #expect(code { try insert(status, id: 2, nominal: 10, into: connection) } == 2067, "\(status.rawValue)")
    }
    try insert(.pending, id: 2, nominal: 20, into: connection)
    #expect(code { try connection.execute("UPDATE jobs SET nominal_at = 10") } == 2067)
    try connection.execute(
      """
      UPDATE jobs SET status = 'CANCELED', phase = NULL, completed_at = 3, error_code = 'CANCELED_BY_USER'
      WHERE nominal_at = 10
      """)
    try insert(.pending, id: 3, nominal: 10, into: connection)
    try connection.execute("UPDATE jobs SET trigger = 'MANUAL', nominal_at = 10 WHERE nominal_at = 20")
  }

  @Test("A workflow has the columns that its state needs, and its name is unique")
  func workflows() throws {
    let connection = try connection()
    defer { connection.close() }
    for change in [
      "state = 'TERMINATED', terminated_at = 1", "terminated_reason = 'user'",
      "state = 'TERMINATED', terminated_reason = 'user'", "state = 'PAUSED'", "origin = 'mail'", "generation = 0",
      "consecutive_failures = -1", "name = ''",
    ] {
      #expect(
        code { try connection.execute("UPDATE workflows SET \(change)") } & 0xFF == SQLITE_CONSTRAINT, "\(change)")
    }
    for change in ["generation = 2", "planned_job = zeroblob(16)"] {
      let code = code { try connection.execute("BEGIN; UPDATE workflows SET \(change); COMMIT") }
      #expect(code & 0xFF == SQLITE_CONSTRAINT, "\(change)")
      try connection.execute("ROLLBACK")
    }
    let again =
      "INSERT INTO workflows (name, origin, state, generation, created_at, updated_at) VALUES ('w', 'file', 'ACTIVE', 1, 0, 0)"
    #expect(code { try connection.execute(again) } == 2067)
  }

  @Test(
    "A decision's range and count agree, and no two decisions begin at the same instant",
    arguments: ["20, 10, 2", "10, 20, 1", "10, 10, 2", "10, 20, 0"])
  func decisions(values: String) throws {
    let connection = try connection()
    defer { connection.close() }
    let insert = "INSERT INTO decisions (workflow_id, generation, reason, decided_at, first_at, last_at, count) VALUES "
    #expect(code { try connection.execute("\(insert) (1, 1, 'missed', 0, \(values))") } & 0xFF == SQLITE_CONSTRAINT)
    try connection.execute("\(insert) (1, 1, 'missed', 0, 10, 20, 2)")
    #expect(code { try connection.execute("\(insert) (1, 1, 'limit', 0, 10, 10, 1)") } == 2067)
    try connection.execute("UPDATE decisions SET voided_at = 1")
    try connection.execute("\(insert) (1, 1, 'limit', 0, 10, 10, 1)")
  }
}
