internal import CSQLite
internal import TactusModel

extension Connection {
  /// Brings the schema to the newest version, each migration in one transaction.
  /// - Throws: if the file is newer than this program, which is then never written to.
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

  /// The settings of a connection that writes: one such connection per file, and checkpoints run only on it.
  /// Source: https://www.sqlite.org/wal.html
  func prepareForWriting(synchronous: StaticString) throws {
    try execute("PRAGMA journal_mode = WAL")
    try execute("PRAGMA synchronous = \(synchronous)")
    try execute("PRAGMA foreign_keys = ON")
    try execute("PRAGMA temp_store = MEMORY")
    // 1 MiB: what is due is small, what is stored is not needed at once.
    try execute("PRAGMA cache_size = -1024")
  }
}
