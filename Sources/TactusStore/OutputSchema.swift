/// The schema of `logs.db` as numbered, append-only migrations, each in one transaction. Source: docs/adr/0015
///
/// The file is separate from `tactus.db`, so that output never delays a decision. A job's rows are found by its id, 16
/// bytes, which is the first column of both primary keys.
enum OutputSchema {
  /// Migration n upgrades version n - 1 to n.
  ///
  /// An earlier version of the program refuses a file of a later one. A released text is never edited.
  static let migrations = [first, second]

  /// Lines as rows.
  ///
  /// Rows of the first version are still read from there. No version writes to it any more. A job that has rows here
  /// continues in `blocks` at the next position.
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

  /// Lines in blocks, because a row costs some forty bytes and a line may be empty; and the id of the store they belong
  /// to.
  ///
  /// - `first` is the position of the first line, from 1, and `count` the number of lines.
  /// - `newest_at` is the instant of the last line, so that the next line can be added without decoding the block.
  /// - `stdout` and `stderr` are the bytes that the job wrote to each, newlines included.
  /// - `content` has the lines as ``OutputBlock`` encodes them.
  ///
  /// The table `store` has one row after the first opening. It names the store that opened the file first.
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
