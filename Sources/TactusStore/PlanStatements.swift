internal import TactusLedger
internal import TactusModel

extension SQLRows {
  func due(_ now: Instant, limit: Int, except isLeftAlone: (JobID) -> Bool) throws -> [PendingRow] {
    var rows: [PendingRow] = []
    try connection.statement(
      """
      SELECT id, workflow_id, nominal_at, scheduled_at, trigger, priority, wait, status, kind FROM jobs
      WHERE phase = 'scheduled' AND scheduled_at <= ? ORDER BY scheduled_at
      """
    ).run([now]) { row in
      if let found = try pending(row, isLeftAlone) { rows.append(found) }
      return rows.count < limit
    }
    return rows
  }

  func nextDue(except isLeftAlone: (JobID) -> Bool) throws -> Instant? {
    try firstPending(
      """
      SELECT id, workflow_id, nominal_at, scheduled_at, trigger, priority, wait, status, kind FROM jobs
      WHERE phase = 'scheduled' AND scheduled_at >= ? ORDER BY scheduled_at
      """, Instant.writable.lowerBound, except: isLeftAlone)?.scheduledAt
  }

  func firstWaiting(of workflow: WorkflowID, except isLeftAlone: (JobID) -> Bool) throws -> PendingRow? {
    try firstPending(
      """
      SELECT id, workflow_id, nominal_at, scheduled_at, trigger, priority, wait, status, kind FROM jobs
      WHERE phase = 'due' AND workflow_id = ? ORDER BY scheduled_at, id
      """, workflow, except: isLeftAlone)
  }

  func firstBacklogged(in queue: QueueName, except isLeftAlone: (JobID) -> Bool) throws -> PendingRow? {
    try firstPending(
      """
      SELECT id, workflow_id, nominal_at, scheduled_at, trigger, priority, wait, status, kind FROM jobs
      WHERE wait = 'backlog' AND queue = ? ORDER BY priority DESC, scheduled_at, id
      """, queue, except: isLeftAlone)
  }

  /// Returns the first row of a query that can be read and is not left alone; nil without such a row.
  ///
  /// - Parameters:
  ///   - sql: must select the nine columns of ``pending(_:_:)`` in their order. Its order decides which row is first.
  ///   - value: the value of its parameter.
  ///   - isLeftAlone: the rows to pass over.
  private func firstPending(
    _ sql: StaticString, _ value: any Bindable, except isLeftAlone: (JobID) -> Bool
  ) throws -> PendingRow? {
    var found: PendingRow?
    try connection.statement(sql).run([value]) { row in
      found = try pending(row, isLeftAlone)
      return found == nil
    }
    return found
  }

  /// Reads the nine columns of the queries above; reports a row and returns nil if it cannot be read, and returns nil if
  /// it is left alone.
  ///
  /// No decision needs the status and the kind. They are read because a row with a word of another version belongs to
  /// the version that wrote it.
  private func pending(_ row: borrowing Row, _ isLeftAlone: (JobID) -> Bool) throws -> PendingRow? {
    let found = try connection.reporting {
      _ = (try row.word(7) as JobStatus, try row.word(8) as Kind)
      return PendingRow(
        id: try row.jobID(0), workflow: WorkflowID(number: row.integer(1)), nominalAt: try row.instant(2),
        scheduledAt: try row.instant(3), trigger: try row.word(4), priority: try row.number(5, in: -100...100),
        wait: try row.optionalWord(6))
    }
    return found.map { isLeftAlone($0.id) } == false ? found : nil
  }

  func hasWaiting(before row: PendingRow, except isLeftAlone: (JobID) -> Bool) throws -> Bool {
    var isFound = false
    try connection.statement(
      "SELECT id FROM jobs INDEXED BY jobs_waiting WHERE phase = 'due' AND workflow_id = ? AND (scheduled_at, id) < (?, ?)"
    ).run([row.workflow, row.scheduledAt, row.id]) { other in
      isFound = try connection.reporting { !isLeftAlone(try other.jobID(0)) } ?? false
      return !isFound
    }
    return isFound
  }

  func liveCounts(of workflow: WorkflowID) throws -> (automatic: Int, manual: Int) {
    try connection.first(
      """
      SELECT count(*) FILTER (WHERE trigger = 'AUTOMATIC'), count(*) FILTER (WHERE trigger = 'MANUAL')
      FROM jobs WHERE workflow_id = ? AND status IN ('QUEUED', 'RUNNING')
      """, workflow
    ) { (Int($0.integer(0)), Int($0.integer(1))) } ?? (0, 0)
  }

  func holder(of nominal: Instant, in workflow: WorkflowID) throws -> JobID? {
    try connection.first(
      """
      SELECT id FROM jobs WHERE workflow_id = ? AND nominal_at = ? AND trigger = 'AUTOMATIC' AND attempt = 1
        AND replay_of IS NULL AND (status <> 'CANCELED' OR queued_at IS NOT NULL)
      """, workflow, nominal
    ) { try $0.jobID(0) }
  }

  func nominal(of id: JobID) throws -> Instant? {
    try connection.first("SELECT nominal_at FROM jobs WHERE id = ?", id) { try $0.instant(0) }
  }

  func insert(_ job: NewJob) throws {
    let workflow = job.workflow
    try connection.run(
      """
      INSERT INTO jobs (id, workflow_id, kind, queue, priority, trigger, status, phase, wait, waited, nominal_at,
        scheduled_at, created_at, root_id)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'PENDING', ?7, ?8, ?8, ?9, ?9, ?10, ?1)
      """,
      job.id, workflow.id, workflow.kind, workflow.policies.queue, workflow.policies.priority, job.trigger, job.phase,
      job.wait, job.nominalAt, job.createdAt)
  }

  func insertQueued(_ row: PendingRow, of workflow: WorkflowRow, at now: Instant) throws {
    try connection.run(
      """
      INSERT INTO jobs (id, workflow_id, generation, kind, queue, priority, trigger, status, phase, nominal_at,
        scheduled_at, created_at, queued_at, root_id)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'MANUAL', 'QUEUED', 'queued', ?7, ?7, ?8, ?8, ?1)
      """,
      row.id, workflow.id, workflow.generation, workflow.kind, workflow.policies.queue, workflow.policies.priority,
      row.scheduledAt, now)
  }

  func setQueued(_ id: JobID, generation: Int, nominal: Instant, scheduled: Instant, at now: Instant) throws {
    try connection.run(
      """
      UPDATE jobs SET status = 'QUEUED', phase = 'queued', wait = NULL, generation = ?, nominal_at = ?,
        scheduled_at = ?, queued_at = ? WHERE id = ?
      """, generation, nominal, scheduled, now, id)
  }

  func setWaiting(_ id: JobID, for wait: Wait) throws {
    try connection.run("UPDATE jobs SET phase = 'due', wait = ?1, waited = ?1 WHERE id = ?2", wait, id)
  }

  func retime(_ id: JobID, to nominal: Instant) throws {
    try connection.run(
      """
      UPDATE jobs SET nominal_at = ?1, scheduled_at = ?1, phase = 'scheduled', wait = NULL, waited = NULL
      WHERE id = ?2 AND status = 'PENDING'
      """, nominal, id)
  }

  func schedule(_ id: JobID, for instant: Instant) throws {
    try connection.run(
      "UPDATE jobs SET phase = 'scheduled', nominal_at = ?1, scheduled_at = ?1 WHERE id = ?2", instant, id)
  }

  func setPending(of workflow: WorkflowID, kind: Kind, policies: Policies) throws {
    try connection.run(
      "UPDATE jobs SET kind = ?, queue = ?, priority = ? WHERE workflow_id = ? AND status = 'PENDING'",
      kind, policies.queue, policies.priority, workflow)
  }
}
