internal import CSQLite
internal import TactusModel

/// Opening a database of ours: everything that could refuse it is looked at before the first byte is written.
extension Connection {
  /// What is to be known of a kind of database before it is opened.
  struct Format {
    let migrations: [String]
    /// From which version on the table `store` names the store that a file belongs to.
    let namedSince: Int
    /// Whether every page is read after an unclean stop.
    let isChecked: Bool

    /// `tactus.db`.
    static let ledger = Format(migrations: Schema.migrations, namedSince: 1, isChecked: true)
    /// `logs.db`, which may be large, and of which no decision depends.
    static let output = Format(migrations: OutputSchema.migrations, namedSince: 2, isChecked: false)
  }

  /// Opens a store for writing and brings its schema up to date.
  /// - Throws: ``StoreError`` that names the file: a newer schema, damage, the -wal of another store, no database at all;
  ///   the file and its -wal are then as they were.
  static func openStore(_ file: String, migrations: [String]) throws -> Connection {
    try open(file, as: Format(migrations: migrations, namedSince: 1, isChecked: true), synchronous: "FULL")
  }

  /// Opens a database for writing and brings its schema up to date; throws as ``openStore(_:migrations:)`` does.
  static func open(_ file: String, as format: Format, synchronous: StaticString) throws -> Connection {
    var hasLog = false
    if file != ":memory:" {
      let files = try DatabaseFile(at: file)
      try files.examine()
      hasLog = files.hasLog
    }
    let connection = try Connection(path: file)
    do {
      try connection.examine(file, hasLog: hasLog, as: format)
      try connection.prepareForWriting(synchronous: synchronous)
      try connection.migrate(format.migrations, file: file)
      return connection
    } catch {
      connection.abandon()
      throw error
    }
  }

  private func examine(_ file: String, hasLog: Bool, as format: Format) throws {
    do {
      let version = try first("PRAGMA user_version") { $0.integer(0) } ?? 0
      try Self.refuse(version: version, newerThan: format.migrations.count, file: file)
      guard version >= format.namedSince else { return }
      if hasLog, let own = Self.storeIDWithoutLog(file), try own != first("SELECT id FROM store", read: { $0.text(0) })
      {
        throw StoreError(
          code: SQLITE_CORRUPT, operation: "check \(file)",
          message:
            "\(file)-wal belongs to another store; nothing was changed: move it away, or bring its own store back")
      }
      guard format.isChecked else { return }
      let wasInUse = try first("SELECT in_use FROM store") { $0.integer(0) != 0 } ?? false
      // A log that was left behind tells of an unclean stop too.
      guard wasInUse || hasLog else { return }
      let verdict = try first("PRAGMA quick_check(1)") { $0.text(0) } ?? "no answer"
      guard verdict == "ok" else { throw Self.damage(verdict, file: file) }
    } catch let error as StoreError where error.code & 0xFF == SQLITE_NOTADB {
      throw StoreError(
        code: error.code, operation: "open \(file)", message: "\(file) is no database; it is left as it is")
    } catch let error as StoreError where Self.isDamage(error) && !error.message.contains(file) {
      throw Self.damage(error.message, file: file)
    }
  }

  /// Whether an error tells that the file is not as we wrote it: an SQL error of a statement of ours does, too.
  private static func isDamage(_ error: StoreError) -> Bool {
    [SQLITE_CORRUPT, SQLITE_ERROR, SQLITE_FORMAT, SQLITE_MISMATCH].contains(error.code & 0xFF)
  }

  static func damage(_ verdict: String, file: String) -> StoreError {
    StoreError(
      code: SQLITE_CORRUPT, operation: "check \(file)",
      message:
        "the store \(file) is damaged (\(verdict)); it is left as it is: restore a backup, or recover with sqlite3 .recover"
    )
  }

  static func refuse(version: Int64, newerThan newest: Int, file: String) throws {
    guard version >= 0 else { throw damage("its schema has the version \(version), which nothing writes", file: file) }
    guard version > newest else { return }
    throw StoreError(
      code: SQLITE_SCHEMA, operation: "open \(file)",
      message: "the store has schema version \(version), this program knows \(newest): use the newer program")
  }

  /// The store's id as the file alone tells it, its -wal not looked at; nil if it tells none.
  /// Source: https://www.sqlite.org/uri.html, `immutable`
  private static func storeIDWithoutLog(_ file: String) -> String? {
    let special: [Character: String] = ["%": "%25", "?": "%3f", "#": "%23"]
    let path = file.map { special[$0] ?? String($0) }.joined()
    // A file that tells nothing without its log was in the middle of a checkpoint; then the log is its own.
    guard let alone = try? Connection(path: "file:\(path)?immutable=1", flags: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI)
    else { return nil }
    defer { alone.close() }
    // As above.
    return try? alone.first("SELECT id FROM store") { $0.text(0) }
  }

  /// Marks the store as in use, and names it if it is new.
  func beginUse(now: Instant, id: JobID, epoch: JobID) throws {
    try run("UPDATE store SET in_use = 1")
    guard changes == 0 else { return }
    try run("INSERT INTO store (only, id, epoch, created_at, in_use) VALUES (1, ?, ?, ?, 1)", "\(id)", "\(epoch)", now)
  }
}
