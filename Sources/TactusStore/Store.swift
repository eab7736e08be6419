internal import CSQLite
public import TactusModel
public import TactusPorts

/// The ledger in SQLite: one directory, one write connection, group commit. Source: docs/adr/0001, sqlite.org/wal.html
///
/// The first posted write opens a transaction; it commits when a whole turn of the queue brought nothing new, or at
/// 1,000 writes. Each write has its savepoint and is answered after the commit.
public actor Store: QueueConfined {
  /// Names this store among all others, for ever.
  public nonisolated let storeID: String
  /// `tactus.store`.
  public nonisolated let queue: any WorkQueue

  let tables: Tables
  private var pending: [(LedgerFailure?) -> Void] = []
  private var commitTurn = CommitTurn()
  private var isClosed = false
  private var failure: StoreError?
  private var provesWriting = false
  private let files: FilesInPlace
  private let health: @Sendable (StoreError?) -> Void
  private let eventsKeep: Duration?
  private var published: (@Sendable (Int64) -> Void)?
  private var publishedEvent: Int64 = 0
  private var prunedEvent: Int64 = 0

  /// Answered writes that one commit makes durable, at most.
  static let batchLimit = 1000

  /// Opens the store of a directory, or one in memory, and brings its schema up to date.
  ///
  /// - Parameters:
  ///   - file: the path of `tactus.db`; `:memory:` for a store that ends with the process.
  ///   - limits: the queues' limits; a queue that is not named has none.
  ///   - now: for the row that names a new store.
  ///   - eventsKeep: how long events are kept; nil for as long as there is room for them.
  ///   - health: told once when writing begins to fail, and once (nil) when a change was kept again; on the store's queue.
  ///   - unreadable: is called on the store's queue with each row that is left alone, once for each time it is met.
  ///   - watching: further files that must stay where they are while the store is open.
  ///   - disk: is told when SQLite is entered and left; on the store's queue.
  ///   - makeID: makes the ids of jobs; called on the store's queue only.
  /// - Throws: ``StoreError``: newer schema, corruption, or the file cannot be opened.
  public init(
    file: String, queue: any WorkQueue, limits: [QueueName: QueueLimits], now: Instant,
    eventsKeep: Duration? = .seconds(7 * 86_400), health: @escaping @Sendable (StoreError?) -> Void = { _ in },
    unreadable: @escaping @Sendable (UnreadableRow) -> Void = { _ in }, watching: [String] = [],
    disk: @escaping DiskUse = { _ in }, makeID: @escaping @Sendable (Instant) -> JobID
  ) throws {
    self.queue = queue
    self.health = health
    self.eventsKeep = eventsKeep
    let connection = try Connection.openStore(file, migrations: Schema.migrations)
    connection.disk = disk
    do {
      try connection.beginUse(now: now, id: makeID(now), epoch: makeID(now))
      storeID = try connection.first("SELECT id FROM store") { $0.text(0) } ?? ""
      guard JobID(storeID) != nil else {
        throw Connection.damage("table store, column id: the id of the store is malformed", file: file)
      }
    } catch {
      connection.close()
      throw error
    }
    connection.report = unreadable
    tables = Tables(connection: connection, limits: limits, makeID: makeID)
    files = FilesInPlace(of: file, and: watching)
  }

  /// The store's last failure to write; nil when it works.
  public var lastFailure: StoreError? { failure }

  /// The version of SQLite that is linked.
  public static var libraryVersion: String { String(cString: sqlite3_libversion()) }

  /// Looks whether the files of the store are still where they were opened; what is wrong is reported as a failed write is.
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

  /// Tells somebody the number of the newest event after each commit that wrote one; on the store's queue.
  public func publish(to body: @escaping @Sendable (Int64) -> Void) { published = body }

  /// Commits what is open, marks the store as cleanly closed and closes it.
  ///
  /// Writes that come later are refused.
  public func close() {
    guard !isClosed else { return }
    commit()
    isClosed = true
    // Files that are gone, or are others by now, are not written to: that would leave a -wal without its store.
    guard (try? files.check()) != nil else { return tables.connection.abandon() }  // The error is the answer.
    // A mark that cannot be written only costs a check at the next start.
    try? tables.connection.run("UPDATE store SET in_use = 0")
    tables.connection.mergeLog()
    tables.connection.close()
  }

  /// Posts a write: in order, in one savepoint, answered after the commit; a trial undoes what it does.
  nonisolated func write<Value: Sendable>(
    isTrial: Bool = false, _ answer: @escaping Answer<Value>, _ body: @escaping @Sendable (Tables) throws -> Value
  ) {
    post { $0.perform(body, isTrial, answer) }
  }

  private func perform<Value: Sendable>(
    _ body: (Tables) throws -> Value, _ isTrial: Bool, _ answer: @escaping Answer<Value>
  ) {
    guard !isClosed else { return answer(.failure(.unavailable(reason: "the store is closed"))) }
    do {
      if tables.connection.isAutocommit {
        provesWriting = false
        if files.areGone { try files.check() }
        try tables.connection.run("BEGIN IMMEDIATE")
      }
      let changes = tables.connection.totalChanges
      tables.forgetNames()
      let value = try outcome(of: body)
      if !isTrial && tables.connection.totalChanges > changes { provesWriting = true }
      pending.append { failure in answer(failure.map { .failure($0) } ?? .success(value)) }
    } catch let refusal as LedgerFailure {
      // It may rest on rows that are not yet durable, so it waits for the same commit.
      pending.append { failure in answer(.failure(failure ?? refusal)) }
    } catch let fault as UnreadableRow where !tables.connection.isAutocommit {
      tables.connection.report(fault)
      pending.append { failure in answer(.failure(failure ?? .conflict(reason: "\(fault)"))) }
    } catch let error as StoreError where error.isContradiction && !tables.connection.isAutocommit {
      let fault = UnreadableRow(table: "", row: "", column: "", problem: .contradiction(error.message))
      tables.connection.report(fault)
      pending.append { failure in answer(.failure(failure ?? .conflict(reason: "\(fault)"))) }
    } catch {
      let failure = note(error)
      if tables.connection.isAutocommit { answerAll(failure) } else { postTurn() }
      answer(.failure(failure))
      return
    }
    if pending.count >= Self.batchLimit { commit() } else { postTurn() }
  }

  /// Runs a verb, again without each row that it cannot deal with.
  private func outcome<Value>(of body: (Tables) throws -> Value) throws -> Value {
    while true {
      do { return try tables.savepoint(body) } catch let row as LeftAlone {
        guard tables.leave(alone: row.subject) else { throw row.cause }
        tables.connection.report(row.cause)
      }
    }
  }

  private func postTurn() {
    if commitTurn.begin(pending: pending.count) { post { $0.turn() } }
  }

  private func turn() {
    if commitTurn.end(pending: pending.count) { commit() } else { postTurn() }
  }

  private func commit() {
    guard !tables.connection.isAutocommit else { return }
    do {
      // Before it, because what is refused must not be found when the file is put back: the workers would not know of it.
      try files.check()
      try tables.connection.run("COMMIT")
      // After it, because a file may have gone meanwhile: what went into one must not be acknowledged.
      try files.check()
      // An empty commit succeeds on a full disk too: only one with a change shows that writing works again.
      if failure != nil && provesWriting {
        failure = nil
        health(nil)
      }
      // Before the answers: who hears of one may close what the events are told to.
      publishEvents()
      answerAll(nil)
      pruneEvents()
    } catch {
      let failure = note(error)
      if !tables.connection.isAutocommit {
        // If even this fails SQLite has rolled back by itself, which is all that is wanted.
        try? tables.connection.run("ROLLBACK")
      }
      answerAll(failure)
    }
  }

  /// Events between two looks at what need not be kept.
  private static let pruneEvery: Int64 = 1024

  private func publishEvents() {
    guard let newest = tables.newestEvent, newest != publishedEvent else { return }
    publishedEvent = newest
    published?(newest)
  }

  private func pruneEvents() {
    let newest = publishedEvent
    guard newest - prunedEvent >= Self.pruneEvery || newest < prunedEvent else { return }
    prunedEvent = newest
    // Nobody waits for it: what fails is told as every failed write is, and tried again with later events.
    write({ _ in }) { [eventsKeep] in try $0.pruneEvents(through: newest, keep: eventsKeep) }
  }

  private func answerAll(_ failure: LedgerFailure?) {
    if failure != nil { tables.recountQueued() }
    let answers = pending
    pending.removeAll(keepingCapacity: true)
    for answer in answers { answer(failure) }
  }

  private func note(_ error: any Error) -> LedgerFailure {
    let cause =
      error as? StoreError ?? StoreError(code: SQLITE_ERROR, operation: "write", message: "\(error)")
    // A mistake of ours; all other codes a damaged file can bring about, and the rollback has kept them from spreading.
    if cause.code & 0xFF == SQLITE_MISUSE { fatalError("the store was used in a way that SQLite forbids: \(cause)") }
    if failure == nil { health(cause) }
    failure = cause
    return .unavailable(reason: "the store cannot write: \(cause.message) (SQLite \(cause.code))")
  }
}
