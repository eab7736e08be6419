internal import TactusLedger
internal import TactusModel
internal import TactusPorts

extension SQLRows {
  // Without the hint SQLite reads the whole history of the queue.
  func hasBacklog(in queue: QueueName) throws -> Bool {
    try connection.first(
      "SELECT 1 FROM jobs INDEXED BY jobs_backlog WHERE wait = 'backlog' AND queue = ? LIMIT 1", queue
    ) { _ in true } ?? false
  }

  func hasBacklog(of workflow: WorkflowID) throws -> Bool {
    try connection.first(
      "SELECT 1 FROM jobs INDEXED BY jobs_pending WHERE status = 'PENDING' AND workflow_id = ? AND wait = 'backlog' LIMIT 1",
      workflow
    ) { _ in true } ?? false
  }

  // The first condition is that of the index `jobs_lane`.
  func queuedCount(in queue: QueueName) throws -> Int {
    try connection.first(
      "SELECT count(*) FROM jobs WHERE status IN ('QUEUED', 'RUNNING') AND status = 'QUEUED' AND queue = ?", queue
    ) { Int($0.integer(0)) } ?? 0
  }

  func backloggedQueues() throws -> Set<QueueName> {
    Set(
      try connection.all("SELECT DISTINCT queue FROM jobs WHERE wait = 'backlog'") { $0.text(0) }
        .compactMap(QueueName.init))
  }

  func waitingWorkflows() throws -> Set<WorkflowID> {
    Set(
      try connection.all("SELECT DISTINCT workflow_id FROM jobs WHERE phase = 'due'") {
        WorkflowID(number: $0.integer(0))
      })
  }

  func queuedJobs() throws -> [QueuedJob] {
    try connection.readable(
      """
      SELECT id, kind, queue, priority, scheduled_at FROM jobs
      WHERE status IN ('QUEUED', 'RUNNING') AND status = 'QUEUED' AND phase IN ('queued', 'waiting_for_provider')
      """
    ) { row in
      QueuedJob(
        id: try row.jobID(0), kind: try row.word(1), queue: try row.queueName(2),
        priority: try row.number(3, in: -100...100), scheduledAt: try row.instant(4))
    }
  }

  func overtaken(by now: Instant) throws -> [(id: JobID, workflow: WorkflowID)] {
    try connection.readable(
      """
      SELECT j.id, j.workflow_id FROM jobs j INDEXED BY jobs_lane
        JOIN workflows w ON w.id = j.workflow_id
        JOIN definitions d ON d.workflow_id = w.id AND d.generation = w.generation
        JOIN jobs p ON p.id = w.planned_job
      WHERE j.status IN ('QUEUED', 'RUNNING') AND j.status = 'QUEUED'
        AND j.phase IN ('queued', 'waiting_for_provider') AND j.trigger = 'AUTOMATIC' AND j.attempt = 1
        AND d.misfire IN ('latest', 'skip') AND p.nominal_at <= ?
      """, now
    ) { (id: try $0.jobID(0), workflow: WorkflowID(number: $0.integer(1))) }
  }

  func remnants() throws -> [Remnant] {
    try connection.readable(
      """
      SELECT id, kind, queue, fence, status, boot_id, started_at, pid, pid_start, stop_reason,
        provider, container_id, timeout, (SELECT name FROM workflows WHERE workflows.id = jobs.workflow_id),
        phase = 'unverified', runner, started_monotonic, error_message, phase
      FROM jobs WHERE status IN ('QUEUED', 'RUNNING') AND phase NOT IN ('queued', 'waiting_for_provider')
      """
    ) { row in
      var remnant = Remnant(
        id: try row.jobID(0), workflow: row.optionalText(13).flatMap(WorkflowName.init), kind: try row.word(1),
        queue: try row.queueName(2), fence: row.integer(3), status: try row.word(4), bootID: row.text(5),
        facts: try Self.facts(row), stopReason: try row.optionalWord(9))
      // This read leaves the row out if its phase is a word of another version.
      _ = try row.word(18, as: Phase.self)
      remnant.isUnverified = row.integer(14) != 0
      remnant.obstacle = row.optionalText(17)
      return remnant
    }
  }

  /// Reads the recorded facts of a start; nil for a claim whose start was never recorded.
  ///
  /// The numbers of the columns are those of ``remnants()``.
  ///
  /// - Throws: ``UnreadableRow`` for a process id that no job can have, so that no damaged number is sent a signal.
  private static func facts(_ row: borrowing Row) throws -> StartFacts? {
    guard let startedAt = try row.optionalInstant(6) else { return nil }
    var facts = StartFacts(
      at: startedAt, processID: try row.optionalNumber(7, in: Self.processes), processStart: row.optionalInteger(8))
    facts.provider = row.optionalText(10).flatMap(ProviderName.init)
    facts.containerID = row.optionalText(11)
    facts.timeout = try row.optionalSpan(12, from: 1)
    facts.runner = try row.optionalWord(15)
    facts.monotonic = row.optionalInteger(16).map(MonotonicInstant.init)
    return facts
  }

  /// The valid process ids of a job: not 1, and no number that kill(2) uses for a group.
  ///
  /// Source: proc(5), PID_MAX_LIMIT
  private static let processes: ClosedRange<Int64> = 2...(1 << 22)
}
