internal import CSQLite
internal import TactusLedger
public import TactusModel
public import TactusPorts

/// The ledger in SQLite: one directory, one write connection, group commit. Source: docs/adr/0001, sqlite.org/wal.html
///
/// The first posted write begins a transaction. It is committed after a whole turn of the queue that added no writes,
/// or at 1,000 writes. Writes for whose answer nobody waits are committed with the next other write, or 2 ms later.
/// Each write is answered after the commit. Any thread may post a write. The methods of the actor itself run on
/// ``queue``.
///
/// - An answer means durable: `tactus.db` has synchronous=FULL, so the commit is on the disk. It survives a power cut.
/// - Answers are called on ``queue``, once each, in the order of the writes. A refusal waits for the same commit,
///   because it may depend on writes of the group. Only a write that SQLite refuses is answered at once.
/// - A write that fails changes nothing, and the other writes of its group are committed. If it has already changed
///   rows, the group is rolled back and repeated with a savepoint for each write. Most groups need no savepoints.
/// - If the commit itself fails, all writes of the group are answered as unavailable.
/// - A failure of SQLite is reported once, by `health`. Each later write tries again, so the store recovers without a
///   restart.
/// - A row that cannot be read refuses a write about that row. A write about many rows is repeated without it.
public actor Store: QueueConfined {
  /// The permanent, unique id of this store: a UUIDv7 in text form.
  ///
  /// It is made when the file is new, and never changes. The output in `logs.db` names it.
  public nonisolated let storeID: String
  /// The work queue that owns the state: `tactus.store`.
  public nonisolated let queue: any WorkQueue

  /// The only connection that writes; used on ``queue`` only.
  let connection: Connection
  /// The verbs, which run inside the open transaction.
  let verbs: LedgerVerbs
  /// The writes of the open transaction, in order.
  private var pending: [Write] = []
  /// Whether each write of the open transaction has a savepoint.
  private var isGuarded = false
  private var commitTurn = CommitTurn()
  /// Commits patient writes; nil until ``open(alarms:time:)``, and until then no write is patient.
  private var patience: (alarm: any MonotonicAlarm, time: any TimeSource)?
  private var isClosed = false
  /// The last failure to write; nil while writing works.
  private var failure: StoreError?
  /// Whether the open transaction has changed rows: only then does its commit prove that the disk accepts writes.
  private var provesWriting = false
  private let files: FilesInPlace
  private let health: @Sendable (StoreError?) -> Void
  private let eventsKeep: Duration?
  private var published: (@Sendable (Int64) -> Void)?
  /// The number of the newest event that was published.
  private var publishedEvent: Int64 = 0
  /// The newest event at the last pruning; 0 after the start, so that the first publication prunes in an old store.
  private var prunedEvent: Int64 = 0

  /// The longest time that a patient write waits for company.
  static let patienceLimit: Duration = .milliseconds(2)

  /// The most answered writes that one commit makes durable.
  static let batchLimit = 1000

  /// Opens the store of a directory, or one in memory, and migrates its schema to the newest version.
  ///
  /// It blocks the calling thread until the files are examined, and every page is read after an unclean stop. The mark
  /// `in_use` is durable when it returns.
  ///
  /// - Parameters:
  ///   - file: the path of `tactus.db`; `:memory:` for a store that ends with the process.
  ///   - queue: the work queue that owns the store.
  ///   - queues: the limits of the queues; a queue without an entry is unlimited.
  ///   - now: the creation time of a new store.
  ///   - eventsKeep: how long events are kept; nil keeps them as long as there is room.
  ///   - health: called on `queue` once when writing begins to fail, and once with nil when a change was committed
  ///     again.
  ///   - unreadable: called on `queue` for each row that is left alone, each time it is met.
  ///   - watching: further files that must stay in place while the store is open.
  ///   - disk: called on `queue` when SQLite is entered and left, and at the end of this call on the calling thread.
  ///   - makeID: creates the ids of jobs; called on `queue`, and twice in this call for the id and the epoch of a
  ///     store.
  /// - Throws: ``StoreError``: a newer schema, damage, or the file cannot be opened. The connection is closed then.
  public init(
    file: String, queue: any WorkQueue, queues: QueueBook, now: Instant,
    eventsKeep: Duration? = .seconds(7 * 86_400), health: @escaping @Sendable (StoreError?) -> Void = { _ in },
    unreadable: @escaping @Sendable (UnreadableRow) -> Void = { _ in }, watching: [String] = [],
    disk: @escaping DiskUse = { _ in }, makeID: @escaping @Sendable (Instant) -> JobID
  ) throws {
    self.queue = queue
    self.health = health
    self.eventsKeep = eventsKeep
    connection = try Connection.openStore(file)
    connection.disk = disk
    do {
      try connection.beginUse(now: now, id: makeID(now), epoch: makeID(now))
      storeID = try connection.first("SELECT id FROM store") { $0.text(0) } ?? ""
      guard JobID(storeID) != nil else {
        throw Connection.damage("table store, column id: the id of the store is malformed", file: file)
      }
    } catch {
      connection.close()
      throw StoreError(error, in: "open \(file)")
    }
    connection.report = unreadable
    verbs = LedgerVerbs(rows: SQLRows(connection: connection), queues: queues, makeID: makeID)
    files = FilesInPlace(of: file, and: watching)
  }

  /// Lets writes for whose answer nobody waits be committed together with others; called once, from any queue.
  public nonisolated func open(alarms: any AlarmSource, time: any TimeSource) {
    post { store in
      let alarm = alarms.monotonicAlarm(on: store.queue) { [weak store] in store?.assumeIsolated { $0.commit() } }
      store.patience = (alarm, time)
    }
  }

  /// The last failure to write; nil while writing works.
  ///
  /// On ``queue``. A write, a commit or a check of the files sets it. A commit that changed rows clears it, and so does
  /// a check that finds the files back in place.
  public var lastFailure: StoreError? { failure }

  /// The version of the linked SQLite library: `3.46.1`.
  ///
  /// The tables need at least 3.37, the first version with STRICT. Source: https://www.sqlite.org/stricttables.html
  public static var libraryVersion: String { String(cString: sqlite3_libversion()) }

  /// Checks that the files are still in place, and reports a missing or replaced file like a failed write.
  ///
  /// On ``queue``.
  ///
  /// A write finds this out by itself. The check is for a store without writes. If the files are back, that is reported
  /// at once.
  public func checkFiles() {
    guard !isClosed else { return }
    let wereGone = files.areGone
    do { try files.check() } catch {
      _ = note(error)
      return
    }
    guard wereGone else { return }
    failure = nil
    health(nil)
  }

  /// Sets the body that is called with the number of the newest event after each commit that wrote events.
  ///
  /// On ``queue``. The body is called there, before the writes of the commit are answered. A commit without new events
  /// does not call it. It replaces an earlier body.
  public func publish(to body: @escaping @Sendable (Int64) -> Void) { published = body }

  /// Commits pending writes, marks the store as cleanly closed, and closes it.
  ///
  /// On ``queue``.
  ///
  /// Later writes are refused as unavailable. If a file was moved away or replaced, nothing more is written, and the
  /// mark stays. Else the -wal is merged, so that a copy of the database alone is complete. A second call has no
  /// effect.
  public func close() {
    guard !isClosed else { return }
    commit()
    patience?.alarm.arm(at: nil)
    isClosed = true
    // Do not write to files that are missing or were replaced: that would leave a -wal without its store.
    guard (try? files.check()) != nil else { return connection.abandon() }  // The error is the answer.
    // If the mark cannot be written, the next start only checks the file once more.
    try? connection.run("UPDATE store SET in_use = 0")
    connection.mergeLog()
    connection.close()
  }

  /// Posts a write: in order, whole or not at all, answered after the commit; a trial is always rolled back.
  ///
  /// - Parameters:
  ///   - isPatient: whether nobody waits for the answer, so that the commit may be ``patienceLimit`` later.
  ///   - isTrial: whether the body rolls back its own changes. A trial never shows that writing works again.
  ///   - answer: called once, on ``queue``, after the commit.
  ///   - body: a verb; it runs on ``queue`` inside the transaction. It runs again if it leaves a row alone, and if a
  ///     later verb of its group fails after it has changed rows. The answer has the value of the last run.
  nonisolated func write<Value: Sendable>(
    isPatient: Bool = false, isTrial: Bool = false, _ answer: @escaping Answer<Value>,
    _ body: @escaping @Sendable (LedgerVerbs) throws -> Value
  ) {
    let verb: Write.Verb = { verbs in
      let value = try body(verbs)
      return { failure in answer(failure.map { .failure($0) } ?? .success(value)) }
    }
    post {
      $0.perform(Write(isPatient: isPatient, isTrial: isTrial, verb: verb, refuse: { answer(.failure($0)) }))
    }
  }

  /// Runs a write in the open transaction, or begins one; a closed store answers at once.
  private func perform(_ write: Write) {
    guard !isClosed else { return write.refuse(.unavailable(.closed)) }
    let isFirst = connection.isAutocommit
    add(write)
    if pending.count >= Self.batchLimit { return commit() }
    guard !connection.isAutocommit else { return }
    guard write.isPatient, let patience else { return postTurn() }
    if isFirst { patience.alarm.arm(at: patience.time.monotonic + Self.patienceLimit) }
  }

  /// Adds a write to the open transaction, or begins one.
  ///
  /// - A refusal and an unreadable row undo this write only. They are answered with the group, because they may depend
  ///   on rows that are not durable yet.
  /// - Any other failure is answered at once. If SQLite has rolled back the transaction, all earlier writes of the
  ///   group fail also.
  private func add(_ write: Write) {
    var write = write
    verbs.forgetNames()
    do {
      write.conclusion = try outcome(of: write)
      pending.append(write)
    } catch let refusal as Refusal {
      pend(write, refusal)
    } catch let fault as UnreadableRow where !connection.isAutocommit {
      connection.report(fault)
      pend(write, .conflict(.unreadable(fault)))
    } catch {
      let failure = note(error)
      if connection.isAutocommit { answerAll(failure) }
      write.refuse(failure)
    }
  }

  /// Adds a refused write, whose refusal is answered after the commit.
  private func pend(_ write: Write, _ refusal: Refusal) {
    var write = write
    write.conclusion = { [refuse = write.refuse] failure in refuse(failure ?? refusal) }
    pending.append(write)
  }

  /// Runs a verb, and repeats it without each row that it cannot process.
  ///
  /// - Returns: the answer of the run that left alone every such row.
  /// - Throws: what the verb throws; its changes are undone. A row that is met again although it is left alone refuses
  ///   the verb.
  private func outcome(of write: Write) throws -> Write.Conclusion {
    while true {
      try begin()
      let changes = connection.totalChanges
      do {
        let conclusion = try verbs.attempt(isTrial: write.isTrial) { verbs in
          guard isGuarded || write.isTrial else { return try write.verb(verbs) }
          return try connection.savepoint(isKept: !write.isTrial) { try write.verb(verbs) }
        }
        if !write.isTrial && connection.totalChanges > changes { provesWriting = true }
        return conclusion
      } catch {
        let isUndone =
          isGuarded || write.isTrial || connection.isAutocommit || connection.totalChanges == changes
        if !isUndone { try repeatGroup() }
        guard let row = error as? LeftAlone else { throw error }
        guard verbs.leave(alone: row.subject) else { throw row.cause }
        connection.report(row.cause)
      }
    }
  }

  /// Begins a transaction, unless one is open.
  private func begin() throws {
    guard connection.isAutocommit else { return }
    (provesWriting, isGuarded) = (false, false)
    if files.areGone { try files.check() }
    try connection.run("BEGIN IMMEDIATE")
  }

  /// Undoes a verb that has changed rows without a savepoint: rolls the group back, and repeats the verbs before it.
  ///
  /// The rest of the group gets savepoints, so a transaction is repeated once at most.
  private func repeatGroup() throws {
    try connection.rollBack()
    verbs.conclude(isCommitted: false)
    try begin()
    isGuarded = true
    let writes = pending
    pending.removeAll(keepingCapacity: true)
    for write in writes { add(write) }
    // The transaction may have ended while they were repeated. The verb must not be answered without a commit then.
    if connection.isAutocommit, let failure { throw failure }
  }

  /// Begins a turn of the queue, unless one is begun already.
  private func postTurn() {
    if commitTurn.begin(pending: pending.count) { post { $0.turn() } }
  }

  /// Ends a turn: commits if it added no writes, else begins another one.
  private func turn() {
    if commitTurn.end(pending: pending.count) { commit() } else { postTurn() }
  }

  /// Commits the open transaction and answers its writes; without one it does nothing.
  ///
  /// The order is: check the files, commit, check again, report a recovery, publish the newest event, answer, prune. If
  /// the commit or a check fails, all writes are answered as unavailable.
  private func commit() {
    guard !connection.isAutocommit else { return }
    do {
      // Check before the commit: refused writes must not be in the file when it is put back, because the workers ignore
      // them.
      try files.check()
      try connection.run("COMMIT")
      // Check after the commit: writes into a file that was moved meanwhile must not be acknowledged.
      try files.check()
      // An empty commit also succeeds on a full disk. Only a commit with a change shows that writing works again.
      if failure != nil && provesWriting {
        failure = nil
        health(nil)
      }
      // Publish before answering: a caller that gets its answer may close the receiver of the events.
      publishEvents()
      answerAll(nil)
      pruneEvents()
    } catch {
      let failure = note(error)
      if !connection.isAutocommit {
        // If the rollback also fails, SQLite has already rolled back.
        try? connection.rollBack()
      }
      answerAll(failure)
    }
  }

  /// The number of events between two prunings.
  private static let pruneEvery: Int64 = 1024

  /// Publishes the number of the newest event, unless it was published by an earlier commit.
  private func publishEvents() {
    guard let newest = verbs.newestEvent, newest != publishedEvent else { return }
    publishedEvent = newest
    published?(newest)
  }

  /// Posts a pruning after 1,024 new events, and after the first ones of a start; it is a write of its own, in a later
  /// group.
  private func pruneEvents() {
    let newest = publishedEvent
    guard newest - prunedEvent >= Self.pruneEvery || newest < prunedEvent else { return }
    prunedEvent = newest
    // No caller waits for this. A failure is reported like any failed write, and later events trigger another attempt.
    write({ _ in }) { [eventsKeep] in try $0.pruneEvents(through: newest, keep: eventsKeep) }
  }

  /// Answers all writes of the group, with success or with one failure.
  ///
  /// - Parameter failure: nil after a commit; else the verbs first forget what they noted of the group.
  private func answerAll(_ failure: Refusal?) {
    verbs.conclude(isCommitted: failure == nil)
    let writes = pending
    pending.removeAll(keepingCapacity: true)
    for write in writes { write.conclusion?(failure) }
  }

  /// Keeps a failure, reports the first of several, and returns the refusal for callers.
  ///
  /// - Parameter error: any error.
  /// - Returns: unavailable, with SQLite's message and code and without the statement.
  private func note(_ error: any Error) -> Refusal {
    let cause = StoreError(error, in: "write")
    // Misuse is a bug. A damaged file can cause all other codes, and the rollback has contained the damage.
    if cause.code & 0xFF == SQLITE_MISUSE { fatalError("the store was used in a way that SQLite forbids: \(cause)") }
    if failure == nil { health(cause) }
    failure = cause
    return .unavailable(.unwritable(cause.reason))
  }
}
