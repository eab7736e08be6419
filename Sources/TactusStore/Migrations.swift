internal import CSQLite
internal import TactusModel

extension Connection {
  /// Migrates the schema to the newest version; each migration is one transaction.
  ///
  /// The version is in the header of the file and changes in the same transaction as the tables. A migration that was
  /// killed half-way is therefore repeated as a whole. A schema of the newest version is not written to. Source:
  /// https://www.sqlite.org/pragma.html#pragma_user_version
  ///
  /// - Parameters:
  ///   - migrations: all migrations; the first one creates version 1.
  ///   - file: the path for messages.
  /// - Throws: ``StoreError`` if the file has a newer version than this program; it is then never written to. If a
  ///   migration fails, it is rolled back, and the versions before it stay.
  func migrate(_ migrations: [String], file: String) throws {
    let found = try first("PRAGMA user_version") { $0.integer(0) } ?? 0
    try Self.refuse(version: found, newerThan: migrations.count, file: file)
    for version in Int(found)..<migrations.count {
      try execute("BEGIN IMMEDIATE")
      do {
        try execute(migrations[version])
        try execute("PRAGMA user_version = \(version + 1)")
        try execute("COMMIT")
      } catch {
        if !isAutocommit { try execute("ROLLBACK") }
        throw error
      }
    }
  }

  /// Sets up a connection that writes: each file has only one, and only that one runs checkpoints.
  ///
  /// - The journal is a -wal, a mode that the file keeps. Readers then never wait for the writer.
  /// - With `FULL`, every commit is on the disk when it returns. With `NORMAL`, a power loss may take the last commits,
  ///   and a kill of the process takes none.
  /// - Foreign keys are enforced, which SQLite does only if a connection asks for it.
  /// - At most 1 MiB of pages is in memory. Sorts are in memory also, so that no temporary file is written.
  ///
  /// Sources: https://www.sqlite.org/wal.html, https://www.sqlite.org/pragma.html#pragma_synchronous
  ///
  /// - Parameter synchronous: `FULL` for `tactus.db`, `NORMAL` for `logs.db`.
  /// - Throws: ``StoreError`` if the file cannot be written. Before this call nothing has been written to it.
  func prepareForWriting(synchronous: StaticString) throws {
    try execute("PRAGMA journal_mode = WAL")
    try execute("PRAGMA synchronous = \(synchronous)")
    try execute("PRAGMA foreign_keys = ON")
    try execute("PRAGMA temp_store = MEMORY")
    // 1 MiB is enough: due rows are few, and stored rows are seldom needed.
    try execute("PRAGMA cache_size = -1024")
    try prepareRollback()
  }
}
