public import TactusModel
public import TactusPorts

/// The output of jobs, in `logs.db`: batches on a separate queue, so that no decision ever waits for a line.
///
/// Lines are committed after a whole turn of the queue that added none, like the writes of the ledger, but with
/// synchronous=NORMAL. A power loss may cost the last lines. The byte totals in the row of an ended job show that.
/// Batches that cannot be written are held, unanswered, and retried every second. Runners then stop reading, so the
/// held batches are bounded.
///
/// - Any thread may post a batch or a query. All of them run on ``queue`` in the order of the calls, and so do all
///   answers.
/// - Queries use the connection that writes, so they also see lines that are not committed yet.
/// - The lines of a job keep their order: while batches are held, new ones are held behind them.
/// - A transaction is committed as soon as it has 512 KiB of output. Its batches are answered in order.
/// - Output is lost only through damage, or because the daemon stops. Lost batches are answered with false.
public actor OutputStore: QueueConfined, OutputSink, OutputReader {
  /// The work queue that owns the state: `tactus.logs`.
  public nonisolated let queue: any WorkQueue

  private let tables: OutputTables
  private let time: any TimeSource
  private let alarms: any AlarmSource
  private let health: @Sendable (OutputTrouble?) -> Void
  private var alarm: (any MonotonicAlarm)?
  private let files: FilesInPlace
  /// Batches in the open transaction, in order; answered when it ends.
  private var pending: [Batch] = []
  /// The bytes of the lines in the open transaction, with one more for each line.
  private var pendingBytes = 0
  /// Batches that could not be written, in order.
  ///
  /// New batches are held behind them.
  private var held: [Batch] = []
  /// The last failure to write; nil while writing works.
  private var trouble: OutputTrouble?
  private var commitTurn = CommitTurn()
  private var waits = OutputWaits()
  private var isClosed = false
  /// Whether batches that cannot be written are discarded instead of held; never false again.
  private var isGivingUp = false

  /// The lines of one call of ``append(_:to:answer:)``, which are stored together or not at all.
  private struct Batch {
    let id: JobID
    let lines: [OutputLine]
    let answer: @Sendable (Bool) -> Void
  }

  /// How long after a failed write the next attempt is made, by the monotonic clock.
  private static let retryAfter: Duration = .seconds(1)
  /// The most bytes that one transaction writes, so that the -wal stays small.
  private static let transactionBytes = 512 << 10

  /// Opens `logs.db`, or `:memory:`, and migrates its schema to the newest version.
  ///
  /// It blocks until that is done, on the calling thread. A new file belongs to `storeID` from then on.
  ///
  /// - Parameters:
  ///   - file: the path of `logs.db`.
  ///   - storeID: the id of the store whose jobs wrote the output.
  ///   - queue: the work queue that owns the state.
  ///   - time: the monotonic clock, for retries and for the patience of a stop.
  ///   - alarms: creates one alarm on `queue`, when a batch is held for the first time.
  ///   - unreadable: called on `queue` for each row that cannot be read.
  ///   - health: called on `queue` when writing begins to fail, when output begins to be lost, and with nil when it
  ///     works again.
  ///   - disk: called on `queue` when SQLite is entered and left.
  /// - Throws: ``StoreError``: a newer schema, damage, the output of another store, or the file cannot be opened.
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

  /// Posts a batch to the end of a job's output; it is stored as a whole or not at all.
  ///
  /// True is answered after the commit. The lines then survive a kill of the daemon, and a power loss only after the
  /// next checkpoint. While the file cannot be written, no answer is called. False is answered if the store is closed,
  /// if the newest block of the job is damaged, or if the output is lost. A batch without lines is answered like any
  /// other.
  public nonisolated func append(
    _ lines: [OutputLine], to id: JobID, answer: @escaping @Sendable (Bool) -> Void
  ) { post { $0.take(Batch(id: id, lines: lines, answer: answer)) } }

  /// Removes all output of a job, written and held; what is pending is committed first.
  ///
  /// Held batches of the job are answered with false, before this call. The answer is true if no lines are left, also
  /// if there were none. It is false after a failure, and then some of the lines may be gone.
  public nonisolated func discard(_ id: JobID, answer: @escaping @Sendable (Bool) -> Void) {
    post { store in
      store.commit()
      let unwritten = store.held.filter { $0.id == id }
      store.held.removeAll { $0.id == id }
      for batch in unwritten { batch.answer(false) }
      // The answer reports whether lines remain.
      answer(!store.isClosed && (try? store.tables.discard(id)) != nil)
    }
  }

  /// Reads lines as ``OutputTables/lines(of:after:limit:)`` describes, on the connection that writes.
  ///
  /// Lines that were posted before this call are included, unless they are held. Damage is answered as a conflict that
  /// names the block, another failure as unavailable.
  public nonisolated func lines(
    of id: JobID, after position: Int64, limit: Int,
    answer: @escaping @Sendable (Result<[(position: Int64, line: OutputLine)], Refusal>) -> Void
  ) { read(answer) { try $0.lines(of: id, after: position, limit: limit) } }

  /// Adds up the stored bytes of a job, of all its blocks; a stream without bytes is absent.
  ///
  /// A runner that adopts a job continues its output after these bytes.
  public nonisolated func extent(
    of id: JobID, answer: @escaping @Sendable (Result<[OutputStream: Int64], Refusal>) -> Void
  ) { read(answer) { try $0.extent(of: id) } }

  /// Posts a query, and answers with its value or with the refusal that its error means.
  ///
  /// An unreadable row is reported and answered as a conflict, any other error as unavailable.
  private nonisolated func read<Value: Sendable>(
    _ answer: @escaping @Sendable (Result<Value, Refusal>) -> Void,
    _ body: @escaping @Sendable (OutputTables) throws -> Value
  ) {
    post { store in
      do { answer(.success(try body(store.tables))) } catch let fault as UnreadableRow {
        store.tables.connection.report(fault)
        answer(.failure(.conflict(.unreadable(fault))))
      } catch {
        let reason = StoreError.reason(of: error)
        answer(.failure(.unavailable(store.isClosed ? .closed : .unreadableOutput(reason))))
      }
    }
  }

  /// Commits pending lines and closes the file; later lines are refused.
  ///
  /// On ``queue``.
  ///
  /// Held batches are tried once more, then answered with false. Open waits are answered. If the file was
  /// moved away or replaced, it is not written to. Otherwise the -wal is merged into it. A second call has no effect.
  public func close() {
    guard !isClosed else { return }
    isGivingUp = true
    retry()
    commit()
    for batch in held { batch.answer(false) }
    held.removeAll()
    isClosed = true
    waits.end()
    alarm?.arm(at: nil)
    // A file that now has this name belongs to somebody else.
    guard (try? files.check()) != nil else { return tables.connection.abandon() }  // The error is the answer.
    tables.connection.mergeLog()
    tables.connection.close()
  }

  /// Discards lines that cannot be written after this time, because the daemon stops.
  ///
  /// On ``queue``.
  ///
  /// A shorter time replaces a longer one. Zero discards them at once. Else the first retry after the time discards
  /// them. It cannot be undone: later batches are then lost also, if they cannot be written at once.
  ///
  /// - Parameter span: from now, by the monotonic clock; zero or less means at once.
  public func giveUp(after span: Duration) {
    guard span > .zero else {
      isGivingUp = true
      return retry()
    }
    endOfPatience = min(endOfPatience ?? time.monotonic + span, time.monotonic + span)
  }

  /// When held batches are discarded; nil until the daemon stops.
  private var endOfPatience: MonotonicInstant?

  /// Checks that the files are still in place, and reports a missing or replaced file like a failed write.
  ///
  /// On ``queue``.
  ///
  /// If the files are back and no batch is held, the recovery is reported at once. Otherwise the next commit reports
  /// it.
  public func checkFiles() {
    guard !isClosed else { return }
    let wereGone = files.areGone
    do { try files.check() } catch { return note(error, isLost: false) }
    guard wereGone, held.isEmpty else { return }
    trouble = nil
    health(nil)
  }

  /// Answers when a batch of the job has been committed, or at once if there are lines after the position.
  ///
  /// It is also answered at once if it is canceled already, if the lines cannot be read, and if the store is closed.
  /// The caller then reads the lines and gets the error. Each open wait needs a number of its own.
  public nonisolated func wait(
    for id: JobID, after position: Int64, number: UInt64, isCanceled: @escaping @Sendable () -> Bool,
    answer: @escaping @Sendable () -> Void
  ) {
    post { store in
      // A read error is reported to the next reader.
      let hasMore = try? store.tables.hasLines(of: id, after: position)
      guard hasMore == false, !isCanceled(), !store.isClosed else { return answer() }
      store.waits.add(number, for: id, answer)
    }
  }

  /// Answers a wait that is still open; a number that is unknown, or was answered, has no effect.
  public nonisolated func cancelWait(_ number: UInt64) { post { $0.waits.cancel(number) } }

  // MARK: Writing

  /// Stores a batch, holds it behind others, or refuses it.
  private func take(_ batch: Batch) {
    guard !isClosed else { return batch.answer(false) }
    guard held.isEmpty || isGivingUp else { return held.append(batch) }
    store([batch])
  }

  /// Writes batches in the open transaction, or begins one.
  ///
  /// A batch whose job has a damaged block is answered with false, and the others continue. Any other error ends the
  /// transaction: this batch and those behind it are handled by ``fail(_:behind:)``. If a commit in between fails, the
  /// batches that are not written yet are held.
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
      } catch let fault as UnreadableRow where !fault.isContradiction {
        // The newest block of this job is damaged. Nothing was written, because the block is read first.
        tables.connection.report(fault)
        batch.answer(false)
      } catch {
        return fail(StoreError(error, in: "append"), behind: batches[index...])
      }
      if pendingBytes >= Self.transactionBytes, !commit() { return hold(batches[(index + 1)...]) }
    }
    postTurn()
  }

  /// Begins a turn of the queue if a transaction is open and none was begun.
  private func postTurn() {
    guard !tables.connection.isAutocommit else { return }
    if commitTurn.begin(pending: pending.count) { post { $0.turn() } }
  }

  /// Commits if the turn added no batches, or if there are a thousand; else begins another turn.
  private func turn() {
    if commitTurn.end(pending: pending.count) || pending.count >= Store.batchLimit { commit() } else { postTurn() }
  }

  /// Commits the open transaction; false if that failed, and true if no transaction is open.
  ///
  /// The files are checked first, so that no lines are acknowledged that went to a lost file. Batches are answered in
  /// order, then the waits for their jobs.
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
    waits.report()
    return true
  }

  // MARK: Failures

  /// Rolls back, then holds the pending batches and those behind them if the medium may recover; else they are lost.
  ///
  /// A full disk, an I/O error, a lock of another process, and a file that was moved away may pass. Damage does not,
  /// and neither does a stop that has run out of patience.
  private func fail(_ error: any Error, behind batches: ArraySlice<Batch>) {
    // If the rollback also fails, SQLite has already rolled back.
    if !tables.connection.isAutocommit { try? tables.connection.rollBack() }
    let all = pending + batches
    pending.removeAll()
    pendingBytes = 0
    let isLost = isGivingUp || (error as? StoreError)?.isUnavailability != true
    note(error, isLost: isLost)
    guard isLost else { return hold(all[...]) }
    for batch in all { batch.answer(false) }
  }

  /// Appends batches to the held ones, and arms the alarm for the next attempt.
  private func hold(_ batches: ArraySlice<Batch>) {
    held += batches
    if alarm == nil {
      alarm = alarms.monotonicAlarm(on: queue) { [weak self] in self?.assumeIsolated { $0.retry() } }
    }
    alarm?.arm(at: time.monotonic + Self.retryAfter)
  }

  /// Tries the held batches again in their order, in one transaction or several.
  private func retry() {
    guard !isClosed else { return }
    if let endOfPatience, time.monotonic >= endOfPatience { isGivingUp = true }
    let batches = held
    held.removeAll()
    store(batches)
    // Commit at once: this shows whether writing works again, and holds the batches in their order if it does not.
    commit()
  }

  /// Keeps the failure, and reports it if writing worked before, or if lines are lost since now or no longer.
  private func note(_ error: any Error, isLost: Bool) {
    let new = OutputTrouble(error, isLost: isLost)
    defer { trouble = new }
    if trouble == nil || trouble?.isLost != isLost { health(new) }
  }
}
