internal import CSQLite
internal import TactusModel
internal import TactusPorts

/// The tables of `logs.db` and the operations on them: synchronous, inside the open transaction.
///
/// Confined to the queue of ``OutputStore``. A change without an open transaction is a transaction of its own. Every
/// query for a job uses a primary key, which begins with the id of the job.
struct OutputTables {
  let connection: Connection

  /// Opens `logs.db`, or `:memory:`, migrates its schema, and binds it to a store.
  ///
  /// It sets synchronous=NORMAL. The -wal is merged at 256 pages and cut to 1 MiB afterwards, because it counts towards
  /// `LogLimit=` like the file.
  ///
  /// - Parameters:
  ///   - file: the path of `logs.db`.
  ///   - storeID: the id that a new file gets, and that another file must have.
  /// - Throws: ``StoreError``, also if the file holds the output of another store, which stays unchanged. The
  ///   connection is closed then.
  init(file: String, storeID: String) throws {
    connection = try Connection.open(file, as: .output, synchronous: "NORMAL")
    do {
      // 1 MiB of pages, because the -wal also counts towards LogLimit=.
      try connection.execute("PRAGMA wal_autocheckpoint = 256; PRAGMA journal_size_limit = 1048576")
      let owner = try connection.first("SELECT id FROM store") { $0.text(0) }
      if owner == nil { try connection.run("INSERT INTO store (only, id) VALUES (1, ?)", storeID) }
      guard owner == nil || owner == storeID else {
        throw StoreError(
          code: SQLITE_CORRUPT, operation: "check \(file)", message: "it belongs to another store, \(owner ?? "")")
      }
    } catch {
      connection.abandon()
      throw error
    }
  }

  // MARK: Writing

  /// Appends lines to the output of a job.
  ///
  /// The newest block is read, extended and written again, which costs at most 8 KiB. It is read before anything is
  /// written. Further lines go into new blocks, whose positions continue without a gap.
  ///
  /// - Parameters:
  ///   - lines: in the order in which the job wrote them; none changes nothing.
  ///   - id: the job, which `tactus.db` need not know.
  /// - Throws: ``UnreadableRow`` if the newest block is damaged, with no change. ``StoreError`` if a statement fails:
  ///   blocks before it stay in the transaction, which the caller rolls back.
  func append(_ lines: [OutputLine], to id: JobID) throws {
    guard !lines.isEmpty else { return }
    var block = try newestBlock(of: id) ?? OutputBlock(first: nextRow(of: id))
    for line in lines {
      if block.isFull(for: line) {
        try write(block, of: id)
        block = OutputBlock(first: block.next)
      }
      block.add(line)
    }
    try write(block, of: id)
  }

  /// Inserts a block, or replaces the row that begins at the same position.
  private func write(_ block: OutputBlock, of id: JobID) throws {
    guard block.count > 0 else { return }
    try connection.run(
      "REPLACE INTO blocks (job, first, count, newest_at, stdout, stderr, content) VALUES (?, ?, ?, ?, ?, ?, ?)",
      id, block.first, block.count, block.newest, block.written[.stdout] ?? 0, block.written[.stderr] ?? 0,
      block.content)
  }

  /// Removes the output of a job.
  ///
  /// - Parameter id: the job; without output nothing is changed.
  /// - Throws: ``StoreError``. Outside of a transaction, the rows of the first version may be gone by then.
  func discard(_ id: JobID) throws {
    try connection.run("DELETE FROM lines WHERE job = ?", id)
    try connection.run("DELETE FROM blocks WHERE job = ?", id)
  }

  // MARK: Reading

  /// Returns lines after a position, oldest first: rows of the first version, then blocks.
  ///
  /// The walk begins with the block that holds the next line, or with the first block behind it. It reads no block that
  /// it does not need.
  ///
  /// - Parameters:
  ///   - id: the job.
  ///   - position: the position of the last line that is known; 0 for the beginning.
  ///   - limit: the most lines, at least 1. It may cut a block.
  /// - Returns: each line with its position; empty if there are no more, or if the job has no output.
  /// - Throws: ``UnreadableRow`` for a damaged row, with the position of its block. Lines before it are not returned
  ///   either: ask for fewer. ``StoreError`` if a statement fails.
  func lines(of id: JobID, after position: Int64, limit: Int) throws -> [(position: Int64, line: OutputLine)] {
    var found = try connection.all(
      """
      SELECT position, at, stream, is_partial, bytes FROM lines
      WHERE job = ? AND position > ? ORDER BY position LIMIT ?
      """, id, position, limit
    ) { row in
      let line = OutputLine(
        stream: try row.word(2), at: try row.instant(1), bytes: row.bytes(4), isPartial: row.integer(3) != 0)
      return (position: row.integer(0), line: line)
    }
    guard found.count < limit else { return found }
    try connection.statement(
      """
      SELECT first, count, newest_at, stdout, stderr, content FROM blocks WHERE job = ?1
        AND first >= ifnull((SELECT max(first) FROM blocks WHERE job = ?1 AND first <= ?2), 0) ORDER BY first
      """
    ).run([id, position.addingSaturated(1)]) { row in
      guard let lines = try Self.block(row).lines(after: position, limit: limit - found.count) else {
        throw row.damage(5, .malformedOutput(id, from: row.integer(0)))
      }
      found += lines
      return found.count < limit
    }
    return found
  }

  /// Whether a job has lines after a position; reads its newest block only, or else its last row of the first version.
  ///
  /// - Parameters:
  ///   - id: the job.
  ///   - position: the position of the last line that is known.
  /// - Returns: false for a job without output.
  /// - Throws: ``UnreadableRow`` if the newest block is damaged; ``StoreError``.
  func hasLines(of id: JobID, after position: Int64) throws -> Bool {
    if let block = try newestBlock(of: id) { return block.next > position.addingSaturated(1) }
    return try nextRow(of: id) > position.addingSaturated(1)
  }

  /// Returns the stored bytes of each stream, as the job wrote them: a newline for each line that is not partial.
  ///
  /// The totals of all blocks are added, and the lengths of rows of the first version. No line is decoded.
  ///
  /// - Parameter id: the job.
  /// - Returns: positive numbers; a stream without bytes is absent.
  /// - Throws: ``UnreadableRow`` if a total is negative or beyond 2^53, or a stream is unknown; ``StoreError``.
  func extent(of id: JobID) throws -> [OutputStream: Int64] {
    var extent: [OutputStream: Int64] = [:]
    try connection.statement("SELECT stdout, stderr FROM blocks WHERE job = ?").run([id]) { row in
      extent[.stdout, default: 0] += Int64(try row.number(0, in: 0...(1 << 53)))
      extent[.stderr, default: 0] += Int64(try row.number(1, in: 0...(1 << 53)))
      return true
    }
    try connection.statement("SELECT stream, length(bytes) + 1 - is_partial FROM lines WHERE job = ?").run([id]) {
      row in
      extent[try row.word(0), default: 0] += Int64(try row.number(1, in: 0...(1 << 53)))
      return true
    }
    return extent.filter { $0.value > 0 }
  }

  /// Returns the block with the last lines of a job; nil without blocks.
  ///
  /// Its content is not decoded, so only its other columns are checked.
  private func newestBlock(of id: JobID) throws -> OutputBlock? {
    try connection.first(
      """
      SELECT first, count, newest_at, stdout, stderr, content FROM blocks WHERE job = ? ORDER BY first DESC LIMIT 1
      """, id, read: Self.block)
  }

  /// Returns the position after the last row of the first version; 1 without such rows.
  private func nextRow(of id: JobID) throws -> Int64 {
    try connection.first("SELECT max(position) FROM lines WHERE job = ?", id) { $0.integer(0).addingSaturated(1) } ?? 1
  }

  /// Reads a row of `blocks`, whose columns are in the order of the table without the job.
  ///
  /// - Parameter row: the current row.
  /// - Returns: the block; its content may still be damaged.
  /// - Throws: ``UnreadableRow`` if the position, a number or the instant is out of range.
  private static func block(_ row: borrowing Row) throws -> OutputBlock {
    OutputBlock(
      first: Int64(try row.number(0, in: 1...(.max))), count: try row.number(1, in: 1...(1 << 32)),
      newest: try row.instant(2),
      written: [.stdout: Int64(try row.count(3)), .stderr: Int64(try row.count(4))], content: row.bytes(5))
  }
}

extension OutputStream: Bindable {}
