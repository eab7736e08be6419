internal import CSQLite
public import TactusModel
public import TactusPorts

/// Reads committed rows on a read-only connection of its own, so that lists never wait for writes nor writes for lists.
public actor Archive: QueueConfined, LedgerReader {
  /// `tactus.read.1` for what is quick, `tactus.read.2` for what may take a while.
  public nonisolated let queue: any WorkQueue

  let connection: Connection
  let limits: [QueueName: QueueLimits]

  /// Opens a store that its writer has opened already.
  /// - Parameters:
  ///   - limits: the queues' limits, for telling how long a wait will be.
  ///   - unreadable: is called on the archive's queue with each row that a list leaves out.
  ///   - disk: is told when SQLite is entered and left; on the archive's queue.
  /// - Throws: ``StoreError``.
  public init(
    file: String, queue: any WorkQueue, limits: [QueueName: QueueLimits] = [:],
    unreadable: @escaping @Sendable (UnreadableRow) -> Void = { _ in }, disk: @escaping DiskUse = { _ in }
  ) throws {
    self.queue = queue
    self.limits = limits
    connection = try Connection(path: file, flags: SQLITE_OPEN_READONLY)
    connection.disk = disk
    connection.report = unreadable
    try connection.execute("PRAGMA cache_size = -512")
  }

  /// As ``LedgerReader`` says.
  public nonisolated func job(_ id: JobID, answer: @escaping Answer<Job>) {
    read(answer) { try $0.placed([$0.existing(id)])[0] }
  }

  /// As ``LedgerReader`` says.
  public nonisolated func newestJob(of workflow: WorkflowName, answer: @escaping Answer<Job>) {
    read(answer) { archive in
      let number = try archive.number(of: workflow)
      let begun = try archive.connection.first(
        "SELECT seq FROM jobs WHERE workflow_id = ? AND started_event IS NOT NULL ORDER BY started_event DESC LIMIT 1",
        number
      ) { $0.integer(0) }
      let made =
        try begun
        ?? archive.connection.first(
          "SELECT seq FROM jobs WHERE workflow_id = ? ORDER BY seq DESC LIMIT 1", number
        ) { $0.integer(0) }
      guard let made, let job = try archive.placed(archive.jobs(at: [made])).first else {
        throw LedgerFailure.notFound(entity: "job", id: "of \(workflow)")
      }
      return job
    }
  }

  /// As ``LedgerReader`` says.
  public nonisolated func jobs(_ ids: [JobID], answer: @escaping Answer<[Job]>) {
    read(answer) { archive in
      let positions = try ids.map { id in
        let found = try archive.connection.first("SELECT seq FROM jobs WHERE id = ?", id) { $0.integer(0) }
        guard let found else { throw LedgerFailure.notFound(entity: "job", id: "\(id)") }
        return found
      }
      let jobs = try archive.jobs(at: positions)
      // A caller that waits for some jobs must not believe that one of them is gone.
      guard jobs.count == positions.count else {
        throw Self.unreadable(ids.filter { id in !jobs.contains { $0.id == id } })
      }
      return jobs
    }
  }

  /// As ``LedgerReader`` says.
  public nonisolated func jobs(endingIn suffix: String, limit: Int, answer: @escaping Answer<[JobID]>) {
    let digits = suffix.filter { $0 != "-" }.uppercased()
    // The index holds the last three bytes; the rest is compared on the few rows that share them.
    let tail = stride(from: 6, to: 0, by: -2).compactMap { UInt8(digits.suffix($0).prefix(2), radix: 16) }
    read(answer) { archive in
      try archive.connection.readable(
        """
        SELECT id FROM jobs WHERE substr(id, 14) = ?1 AND substr(hex(id), -length(?2)) = ?2 ORDER BY seq DESC LIMIT ?3
        """, tail, digits, limit
      ) { try $0.jobID(0) }
    }
  }

  /// As ``LedgerReader`` says.
  public nonisolated func jobs(matching filter: JobFilter, answer: @escaping Answer<JobPage>) {
    read(answer) { try $0.page(filter) }
  }

  /// As ``LedgerReader`` says.
  public nonisolated func workflow(_ name: WorkflowName, answer: @escaping Answer<Workflow>) {
    read(answer) { archive in
      let found = try archive.connection.first(Self.oneWorkflow, name, read: Self.workflow)
      guard let found else { throw LedgerFailure.notFound(entity: "workflow", id: name.text) }
      return found
    }
  }

  /// As ``LedgerReader`` says.
  public nonisolated func workflows(
    state: Workflow.State?, after name: WorkflowName?, limit: Int, answer: @escaping Answer<[Workflow]>
  ) {
    read(answer) { archive in
      try archive.connection.readable(
        Self.workflowPage, name?.text ?? "", state, limit, read: Self.workflow)
    }
  }

  /// As ``LedgerReader`` says.
  public nonisolated func pulse(answer: @escaping Answer<Pulse>) {
    read(answer) { try $0.pulse() }
  }

  /// As ``LedgerReader`` says.
  public nonisolated func census(answer: @escaping Answer<Census>) {
    read(answer) { try $0.census() }
  }

  /// Closes the connection; nothing is read afterwards.
  ///
  /// It leaves the -wal alone, which belongs to the writer, and by its name may be another store's by now.
  public func close() { connection.abandon() }

  nonisolated func read<Value: Sendable>(
    _ answer: @escaping Answer<Value>, _ body: @escaping @Sendable (isolated Archive) throws -> Value
  ) {
    post { archive in
      do { answer(.success(try body(archive))) } catch let failure as LedgerFailure {
        answer(.failure(failure))
      } catch let fault as UnreadableRow {
        archive.connection.report(fault)
        answer(.failure(.conflict(reason: "\(fault)")))
      } catch {
        answer(.failure(.unavailable(reason: "the store cannot be read: \(error)")))
      }
    }
  }

  /// The number of a workflow that has the name, or of the last one that had it.
  func number(of name: WorkflowName) throws -> WorkflowID {
    let id = try connection.first(
      "SELECT id FROM workflows WHERE name = ? ORDER BY deleted_at IS NOT NULL, id DESC LIMIT 1", name
    ) { WorkflowID(number: $0.integer(0)) }
    guard let id else { throw LedgerFailure.notFound(entity: "workflow", id: name.text) }
    return id
  }

  func existing(_ id: JobID) throws -> Job {
    let position = try connection.first("SELECT seq FROM jobs WHERE id = ?", id) { $0.integer(0) }
    guard let position else { throw LedgerFailure.notFound(entity: "job", id: "\(id)") }
    guard let job = try jobs(at: [position]).first else { throw Self.unreadable([id]) }
    return job
  }

  private static func unreadable(_ ids: [JobID]) -> LedgerFailure {
    let names = ids.prefix(3).map(\.description).joined(separator: ", ")
    return .conflict(reason: "the row of job \(names) is damaged. Run tactusctl doctor, which names the column.")
  }
}
