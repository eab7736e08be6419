internal import CSQLite
internal import TactusModel
internal import TactusPorts

/// The tables of `logs.db` and what may be done to them; synchronous, inside the transaction that is open.
struct OutputTables {
  let connection: Connection

  /// Opens `logs.db`, or `:memory:`, brings its schema up to date, and has it belong to a store.
  /// - Throws: ``StoreError``; also for the output of another store.
  init(file: String, storeID: String) throws {
    connection = try Connection.open(file, as: .output, synchronous: "NORMAL")
    do {
      // 1 MiB of pages: the -wal counts for what LogLimit= allows as well.
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

  /// Appends lines behind those of a job that are there.
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

  private func write(_ block: OutputBlock, of id: JobID) throws {
    guard block.count > 0 else { return }
    try connection.run(
      "REPLACE INTO blocks (job, first, count, newest_at, stdout, stderr, content) VALUES (?, ?, ?, ?, ?, ?, ?)",
      id, block.first, block.count, block.newest, block.written[.stdout] ?? 0, block.written[.stderr] ?? 0,
      block.content)
  }

  /// Removes the output of a job.
  func discard(_ id: JobID) throws {
    try connection.run("DELETE FROM lines WHERE job = ?", id)
    try connection.run("DELETE FROM blocks WHERE job = ?", id)
  }

  // MARK: Reading

  /// Lines after a position, oldest first: rows of the first version, then blocks.
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
        throw row.damage(5, "the lines of job \(id) from \(row.integer(0)) on cannot be read")
      }
      found += lines
      return found.count < limit
    }
    return found
  }

  /// Whether there are lines after a position.
  func hasLines(of id: JobID, after position: Int64) throws -> Bool {
    if let block = try newestBlock(of: id) { return block.next > position.addingSaturated(1) }
    return try nextRow(of: id) > position.addingSaturated(1)
  }

  /// What is stored of each stream, in bytes as the job wrote them.
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

  private func newestBlock(of id: JobID) throws -> OutputBlock? {
    try connection.first(
      """
      SELECT first, count, newest_at, stdout, stderr, content FROM blocks WHERE job = ? ORDER BY first DESC LIMIT 1
      """, id, read: Self.block)
  }

  private func nextRow(of id: JobID) throws -> Int64 {
    try connection.first("SELECT max(position) FROM lines WHERE job = ?", id) { $0.integer(0).addingSaturated(1) } ?? 1
  }

  private static func block(_ row: borrowing Row) throws -> OutputBlock {
    OutputBlock(
      first: Int64(try row.number(0, in: 1...(.max))), count: try row.number(1, in: 1...(1 << 32)),
      newest: try row.instant(2),
      written: [.stdout: Int64(try row.count(3)), .stderr: Int64(try row.count(4))], content: row.bytes(5))
  }
}

extension OutputStream: Bindable {}
