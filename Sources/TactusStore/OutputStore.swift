internal import CSQLite
public import TactusModel
public import TactusPorts

/// The output of jobs, in `logs.db`: batches on a queue of its own, so that no decision ever waits for a line.
///
/// Lines are committed when a whole turn of the queue brought no more, like the ledger's writes, with synchronous=NORMAL:
/// power loss may cost the last lines, which the byte totals of the finished row make visible.
public actor OutputStore: QueueConfined, OutputSink, OutputReader {
  /// `tactus.logs`.
  public nonisolated let queue: any WorkQueue

  private let connection: Connection
  private var pending: [@Sendable (Bool) -> Void] = []
  private var commitTurn = CommitTurn()
  private var waits = OutputWaits()
  private var isClosed = false

  private static let schema = """
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

  /// Opens `logs.db`, or `:memory:`, and brings its schema up to date.
  /// - Throws: ``StoreError``.
  public init(file: String, queue: any WorkQueue, disk: @escaping DiskUse = { _ in }) throws {
    self.queue = queue
    connection = try Connection(path: file)
    connection.disk = disk
    do {
      try connection.prepareForWriting(synchronous: "NORMAL")
      try connection.migrate([Self.schema], file: file)
    } catch {
      connection.close()
      throw error
    }
  }

  /// As ``OutputSink`` says.
  public nonisolated func append(
    _ lines: [OutputLine], to id: JobID, answer: @escaping @Sendable (Bool) -> Void
  ) { post { $0.store(lines, id, answer) } }

  /// As ``OutputSink`` says.
  public nonisolated func discard(_ id: JobID, answer: @escaping @Sendable (Bool) -> Void) {
    post { store in
      store.commit()
      // What stays is told by the answer.
      let done: Void? = store.isClosed ? nil : try? store.connection.run("DELETE FROM lines WHERE job = ?", id)
      answer(done != nil)
    }
  }

  /// As ``OutputReader`` says.
  public nonisolated func lines(
    of id: JobID, after position: Int64, limit: Int,
    answer: @escaping @Sendable (Result<[(position: Int64, line: OutputLine)], LedgerFailure>) -> Void
  ) {
    post { store in
      do { answer(.success(try store.read(id, position, limit))) } catch {
        answer(.failure(.unavailable(reason: "the output cannot be read: \(error)")))
      }
    }
  }

  /// As ``OutputReader`` says.
  public nonisolated func extent(
    of id: JobID, answer: @escaping @Sendable (Result<[OutputStream: Int64], LedgerFailure>) -> Void
  ) {
    post { store in
      do {
        let sums = try store.connection.all(
          "SELECT stream, sum(length(bytes) + 1 - is_partial) FROM lines WHERE job = ? GROUP BY stream", id
        ) { (stream: $0.word(0) as OutputStream, bytes: $0.integer(1)) }
        answer(.success(Dictionary(uniqueKeysWithValues: sums.map { ($0.stream, $0.bytes) })))
      } catch {
        answer(.failure(.unavailable(reason: "the output cannot be read: \(error)")))
      }
    }
  }

  /// Commits what is open and closes the file; lines that come later are refused.
  public func close() {
    guard !isClosed else { return }
    commit()
    isClosed = true
    connection.mergeLog()
    connection.close()
  }

  /// As ``OutputReader`` says.
  public nonisolated func wait(
    for id: JobID, after position: Int64, number: UInt64, isCanceled: @escaping @Sendable () -> Bool,
    answer: @escaping @Sendable () -> Void
  ) {
    post { store in
      // What cannot be read is told to the one who reads it next.
      let hasMore = try? store.connection.first(
        "SELECT 1 FROM lines WHERE job = ? AND position > ? LIMIT 1", id, position
      ) { _ in true }
      guard hasMore == .some(nil), !isCanceled(), !store.isClosed else { return answer() }
      store.waits.add(number, for: id, answer)
    }
  }

  /// As ``OutputReader`` says.
  public nonisolated func cancelWait(_ number: UInt64) { post { $0.waits.cancel(number) } }

  private func store(_ lines: [OutputLine], _ id: JobID, _ answer: @escaping @Sendable (Bool) -> Void) {
    guard !isClosed else { return answer(false) }
    do {
      if connection.isAutocommit { try connection.run("BEGIN IMMEDIATE") }
      for line in lines {
        try connection.run(
          """
          INSERT INTO lines (job, position, at, stream, is_partial, bytes) VALUES (?1,
            (SELECT ifnull(max(position), 0) + 1 FROM lines WHERE job = ?1), ?2, ?3, ?4, ?5)
          """, id, line.at, line.stream, line.isPartial, line.bytes)
      }
      pending.append(answer)
      waits.note(id)
    } catch {
      // Part of a batch may be in: what the job is told to be lost is at most too much, never too little.
      if connection.isAutocommit { answerAll(false) }
      answer(false)
    }
    postTurn()
  }

  private func read(
    _ id: JobID, _ position: Int64, _ limit: Int
  ) throws
    -> [(position: Int64, line: OutputLine)]
  {
    try connection.all(
      """
      SELECT position, at, stream, is_partial, bytes FROM lines
      WHERE job = ? AND position > ? ORDER BY position LIMIT ?
      """, id, position, limit
    ) { row in
      let line = OutputLine(
        stream: row.word(2), at: row.instant(1), bytes: row.bytes(4), isPartial: row.integer(3) != 0)
      return (row.integer(0), line)
    }
  }

  private func postTurn() {
    if commitTurn.begin(pending: pending.count) { post { $0.turn() } }
  }

  private func turn() {
    if commitTurn.end(pending: pending.count) || pending.count >= Store.batchLimit { commit() } else { postTurn() }
  }

  private func commit() {
    guard !connection.isAutocommit else { return }
    do {
      try connection.run("COMMIT")
      answerAll(true)
      waits.tell()
    } catch {
      // If even this fails SQLite has rolled back by itself, which is all that is wanted.
      if !connection.isAutocommit { try? connection.run("ROLLBACK") }
      answerAll(false)
    }
  }

  private func answerAll(_ isStored: Bool) {
    let answers = pending
    pending.removeAll(keepingCapacity: true)
    for answer in answers { answer(isStored) }
  }
}

extension OutputStream: Bindable {}
