/// The schema of `logs.db`, as numbered migrations: append-only, each in one transaction. Source: docs/adr/0015
enum OutputSchema {
  /// Migration n brings version n - 1 to n.
  static let migrations = [first, second]

  /// Lines as rows: what the first version wrote is still read from there.
  private static let first = """
    CREATE TABLE lines (
      job BLOB NOT NULL CHECK (length(job) = 16),
      position INTEGER NOT NULL,
      at INTEGER NOT NULL,
      stream TEXT NOT NULL CHECK (stream IN ('stdout', 'stderr')),
      is_partial INTEGER NOT NULL CHECK (is_partial IN (0, 1)),
      bytes BLOB NOT NULL,
      PRIMARY KEY (job, position)
    ) STRICT, WITHOUT ROWID;
    """

  /// Lines in blocks, because a row costs some forty bytes and a line may have none; and the store that they belong to.
  private static let second = """
    CREATE TABLE blocks (
      job BLOB NOT NULL CHECK (length(job) = 16),
      first INTEGER NOT NULL CHECK (first >= 1),
      count INTEGER NOT NULL CHECK (count >= 1),
      newest_at INTEGER NOT NULL,
      stdout INTEGER NOT NULL CHECK (stdout >= 0),
      stderr INTEGER NOT NULL CHECK (stderr >= 0),
      content BLOB NOT NULL,
      PRIMARY KEY (job, first)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE store (only INTEGER PRIMARY KEY CHECK (only = 1), id TEXT NOT NULL) STRICT;
    """
}
