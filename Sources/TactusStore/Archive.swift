internal import CSQLite
public import TactusModel
public import TactusPorts

/// Reads committed rows on a read-only connection of its own, so that lists never wait for writes nor writes for lists.
public actor Archive: QueueConfined, LedgerReader {
  /// `tactus.read.1`.
  public nonisolated let queue: any WorkQueue

  let connection: Connection

  /// A page ends early here, so that a reply stays well within one message.
  private static let pageBytes = 512 << 10
  /// What one job takes on the wire at most, apart from its error message.
  private static let jobBytes = 1024

  /// Opens a store that its writer has opened already.
  /// - Throws: ``StoreError``.
  public init(file: String, queue: any WorkQueue) throws {
    self.queue = queue
    connection = try Connection(path: file, flags: SQLITE_OPEN_READONLY)
    try connection.execute("PRAGMA cache_size = -512")
  }

  /// As ``LedgerReader`` says.
  public nonisolated func job(_ id: JobID, answer: @escaping Answer<Job>) {
    read(answer) { archive in
      var found: Job?
      try archive.connection.each(dynamic: Self.jobColumns + " WHERE j.id = ?", [id]) { row in
        found = Self.job(row)
        return false
      }
      guard let found else { throw LedgerFailure.notFound(entity: "job", id: "\(id)") }
      return found
    }
  }

  /// As ``LedgerReader`` says.
  public nonisolated func jobs(endingIn suffix: String, limit: Int, answer: @escaping Answer<[JobID]>) {
    let digits = suffix.filter { $0 != "-" }.uppercased()
    // The index holds the last three bytes; the rest is compared on the few rows that share them.
    let tail = stride(from: 6, to: 0, by: -2).compactMap { UInt8(digits.suffix($0).prefix(2), radix: 16) }
    read(answer) { archive in
      try archive.connection.all(
        """
        SELECT id FROM jobs WHERE substr(id, 14) = ?1 AND substr(hex(id), -length(?2)) = ?2 ORDER BY seq DESC LIMIT ?3
        """, tail, digits, limit
      ) { $0.jobID(0) }
    }
  }

  /// As ``LedgerReader`` says.
  public nonisolated func jobs(matching filter: JobFilter, answer: @escaping Answer<JobPage>) {
    read(answer) { archive in
      var query = JobQuery(filter)
      if let name = filter.workflow {
        let id = try archive.connection.first(
          "SELECT id FROM workflows WHERE name = ? ORDER BY deleted_at IS NOT NULL, id DESC LIMIT 1", name
        ) { WorkflowID(number: $0.integer(0)) }
        guard let id else { throw LedgerFailure.notFound(entity: "workflow", id: name.text) }
        query.add("j.workflow_id = ?", id)
      }
      var page = JobPage(jobs: [], next: nil)
      var last: Int64?
      var bytes = 0
      try archive.connection.each(
        dynamic: Self.jobColumns + query.clause + " ORDER BY j.seq DESC LIMIT ?", query.values + [filter.limit + 1]
      ) { row in
        if page.jobs.count == filter.limit || bytes > Self.pageBytes {
          page.next = last
          return false
        }
        let job = Self.job(row)
        page.jobs.append(job)
        bytes += Self.jobBytes + 2 * (job.errorMessage?.utf8.count ?? 0)
        last = row.integer(0)
        return true
      }
      return page
    }
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
      try archive.connection.all(
        Self.workflowPage, name?.text ?? "", state, limit, read: Self.workflow)
    }
  }

  /// As ``LedgerReader`` says.
  public nonisolated func census(answer: @escaping Answer<Census>) {
    read(answer) { try $0.census() }
  }

  /// Closes the connection; nothing is read afterwards.
  public func close() { connection.close() }

  private nonisolated func read<Value: Sendable>(
    _ answer: @escaping Answer<Value>, _ body: @escaping @Sendable (isolated Archive) throws -> Value
  ) {
    post { archive in
      do { answer(.success(try body(archive))) } catch let failure as LedgerFailure {
        answer(.failure(failure))
      } catch {
        answer(.failure(.unavailable(reason: "the store cannot be read: \(error)")))
      }
    }
  }

  private func census() throws -> Census {
    var census = Census(
      storeID: try connection.first("SELECT id FROM store") { $0.text(0) } ?? "", jobs: [:], queues: [:],
      activeWorkflows: 0, terminatedWorkflows: 0,
      nextDue: try connection.first("SELECT min(scheduled_at) FROM jobs WHERE phase = 'scheduled'") {
        $0.optionalInstant(0)
      } ?? nil,
      storeBytes: try connection.first("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size") {
        $0.integer(0)
      } ?? 0)
    for (status, count) in try connection.all(
      "SELECT status, count FROM tallies", read: { ($0.word(0) as JobStatus, Int($0.integer(1))) })
    {
      census.jobs[status] = count
    }
    census.jobs[.pending] = try connection.first("SELECT count(*) FROM jobs WHERE status = 'PENDING'") {
      Int($0.integer(0))
    }
    let live = try connection.all(
      "SELECT status, queue, count(*) FROM jobs WHERE status IN ('QUEUED', 'RUNNING') GROUP BY status, queue"
    ) { ($0.word(0) as JobStatus, $0.text(1), Int($0.integer(2))) }
    for (status, name, count) in live {
      guard let queue = QueueName(name) else { continue }
      var counts = census.queues[queue] ?? Census.QueueCount(queued: 0, running: 0)
      census.jobs[status, default: 0] += count
      if status == .queued { counts.queued = count } else { counts.running = count }
      census.queues[queue] = counts
    }
    for (state, count) in try connection.all(
      "SELECT state, count(*) FROM workflows WHERE deleted_at IS NULL GROUP BY state",
      read: { ($0.word(0) as Workflow.State, Int($0.integer(1))) })
    {
      if state == .active { census.activeWorkflows = count } else { census.terminatedWorkflows = count }
    }
    return census
  }
}
