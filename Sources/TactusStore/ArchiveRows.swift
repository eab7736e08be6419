internal import TactusModel
internal import TactusPorts

/// Converts rows into the values that readers see.
///
/// Readers show what a row holds, and decisions refuse it. A word of another version is therefore kept as a ``Word``,
/// while a value out of its range throws ``UnreadableRow``. Source: docs/adr/0015
extension Archive {
  /// Selects the jobs whose row numbers are in a JSON array, each by its row number, and its workflow by number.
  ///
  /// Columns are only appended, because `job(_:)` reads them by their position here. The order of the rows is
  /// undefined. The list is one parameter, so that pages of every length share one prepared statement.
  private static let jobRows: StaticString = """
    SELECT j.seq, j.id, w.name, j.kind, j.queue, j.priority, j.trigger, j.status, j.phase, j.wait, j.generation,
      j.nominal_at, j.scheduled_at, j.created_at, j.queued_at, j.started_at, j.completed_at, j.attempt, j.error_code,
      j.error_message, j.pid, j.exit_code, j.signal, j.http_status, j.name_lookup_us, j.connect_us, j.tls_us,
      j.first_byte_us, j.total_us, j.certificate_expires_at, j.cpu_us, j.peak_memory_bytes, j.log_bytes,
      j.log_dropped_bytes, j.claimed_at, j.waited, j.timeout, j.provider, j.container_id, j.runner,
      j.duration, j.start_delay, j.started_monotonic, j.boot_id, j.started_event, j.ended_event, j.ended_processes
    FROM jobs j LEFT JOIN workflows w ON w.id = j.workflow_id
    WHERE j.seq IN (SELECT value FROM json_each(?))
    """

  /// Returns the jobs at these rows in the given order; reports and leaves out rows that cannot be read.
  ///
  /// - Parameter positions: row numbers (`jobs.seq`); a number may occur twice, and unknown ones are ignored.
  /// - Returns: one job per readable position; empty for no positions.
  /// - Throws: ``StoreError`` if the statement fails.
  func jobs(at positions: [Int64]) throws -> [Job] { try Self.jobs(at: positions, on: connection) }

  /// Does the same on any connection to a store: tests read through the connection that writes.
  static func jobs(at positions: [Int64], on connection: Connection) throws -> [Job] {
    let found = try Dictionary(uniqueKeysWithValues: rows(at: positions, on: connection))
    return positions.compactMap { found[$0] }
  }

  /// Returns the jobs at these rows with their row numbers, in any order and each at most once.
  ///
  /// A list uses the numbers to find out which of its rows could not be read: the cursor passes these rows also.
  ///
  /// - Parameter positions: row numbers (`jobs.seq`).
  /// - Returns: the readable rows only.
  /// - Throws: ``StoreError`` if the statement fails.
  func rows(at positions: [Int64]) throws -> [(Int64, Job)] { try Self.rows(at: positions, on: connection) }

  /// Runs ``jobRows`` with the numbers as one JSON text; row numbers make it safe to compose without quoting.
  private static func rows(at positions: [Int64], on connection: Connection) throws -> [(Int64, Job)] {
    let list = "[" + positions.map(String.init).joined(separator: ",") + "]"
    // A damaged index may return a row twice.
    var seen: Set<Int64> = []
    return try connection.readable(jobRows, list) { ($0.integer(0), try job($0)) }.filter { seen.insert($0.0).inserted }
  }

  /// Reads one row of ``jobRows``.
  ///
  /// - Timings exist only if the total is known. A missing part of them reads as zero.
  /// - The process id is shown only while the job is RUNNING, because the kernel reuses the numbers of ended processes.
  /// - A workflow's name that is malformed reads as nil, like that of a job without a workflow.
  ///
  /// - Parameter row: the current row; its columns are in the order of the statement.
  /// - Returns: the job without its place in line, which depends on other rows.
  /// - Throws: ``UnreadableRow`` with the column, if an id, a queue, an instant, a span or a count is out of its range.
  private static func job(_ row: borrowing Row) throws -> Job {
    var report = Report()
    report.exitCode = row.optionalInteger(21).map(Int.init)
    report.signal = row.optionalInteger(22).map(Int.init)
    report.httpStatus = row.optionalInteger(23).map(Int.init)
    if let total = try row.optionalSpan(28) {
      report.timings = HTTPTimings(
        nameLookup: try row.optionalSpan(24) ?? .zero, connect: try row.optionalSpan(25) ?? .zero,
        tls: try row.optionalSpan(26) ?? .zero, firstByte: try row.optionalSpan(27) ?? .zero, total: total,
        certificateExpiresAt: try row.optionalInstant(29))
    }
    report.cpuTime = try row.optionalSpan(30)
    report.peakMemoryBytes = row.optionalInteger(31)
    report.logBytes = Int64(try row.count(32))
    report.logDroppedBytes = Int64(try row.count(33))
    report.endedProcesses = try row.count(46)
    let status = row.anyWord(7, of: JobStatus.self)
    var job = Job(
      id: try row.jobID(1), workflow: row.optionalText(2).flatMap(WorkflowName.init), kind: row.anyWord(3),
      queue: try row.queueName(4), priority: Int(row.integer(5)), trigger: row.anyWord(6), status: status,
      phase: row.optionalAnyWord(8), wait: row.optionalAnyWord(9), generation: row.optionalInteger(10).map(Int.init),
      nominalAt: try row.optionalInstant(11), scheduledAt: try row.optionalInstant(12), createdAt: try row.instant(13),
      queuedAt: try row.optionalInstant(14), startedAt: try row.optionalInstant(15),
      completedAt: try row.optionalInstant(16), attempt: Int(row.integer(17)), errorCode: row.optionalAnyWord(18),
      errorMessage: row.optionalText(19),
      processID: status == .running ? row.optionalInteger(20).map(Int.init) : nil, report: report)
    job.claimedAt = try row.optionalInstant(34)
    job.waited = row.optionalAnyWord(35)
    job.timeout = try row.optionalSpan(36)
    job.provider = row.optionalText(37).flatMap(ProviderName.init)
    job.containerID = row.optionalText(38)
    job.runner = row.optionalAnyWord(39)
    job.report.duration = try row.optionalSpan(40)
    job.measuredDelay = try row.optionalSpan(41)
    job.startedMonotonic = row.optionalInteger(42).map(MonotonicInstant.init)
    job.bootID = row.optionalText(43)
    job.startedEvent = row.optionalInteger(44)
    job.endedEvent = row.optionalInteger(45)
    return job
  }

  /// Selects the workflow that has a name at present, with its newest definition and the instant of its planned job.
  ///
  /// Its columns are those of ``workflowPage``, so that one function reads the rows of both.
  static let oneWorkflow: StaticString = """
    SELECT w.id, w.name, d.kind, d.text, w.generation, w.origin, w.state, w.terminated_reason, w.consecutive_failures,
      d.max_consecutive_failures, d.queue, d.priority, d.interval, d.anchor_at, p.nominal_at, w.created_at,
      w.updated_at, w.terminated_at, w.resumed_at, w.build_status, w.build_error
    FROM workflows w JOIN definitions d ON d.workflow_id = w.id AND d.generation = w.generation
      LEFT JOIN jobs p ON p.id = w.planned_job
    WHERE w.name = ? AND w.deleted_at IS NULL
    """

  /// Selects workflows after a name, in the order of their names; parameters: the name, a state or NULL, the most rows.
  ///
  /// The empty text is before every name. NULL instead of a state matches all states.
  static let workflowPage: StaticString = """
    SELECT w.id, w.name, d.kind, d.text, w.generation, w.origin, w.state, w.terminated_reason, w.consecutive_failures,
      d.max_consecutive_failures, d.queue, d.priority, d.interval, d.anchor_at, p.nominal_at, w.created_at,
      w.updated_at, w.terminated_at, w.resumed_at, w.build_status, w.build_error
    FROM workflows w JOIN definitions d ON d.workflow_id = w.id AND d.generation = w.generation
      LEFT JOIN jobs p ON p.id = w.planned_job
    WHERE w.deleted_at IS NULL AND w.name > ? AND w.state = ifnull(?, w.state) ORDER BY w.name LIMIT ?
    """

  /// Reads one row of ``oneWorkflow`` or ``workflowPage``.
  ///
  /// - Parameter row: the current row of either statement.
  /// - Returns: the workflow; `nextAt` is nil if no job is planned, and `interval` if it has no schedule.
  /// - Throws: ``UnreadableRow`` if a name, a queue, an instant, a count or the interval is out of its range. The
  ///   interval has at least 1 µs.
  static func workflow(_ row: borrowing Row) throws -> Workflow {
    Workflow(
      id: WorkflowID(number: row.integer(0)), name: try row.workflowName(1), kind: row.anyWord(2), text: row.text(3),
      generation: Int(row.integer(4)), origin: row.anyWord(5), state: row.anyWord(6),
      terminatedReason: row.optionalAnyWord(7), consecutiveFailures: try row.count(8),
      maxConsecutiveFailures: row.optionalInteger(9).map(Int.init), queue: try row.queueName(10),
      priority: Int(row.integer(11)), interval: try row.optionalSpan(12, from: 1),
      anchorAt: try row.optionalInstant(13),
      nextAt: try row.optionalInstant(14), createdAt: try row.instant(15), updatedAt: try row.instant(16),
      terminatedAt: try row.optionalInstant(17), resumedAt: try row.optionalInstant(18),
      buildStatus: row.optionalAnyWord(19), buildError: row.optionalText(20))
  }
}
