public import TactusModel
public import TactusPorts

/// The output of jobs, in `logs.db`: batches on a queue of its own, so that no decision ever waits for a line.
///
/// Lines are committed when a whole turn of the queue brought no more, like the ledger's writes, with synchronous=NORMAL:
/// power loss may cost the last lines, which the byte totals of the finished row make visible. What cannot be written now is
/// held, unanswered, and tried again every second: runners stop reading then, so what is held is bounded.
public actor OutputStore: QueueConfined, OutputSink, OutputReader {
  /// `tactus.logs`.
  public nonisolated let queue: any WorkQueue

  private let tables: OutputTables
  private let time: any TimeSource
  private let alarms: any AlarmSource
  private let health: @Sendable (OutputTrouble?) -> Void
  private var alarm: (any MonotonicAlarm)?
  private let files: FilesInPlace
  /// Batches in the transaction that is open.
  private var pending: [Batch] = []
  private var pendingBytes = 0
  /// Batches that could not be written, in order; while there are any, others come behind them.
  private var held: [Batch] = []
  private var trouble: OutputTrouble?
  private var commitTurn = CommitTurn()
  private var waits = OutputWaits()
  private var isClosed = false
  /// Whether what cannot be written is given up.
  private var isGivingUp = false

  private struct Batch {
    let id: JobID
    let lines: [OutputLine]
    let answer: @Sendable (Bool) -> Void
  }

  /// How long after a failed write the next one is tried.
  private static let retryAfter: Duration = .seconds(1)
  /// What one transaction writes at most, so that the -wal stays small.
  private static let transactionBytes = 512 << 10

  /// Opens `logs.db`, or `:memory:`, and brings its schema up to date.
  /// - Parameters:
  ///   - storeID: names the store whose jobs wrote the output.
  ///   - health: is called on the store's queue when writing begins to fail, and with nil when it works again.
  /// - Throws: ``StoreError``.
  public init(
    file: String, storeID: String, queue: any WorkQueue, time: any TimeSource, alarms: any AlarmSource,
    unreadable: @escaping @Sendable (UnreadableRow) -> Void = { _ in },
    health: @escaping @Sendable (OutputTrouble?) -> Void = { _ in }, disk: @escaping DiskUse = { _ in }
  ) throws {
    self.queue = queue
    self.time = time
    self.alarms = alarms
    self.health = health
    tables = try OutputTables(file: file, storeID: storeID)
    tables.connection.report = unreadable
    tables.connection.disk = disk
    files = FilesInPlace(of: file)
  }

  /// As ``OutputSink`` says.
  public nonisolated func append(
    _ lines: [OutputLine], to id: JobID, answer: @escaping @Sendable (Bool) -> Void
  ) { post { $0.take(Batch(id: id, lines: lines, answer: answer)) } }

  /// As ``OutputSink`` says.
  public nonisolated func discard(_ id: JobID, answer: @escaping @Sendable (Bool) -> Void) {
    post { store in
      store.commit()
      let unwritten = store.held.filter { $0.id == id }
      store.held.removeAll { $0.id == id }
      for batch in unwritten { batch.answer(false) }
      // What stays is told by the answer.
      answer(!store.isClosed && (try? store.tables.discard(id)) != nil)
    }
  }

  /// As ``OutputReader`` says.
  public nonisolated func lines(
    of id: JobID, after position: Int64, limit: Int,
    answer: @escaping @Sendable (Result<[(position: Int64, line: OutputLine)], LedgerFailure>) -> Void
  ) { read(answer) { try $0.lines(of: id, after: position, limit: limit) } }

  /// As ``OutputReader`` says.
  public nonisolated func extent(
    of id: JobID, answer: @escaping @Sendable (Result<[OutputStream: Int64], LedgerFailure>) -> Void
  ) { read(answer) { try $0.extent(of: id) } }

  private nonisolated func read<Value: Sendable>(
    _ answer: @escaping @Sendable (Result<Value, LedgerFailure>) -> Void,
    _ body: @escaping @Sendable (OutputTables) throws -> Value
  ) {
    post { store in
      do { answer(.success(try body(store.tables))) } catch let fault as UnreadableRow {
        store.tables.connection.report(fault)
        answer(.failure(.conflict(reason: "\(fault)")))
      } catch {
        answer(.failure(.unavailable(reason: "the output cannot be read: \(error)")))
      }
    }
  }

  /// Commits what is open and closes the file; lines that come later are refused.
  public func close() {
    guard !isClosed else { return }
    isGivingUp = true
    retry()
    commit()
    for batch in held { batch.answer(false) }
    held.removeAll()
    isClosed = true
    alarm?.arm(at: nil)
    // What is under that name by now is not ours.
    guard (try? files.check()) != nil else { return tables.connection.abandon() }  // The error is the answer.
    tables.connection.mergeLog()
    tables.connection.close()
  }

  /// Has what cannot be written be given up from a while on, because the daemon stops; a shorter time replaces a longer one.
  public func giveUp(after span: Duration) {
    guard span > .zero else {
      isGivingUp = true
      return retry()
    }
    endOfPatience = min(endOfPatience ?? time.monotonic + span, time.monotonic + span)
  }

  private var endOfPatience: MonotonicInstant?

  /// Looks whether the files are still where they were opened; what is wrong is reported as a failed write is.
  public func checkFiles() {
    guard !isClosed else { return }
    let wereGone = files.areGone
    do { try files.check() } catch { return note(error, isLost: false) }
    guard wereGone, held.isEmpty else { return }
    trouble = nil
    health(nil)
  }

  /// As ``OutputReader`` says.
  public nonisolated func wait(
    for id: JobID, after position: Int64, number: UInt64, isCanceled: @escaping @Sendable () -> Bool,
    answer: @escaping @Sendable () -> Void
  ) {
    post { store in
      // What cannot be read is told to the one who reads it next.
      let hasMore = try? store.tables.hasLines(of: id, after: position)
      guard hasMore == false, !isCanceled(), !store.isClosed else { return answer() }
      store.waits.add(number, for: id, answer)
    }
  }

  /// As ``OutputReader`` says.
  public nonisolated func cancelWait(_ number: UInt64) { post { $0.waits.cancel(number) } }

  // MARK: Writing

  private func take(_ batch: Batch) {
    guard !isClosed else { return batch.answer(false) }
    guard held.isEmpty || isGivingUp else { return held.append(batch) }
    store([batch])
  }

  /// Writes batches into the transaction that is open, or opens one.
  private func store(_ batches: [Batch]) {
    for (index, batch) in batches.enumerated() {
      do {
        if tables.connection.isAutocommit {
          try files.check()
          try tables.connection.run("BEGIN IMMEDIATE")
        }
        try tables.append(batch.lines, to: batch.id)
        pending.append(batch)
        pendingBytes += batch.lines.reduce(0) { $0 + $1.bytes.count + 1 }
        waits.note(batch.id)
      } catch let fault as UnreadableRow {
        // The newest block of this job is damaged; it is read before anything is written.
        tables.connection.report(fault)
        batch.answer(false)
      } catch {
        return fail(error, behind: batches[index...])
      }
      if pendingBytes >= Self.transactionBytes, !commit() { return hold(batches[(index + 1)...]) }
    }
    postTurn()
  }

  private func postTurn() {
    guard !tables.connection.isAutocommit else { return }
    if commitTurn.begin(pending: pending.count) { post { $0.turn() } }
  }

  private func turn() {
    if commitTurn.end(pending: pending.count) || pending.count >= Store.batchLimit { commit() } else { postTurn() }
  }

  /// Makes durable what is open; false if that failed.
  @discardableResult
  private func commit() -> Bool {
    guard !tables.connection.isAutocommit else { return true }
    do {
      try files.check()
      try tables.connection.run("COMMIT")
    } catch {
      fail(error, behind: [])
      return false
    }
    let batches = pending
    pending.removeAll(keepingCapacity: true)
    pendingBytes = 0
    if trouble != nil {
      trouble = nil
      health(nil)
    }
    for batch in batches { batch.answer(true) }
    waits.tell()
    return true
  }

  // MARK: Failures

  /// Takes back what is open: with the batches that come behind it, it is held if the medium may recover, else it is lost.
  private func fail(_ error: any Error, behind batches: ArraySlice<Batch>) {
    // If even this fails SQLite has rolled back by itself, which is all that is wanted.
    if !tables.connection.isAutocommit { try? tables.connection.run("ROLLBACK") }
    let all = pending + batches
    pending.removeAll()
    pendingBytes = 0
    let isLost = isGivingUp || (error as? StoreError)?.isUnavailability != true
    note(error, isLost: isLost)
    guard isLost else { return hold(all[...]) }
    for batch in all { batch.answer(false) }
  }

  private func hold(_ batches: ArraySlice<Batch>) {
    held += batches
    if alarm == nil {
      alarm = alarms.monotonicAlarm(on: queue) { [weak self] in self?.assumeIsolated { $0.retry() } }
    }
    alarm?.arm(at: time.monotonic + Self.retryAfter)
  }

  private func retry() {
    guard !isClosed else { return }
    if let endOfPatience, time.monotonic >= endOfPatience { isGivingUp = true }
    let batches = held
    held.removeAll()
    store(batches)
    // At once, so that what works again is known, and what does not is held again in its order.
    commit()
  }

  private func note(_ error: any Error, isLost: Bool) {
    let new = OutputTrouble(error, isLost: isLost)
    defer { trouble = new }
    if trouble == nil || trouble?.isLost != isLost { health(new) }
  }
}
