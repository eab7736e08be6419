internal import CSQLite
internal import TactusModel

/// Opens a database of Tactus: every check that could refuse it runs before the first byte is written.
///
/// A refused file is therefore as the operator left it, and may be opened by another version or repaired. Opening
/// blocks. It takes long for a large `tactus.db` after an unclean stop, because every page is read.
extension Connection {
  /// The properties of a kind of database that are needed to open it.
  struct Format {
    /// The texts of all migrations, the oldest first; their number is the newest schema version.
    let migrations: [String]
    /// The first schema version whose table `store` names the store that the file belongs to.
    let namedSince: Int
    /// Whether every page is read after an unclean stop.
    ///
    /// A damaged page is then found at the start, and not by the verb that happens to need it.
    let isChecked: Bool

    /// `tactus.db`.
    static let ledger = Format(migrations: Schema.migrations, namedSince: 1, isChecked: true)
    /// `logs.db`, which may be large; no decision depends on it.
    static let output = Format(migrations: OutputSchema.migrations, namedSince: 2, isChecked: false)
  }

  /// Opens a store for writing and migrates its schema to the newest version.
  ///
  /// The mark `in_use` and a -wal that was left behind show that the last stop was unclean. Answered writes in that
  /// -wal are read from it, because a commit is durable when it is answered.
  ///
  /// - Parameter file: the path of `tactus.db`, or `:memory:`.
  /// - Returns: the only connection that may write to the file.
  /// - Throws: ``StoreError`` that names the file: a newer schema, damage, the -wal of another store, or not a
  ///   database. The file and its -wal are then unchanged. A migration that fails leaves the version before it.
  static func openStore(_ file: String) throws -> Connection {
    try open(file, as: .ledger, synchronous: "FULL")
  }

  /// Opens a database for writing and migrates its schema; throws like ``openStore(_:)``.
  ///
  /// First come the checks: the four files without SQLite, the schema version, the owner of the -wal, and every page if
  /// the stop was unclean. Then come the journal mode and the migrations. If a step throws, the connection is closed
  /// without a checkpoint.
  ///
  /// - Parameters:
  ///   - file: the path, or `:memory:`, which needs no look at files.
  ///   - format: what the file must be.
  ///   - synchronous: see ``prepareForWriting(synchronous:)``.
  /// - Returns: a connection with the newest schema, outside of a transaction.
  /// - Throws: ``StoreError``.
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

  /// Refuses a file with a newer schema, with the -wal of another store, or with damage; only reads.
  ///
  /// A schema without the table `store` is new, or of a version before files were named. It is accepted at once.
  ///
  /// Source: https://www.sqlite.org/pragma.html#pragma_quick_check
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
      // A -wal that was left behind also shows an unclean stop.
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

  /// Whether an error shows that the file differs from what Tactus wrote: a failing statement of Tactus also shows
  /// that.
  private static func isDamage(_ error: StoreError) -> Bool {
    [SQLITE_CORRUPT, SQLITE_ERROR, SQLITE_FORMAT, SQLITE_MISMATCH].contains(error.code & 0xFF)
  }

  /// The error for a damaged store, with SQLITE_CORRUPT and the way out: a backup, or `.recover` of sqlite3.
  ///
  /// - Parameters:
  ///   - verdict: the reason in brackets, in SQLite's words.
  ///   - file: the path that the operator sees.
  /// - Returns: an error; nothing is done to the file.
  static func damage(_ verdict: String, file: String) -> StoreError {
    StoreError(
      code: SQLITE_CORRUPT, operation: "check \(file)",
      message:
        "the store \(file) is damaged (\(verdict)); it is left as it is: restore a backup, or recover with sqlite3 .recover"
    )
  }

  /// Throws if no version writes this number, or if only a newer program does.
  ///
  /// - Parameters:
  ///   - version: `user_version` of the file; 0 for a new one.
  ///   - newest: the newest version of this program.
  ///   - file: the path for the message.
  /// - Throws: ``StoreError`` with SQLITE_CORRUPT for a negative number, with SQLITE_SCHEMA for a newer version.
  static func refuse(version: Int64, newerThan newest: Int, file: String) throws {
    guard version >= 0 else { throw damage("its schema has the version \(version), which nothing writes", file: file) }
    guard version > newest else { return }
    throw StoreError(
      code: SQLITE_SCHEMA, operation: "open \(file)",
      message: "the store has schema version \(version), this program knows \(newest): use the newer program")
  }

  /// Returns the store's id from the database file without its -wal; nil if the file alone holds no id.
  ///
  /// A second connection opens the file as immutable, so SQLite neither looks for a -wal nor locks the file. Compared
  /// with the id that is seen through the -wal, it shows whether both belong together. Source:
  /// https://www.sqlite.org/uri.html, `immutable`
  private static func storeIDWithoutLog(_ file: String) -> String? {
    let special: [Character: String] = ["%": "%25", "?": "%3f", "#": "%23"]
    let path = file.map { special[$0] ?? String($0) }.joined()
    // Without its -wal the file of an interrupted checkpoint has no id. Then the -wal belongs to it.
    guard let alone = try? Connection(path: "file:\(path)?immutable=1", flags: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI)
    else { return nil }
    defer { alone.close() }
    // As above.
    return try? alone.first("SELECT id FROM store") { $0.text(0) }
  }

  /// Marks the store as in use, and gives a new store its id.
  ///
  /// Each of the two statements is its own transaction and durable when it returns. A kill between them leaves a store
  /// without an id, which the next start completes.
  ///
  /// - Parameters:
  ///   - now: the creation time of a new store.
  ///   - id: the id of a new store, which it keeps.
  ///   - epoch: the epoch of its events, which it keeps also.
  /// - Throws: ``StoreError`` if the store cannot be written.
  func beginUse(now: Instant, id: JobID, epoch: JobID) throws {
    try run("UPDATE store SET in_use = 1")
    guard changes == 0 else { return }
    try run("INSERT INTO store (only, id, epoch, created_at, in_use) VALUES (1, ?, ?, ?, 1)", "\(id)", "\(epoch)", now)
  }
}
