internal import CSQLite
internal import TactusModel

/// Opening `tactus.db`: everything that could refuse it is looked at before the first byte is written.
extension Connection {
  /// Opens a store for writing and brings its schema up to date.
  /// - Throws: ``StoreError`` that names the file: a newer schema, damage, the -wal of another store, no database at all;
  ///   the file and its -wal are then as they were.
  static func openStore(_ file: String, migrations: [String]) throws -> Connection {
    let hasLog = holdsBytes("\(file)-wal")
    let connection = try Connection(path: file)
    do {
      try connection.examine(file, hasLog: hasLog, newest: migrations.count)
      try connection.prepareForWriting(synchronous: "FULL")
      try connection.migrate(migrations, file: file)
      return connection
    } catch {
      connection.abandon()
      throw error
    }
  }

  private func examine(_ file: String, hasLog: Bool, newest: Int) throws {
    do {
      let version = try first("PRAGMA user_version") { $0.integer(0) } ?? 0
      try Self.refuse(version: version, newerThan: newest, file: file)
      guard version > 0 else { return }
      if hasLog, let own = Self.storeIDWithoutLog(file), try own != first("SELECT id FROM store", read: { $0.text(0) })
      {
        throw StoreError(
          code: SQLITE_CORRUPT, operation: "check \(file)",
          message:
            "\(file)-wal belongs to another store; nothing was changed: move it away, or bring its own store back")
      }
      let wasInUse = try first("SELECT in_use FROM store") { $0.integer(0) != 0 } ?? false
      // A log that was left behind tells of an unclean stop too.
      guard wasInUse || hasLog else { return }
      let verdict = try first("PRAGMA quick_check(1)") { $0.text(0) } ?? "no answer"
      guard verdict == "ok" else { throw Self.damage(verdict, file: file) }
    } catch let error as StoreError where error.code & 0xFF == SQLITE_NOTADB {
      throw StoreError(
        code: error.code, operation: "open \(file)", message: "\(file) is no database; it is left as it is")
    } catch let error as StoreError where error.code & 0xFF == SQLITE_CORRUPT && !error.message.contains(file) {
      throw Self.damage(error.message, file: file)
    }
  }

  private static func damage(_ verdict: String, file: String) -> StoreError {
    StoreError(
      code: SQLITE_CORRUPT, operation: "check \(file)",
      message:
        "the store \(file) is damaged (\(verdict)); it is left as it is: restore a backup, or recover with sqlite3 .recover"
    )
  }

  static func refuse(version: Int64, newerThan newest: Int, file: String) throws {
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

  /// Whether a file is there and not empty.
  /// Source: SQLite's unix VFS, which answers that for SQLITE_ACCESS_EXISTS
  private static func holdsBytes(_ path: String) -> Bool {
    guard let vfs = sqlite3_vfs_find(nil) else { return false }
    var answer: Int32 = 0
    return vfs.pointee.xAccess(vfs, path, SQLITE_ACCESS_EXISTS, &answer) == SQLITE_OK && answer != 0
  }

  /// Marks the store as in use, and names it if it is new.
  func beginUse(now: Instant, id: JobID, epoch: JobID) throws {
    try run("UPDATE store SET in_use = 1")
    guard changes == 0 else { return }
    try run("INSERT INTO store (only, id, epoch, created_at, in_use) VALUES (1, ?, ?, ?, 1)", "\(id)", "\(epoch)", now)
  }
}
