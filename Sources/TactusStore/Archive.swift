internal import CSQLite
public import TactusModel
public import TactusPorts

/// Reads committed rows on a separate read-only connection, so that lists and writes never wait for each other.
///
/// Every method of ``LedgerReader`` may be called from any thread and returns at once. Its query runs on ``queue``,
/// after all queries that were posted before. The answer is called there, once. The daemon has two archives, so that a
/// long query does not delay a short one.
///
/// - A query has no transaction of its own. Each of its statements sees the newest commit, so a page may show changes
///   that were committed while it was read. Source: https://www.sqlite.org/wal.html, "Concurrency"
/// - A missing row is answered with notFound, and an unreadable row with conflict. Any other failure of SQLite is
///   answered with unavailable.
/// - A list leaves out rows that cannot be read, and reports each of them. A query for one row reports it also.
/// - No query scans the table of jobs. A test reads the query plans.
public actor Archive: QueueConfined, LedgerReader {
  /// The work queue of all queries: `tactus.read.1` for quick ones, `tactus.read.2` for long ones.
  public nonisolated let queue: any WorkQueue

  /// Opened with SQLITE_OPEN_READONLY, so that no query can write; used on ``queue`` only.
  let connection: Connection
  /// The limits in force by queue; needed for estimated waits, and for the limits that an explanation shows.
  let queues: QueueBook

  /// Opens a store for reading; its ``Store`` must have opened it before.
  ///
  /// The ``Store`` creates and migrates the schema. This connection never does, so it expects the newest version. It
  /// keeps at most 512 KiB of pages in memory.
  ///
  /// - Parameters:
  ///   - file: the path of `tactus.db`.
  ///   - queue: the work queue that queries run on.
  ///   - queues: the limits of the queues, used to estimate waits. A queue without limits gets no estimate.
  ///   - unreadable: called on `queue` for each row that a list leaves out because it cannot be read.
  ///   - disk: called on `queue` when SQLite is entered and left, and during this call on the calling thread.
  /// - Throws: ``StoreError`` if the file cannot be opened.
  public init(
    file: String, queue: any WorkQueue, queues: QueueBook = [:],
    unreadable: @escaping @Sendable (UnreadableRow) -> Void = { _ in }, disk: @escaping DiskUse = { _ in }
  ) throws {
    self.queue = queue
    self.queues = queues
    connection = try Connection(path: file, flags: SQLITE_OPEN_READONLY)
    connection.disk = disk
    connection.report = unreadable
    do { try connection.execute("PRAGMA cache_size = -512") } catch {
      connection.close()
      throw error
    }
  }

  /// Looks up one row by the unique index on `id`, and adds its place in line if it waits.
  ///
  /// A job of a deleted workflow is found by its id like any other.
  public nonisolated func job(_ id: JobID, answer: @escaping Answer<Job>) {
    read(answer) { try $0.placed([$0.existing(id)])[0] }
  }

  /// Looks up the job of a workflow with the newest event of a start, else the newest row.
  ///
  /// The order is that of event numbers, because the wall clock may be set. The first look-up is the last entry of the
  /// workflow in `jobs_by_start`, the second its last entry in `jobs_by_workflow`. A failure to start counts as a
  /// start.
  ///
  /// A workflow without a job is answered with notFound. A row that cannot be read is reported, and then answered with
  /// notFound also.
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
        throw Refusal.notFound(.anyJob(of: workflow))
      }
      return job
    }
  }

  /// Looks up each id by the unique index, then reads all rows with one statement.
  ///
  /// The answer has the order of the ids, and the same job twice for an id that is given twice. It has no places in
  /// line. Either all jobs are answered, or none: the first missing id is answered with notFound. Rows that cannot be
  /// read are answered with one conflict that names all of them.
  public nonisolated func jobs(_ ids: [JobID], answer: @escaping Answer<[Job]>) {
    read(answer) { archive in
      let positions = try ids.map { id in
        let found = try archive.connection.first("SELECT seq FROM jobs WHERE id = ?", id) { $0.integer(0) }
        guard let found else { throw Refusal.notFound(.job(id)) }
        return found
      }
      let jobs = try archive.jobs(at: positions)
      // A caller that waits for several jobs must not conclude that an unreadable one is gone.
      guard jobs.count == positions.count else {
        throw Self.unreadable(ids.filter { id in !jobs.contains { $0.id == id } })
      }
      return jobs
    }
  }

  /// Searches the index on the last three bytes of an id, and compares the other digits on the rows that match.
  ///
  /// `jobs_tail` needs six hexadecimal digits, which the caller checks. Hyphens may be anywhere, and letters of either
  /// case. The answer has the newest row first, and is empty if no id has this end.
  public nonisolated func jobs(endingIn suffix: String, limit: Int, answer: @escaping Answer<[JobID]>) {
    let digits = suffix.filter { $0 != "-" }.uppercased()
    // The index holds the last three bytes of an id. The remaining digits are compared on the few rows that match.
    let tail = stride(from: 6, to: 0, by: -2).compactMap { UInt8(digits.suffix($0).prefix(2), radix: 16) }
    read(answer) { archive in
      try archive.connection.readable(
        """
        SELECT id FROM jobs WHERE substr(id, 14) = ?1 AND substr(hex(id), -length(?2)) = ?2 ORDER BY seq DESC LIMIT ?3
        """, tail, digits, limit
      ) { try $0.jobID(0) }
    }
  }

  /// Answers one page, newest row first, as ``page(_:)`` composes it.
  ///
  /// Each filter has its own index, and each walk over an index examines at most 1,000 rows. Source: docs/adr/0007
  public nonisolated func jobs(matching filter: JobFilter, answer: @escaping Answer<JobPage>) {
    read(answer) { try $0.page(filter) }
  }

  /// Looks up the workflow that has this name at present; a deleted one is answered with notFound.
  ///
  /// It reads one row by the unique index `workflows_name`, its newest definition by primary key, and its planned job
  /// by id.
  public nonisolated func workflow(_ name: WorkflowName, answer: @escaping Answer<Workflow>) {
    read(answer) { archive in
      let found = try archive.connection.first(Self.oneWorkflow, name, read: Self.workflow)
      guard let found else { throw Refusal.notFound(.workflow(name)) }
      return found
    }
  }

  /// Walks the unique index `workflows_name` from the first name after `name`, and stops at `limit` rows.
  ///
  /// Names are compared byte by byte. Nil begins with the first name. A state leaves out the other rows on the way, so
  /// a rare state costs a walk over many names. Deleted workflows are not in the index.
  public nonisolated func workflows(
    state: Workflow.State?, after name: WorkflowName?, limit: Int, answer: @escaping Answer<[Workflow]>
  ) {
    read(answer) { archive in
      try archive.connection.readable(
        Self.workflowPage, name?.text ?? "", state, limit, read: Self.workflow)
    }
  }

  /// Counts live jobs and finds the next due instant; the number of ended jobs does not change the cost.
  public nonisolated func pulse(answer: @escaping Answer<Pulse>) {
    read(answer) { try $0.pulse() }
  }

  /// Counts jobs and workflows of the whole store, as ``census()`` describes.
  public nonisolated func census(answer: @escaping Answer<Census>) {
    read(answer) { try $0.census() }
  }

  /// Closes the connection; later queries are refused as unavailable.
  ///
  /// On ``queue``. A query that was posted before is answered first.
  ///
  /// It leaves the -wal alone. That file belongs to the writer, and by now its name may lead to another store's file.
  public func close() { connection.abandon() }

  /// Posts a query, and answers with its value or with the refusal that its error means.
  ///
  /// - A ``Refusal`` is answered unchanged: the query found that a workflow or a job is missing.
  /// - An ``UnreadableRow`` is reported like a row that a list leaves out, then answered as a conflict.
  /// - Any other error is answered as unavailable, with its message and code. The connection stays open for the next
  ///   query. After ``close()`` every query is answered as unavailable, because the store is closed.
  ///
  /// - Parameters:
  ///   - answer: called once, on ``queue``, after the body has returned or thrown.
  ///   - body: the query; it runs on ``queue`` and blocks it until SQLite returns.
  nonisolated func read<Value: Sendable>(
    _ answer: @escaping Answer<Value>, _ body: @escaping @Sendable (isolated Archive) throws -> Value
  ) {
    post { archive in
      do { answer(.success(try body(archive))) } catch let failure as Refusal {
        answer(.failure(failure))
      } catch let fault as UnreadableRow {
        archive.connection.report(fault)
        answer(.failure(.conflict(.unreadable(fault))))
      } catch {
        let reason = StoreError.reason(of: error)
        answer(.failure(.unavailable(archive.connection.isClosed ? .closed : .unreadable(reason))))
      }
    }
  }

  /// Returns the number of the workflow with this name, or else of the last deleted one that had it.
  ///
  /// Jobs of a deleted workflow are therefore still listed by its name. Index `workflows_named`; the few workflows of
  /// one name are sorted.
  ///
  /// - Parameter name: the name, in use or not.
  /// - Returns: the number that the rows of its jobs, definitions and decisions hold.
  /// - Throws: ``Refusal/notFound(_:)`` if no workflow ever had the name; ``StoreError``.
  func number(of name: WorkflowName) throws -> WorkflowID {
    let id = try connection.first(
      "SELECT id FROM workflows WHERE name = ? ORDER BY deleted_at IS NOT NULL, id DESC LIMIT 1", name
    ) { WorkflowID(number: $0.integer(0)) }
    guard let id else { throw Refusal.notFound(.workflow(name)) }
    return id
  }

  /// Returns a job by its id, without its place in line; blocks until both statements are done.
  ///
  /// - Parameter id: the id of one attempt.
  /// - Returns: the row as of the second statement.
  /// - Throws: notFound if there is no such row; a conflict that names the job if its row cannot be read;
  ///   ``StoreError``.
  func existing(_ id: JobID) throws -> Job {
    let position = try connection.first("SELECT seq FROM jobs WHERE id = ?", id) { $0.integer(0) }
    guard let position else { throw Refusal.notFound(.job(id)) }
    guard let job = try jobs(at: [position]).first else { throw Self.unreadable([id]) }
    return job
  }

  /// The refusal that names jobs whose rows were found and cannot be read; the columns are in the report of each row.
  private static func unreadable(_ ids: [JobID]) -> Refusal {
    .conflict(.unreadableJobs(ids))
  }
}
