internal import TactusModel
internal import TactusPorts

/// How rows become the values that readers see.
extension Archive {
  /// The jobs of a JSON array of row numbers.
  private static let jobRows: StaticString = """
    SELECT j.seq, j.id, w.name, j.kind, j.queue, j.priority, j.trigger, j.status, j.phase, j.wait, j.generation,
      j.nominal_at, j.scheduled_at, j.created_at, j.queued_at, j.started_at, j.completed_at, j.attempt, j.error_code,
      j.error_message, j.pid, j.exit_code, j.signal, j.http_status, j.name_lookup_us, j.connect_us, j.tls_us,
      j.first_byte_us, j.total_us, j.certificate_expires_at, j.cpu_us, j.peak_memory_bytes, j.log_bytes,
      j.log_dropped_bytes, j.claimed_at, j.waited, j.timeout, j.provider, j.container_id, j.runner,
      j.ended_processes
    FROM jobs j LEFT JOIN workflows w ON w.id = j.workflow_id
    WHERE j.seq IN (SELECT value FROM json_each(?))
    """

  /// The jobs at these rows, in the order given.
  func jobs(at positions: [Int64]) throws -> [Job] { try Self.jobs(at: positions, on: connection) }

  static func jobs(at positions: [Int64], on connection: Connection) throws -> [Job] {
    let list = "[" + positions.map(String.init).joined(separator: ",") + "]"
    var found: [Int64: Job] = [:]
    for (position, job) in try connection.all(jobRows, list, read: { ($0.integer(0), job($0)) }) {
      found[position] = job
    }
    return positions.compactMap { found[$0] }
  }

  private static func job(_ row: borrowing Row) -> Job {
    guard let queue = QueueName(row.text(4)) else { fatalError("a queue's name in the store is malformed") }
    var report = Report()
    report.exitCode = row.optionalInteger(21).map(Int.init)
    report.signal = row.optionalInteger(22).map(Int.init)
    report.httpStatus = row.optionalInteger(23).map(Int.init)
    if let total = row.optionalSpan(28) {
      report.timings = HTTPTimings(
        nameLookup: row.optionalSpan(24) ?? .zero, connect: row.optionalSpan(25) ?? .zero,
        tls: row.optionalSpan(26) ?? .zero, firstByte: row.optionalSpan(27) ?? .zero, total: total,
        certificateExpiresAt: row.optionalInstant(29))
    }
    report.cpuTime = row.optionalSpan(30)
    report.peakMemoryBytes = row.optionalInteger(31)
    report.logBytes = row.integer(32)
    report.logDroppedBytes = row.integer(33)
    report.endedProcesses = Int(row.integer(40))
    let status: JobStatus = row.word(7)
    var job = Job(
      id: row.jobID(1), workflow: row.optionalText(2).flatMap(WorkflowName.init), kind: row.word(3), queue: queue,
      priority: Int(row.integer(5)), trigger: row.word(6), status: status, phase: row.optionalWord(8),
      wait: row.optionalWord(9), generation: row.optionalInteger(10).map(Int.init), nominalAt: row.optionalInstant(11),
      scheduledAt: row.optionalInstant(12), createdAt: row.instant(13), queuedAt: row.optionalInstant(14),
      startedAt: row.optionalInstant(15), completedAt: row.optionalInstant(16), attempt: Int(row.integer(17)),
      errorCode: row.optionalWord(18), errorMessage: row.optionalText(19),
      processID: status == .running ? row.optionalInteger(20).map(Int.init) : nil, report: report)
    job.claimedAt = row.optionalInstant(34)
    job.waited = row.optionalWord(35)
    job.timeout = row.optionalSpan(36)
    job.provider = row.optionalText(37).flatMap(ProviderName.init)
    job.containerID = row.optionalText(38)
    job.runner = row.optionalWord(39)
    return job
  }

  static let oneWorkflow: StaticString = """
    SELECT w.id, w.name, d.kind, d.text, w.generation, w.origin, w.state, w.terminated_reason, w.consecutive_failures,
      d.max_consecutive_failures, d.queue, d.priority, d.interval, d.anchor_at, p.nominal_at, w.created_at,
      w.updated_at, w.terminated_at, w.resumed_at, w.build_status, w.build_error
    FROM workflows w JOIN definitions d ON d.workflow_id = w.id AND d.generation = w.generation
      LEFT JOIN jobs p ON p.id = w.planned_job
    WHERE w.name = ? AND w.deleted_at IS NULL
    """

  static let workflowPage: StaticString = """
    SELECT w.id, w.name, d.kind, d.text, w.generation, w.origin, w.state, w.terminated_reason, w.consecutive_failures,
      d.max_consecutive_failures, d.queue, d.priority, d.interval, d.anchor_at, p.nominal_at, w.created_at,
      w.updated_at, w.terminated_at, w.resumed_at, w.build_status, w.build_error
    FROM workflows w JOIN definitions d ON d.workflow_id = w.id AND d.generation = w.generation
      LEFT JOIN jobs p ON p.id = w.planned_job
    WHERE w.deleted_at IS NULL AND w.name > ? AND w.state = ifnull(?, w.state) ORDER BY w.name LIMIT ?
    """

  static func workflow(_ row: borrowing Row) -> Workflow {
    guard let name = WorkflowName(row.text(1)), let queue = QueueName(row.text(10)) else {
      fatalError("a name in the store is malformed; names are checked before they are stored")
    }
    return Workflow(
      id: WorkflowID(number: row.integer(0)), name: name, kind: row.word(2), text: row.text(3),
      generation: Int(row.integer(4)), origin: row.word(5), state: row.word(6), terminatedReason: row.optionalWord(7),
      consecutiveFailures: Int(row.integer(8)), maxConsecutiveFailures: row.optionalInteger(9).map(Int.init),
      queue: queue, priority: Int(row.integer(11)), interval: row.optionalSpan(12), anchorAt: row.optionalInstant(13),
      nextAt: row.optionalInstant(14), createdAt: row.instant(15), updatedAt: row.instant(16),
      terminatedAt: row.optionalInstant(17), resumedAt: row.optionalInstant(18), buildStatus: row.optionalWord(19),
      buildError: row.optionalText(20))
  }
}
