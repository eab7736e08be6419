internal import TactusModel
internal import TactusPorts

/// PENDING jobs whose time has come.
extension Tables {
  func release(_ request: ReleaseRequest) throws -> Released {
    var released = Released()
    var looked = 0
    for workflow in request.workflows.sorted() {
      try settleWaiting(of: workflow, request.now, &released)
    }
    for queue in request.queues.sorted() {
      try settleBacklog(of: queue, request.now, &released)
    }
    while looked < Limits.releaseBatch {
      let rows = try due(request.now, limit: Limits.releaseBatch - looked)
      if rows.isEmpty { break }
      looked += rows.count
      for row in rows { try each(.job(row.id)) { _ = try settle(row, request.now, &released) } }
    }
    released.isPartial = looked >= Limits.releaseBatch
    try complete(&released.change)
    return released
  }

  /// Rows whose start time has come, those of higher priority first: they take the room that is left.
  private func due(_ now: Instant, limit: Int) throws -> [PendingRow] {
    var rows: [PendingRow] = []
    try connection.statement(
      """
      SELECT id, workflow_id, nominal_at, scheduled_at, trigger, priority, wait, status, kind FROM jobs
      WHERE phase = 'scheduled' AND scheduled_at <= ? ORDER BY scheduled_at
      """
    ).run([now]) { row in
      if let found = try pending(row) { rows.append(found) }
      return rows.count < limit
    }
    return rows.sorted { ($1.priority, $0.scheduledAt, $0.id) < ($0.priority, $1.scheduledAt, $1.id) }
  }

  /// A row that can be read and is not left alone.
  private func pending(_ row: borrowing Row) throws -> PendingRow? {
    let found = try connection.reporting { try PendingRow(row) }
    return found.map { isLeftAlone($0.id) } == false ? found : nil
  }

  /// The first row of a statement that can be read and is not left alone.
  func firstPending(_ sql: StaticString, _ values: any Bindable...) throws -> PendingRow? {
    var found: PendingRow?
    try connection.statement(sql).run(values) { row in
      found = try pending(row)
      return found == nil
    }
    return found
  }

  private func settleWaiting(of workflow: WorkflowID, _ now: Instant, _ released: inout Released) throws {
    while let row = try firstPending(
      """
      SELECT id, workflow_id, nominal_at, scheduled_at, trigger, priority, wait, status, kind FROM jobs
      WHERE phase = 'due' AND workflow_id = ? ORDER BY scheduled_at, id
      """, workflow)
    {
      var wait: Wait?
      try each(.job(row.id)) { wait = try settle(row, now, &released) }
      if wait != nil { return }
    }
  }

  private func settleBacklog(of queue: QueueName, _ now: Instant, _ released: inout Released) throws {
    while try hasRoom(in: queue),
      let row = try firstPending(
        """
        SELECT id, workflow_id, nominal_at, scheduled_at, trigger, priority, wait, status, kind FROM jobs
        WHERE wait = 'backlog' AND queue = ? ORDER BY priority DESC, scheduled_at, id
        """, queue)
    {
      // A row that waits on for another run of its workflow has left this index.
      var wait: Wait?
      try each(.job(row.id)) { wait = try settle(row, now, &released) }
      if wait == .backlog { break }
    }
    let rest = try connection.first("SELECT 1 FROM jobs WHERE wait = 'backlog' AND queue = ? LIMIT 1", queue) { _ in
      true
    }
    if rest == true { released.change.backlogged.insert(queue) }
  }

  /// Decides on one row and does it; answers what the row waits for, if it waits on.
  func settle(_ row: PendingRow, _ now: Instant, _ released: inout Released) throws -> Wait? {
    let workflow = try workflow(row.workflow)
    switch try situation(row, of: workflow, now).decide() {
    case .run(let nominal, let decisions):
      if let grid = workflow.grid {
        try record(decisions, of: workflow.id, on: grid, generation: workflow.generation, at: now)
        // A clock that stepped back meets an instant again that has its job already, and a person may have skipped the
        // newest: it gets no second answer.
        if nominal != row.nominalAt, try isTaken(nominal, of: workflow.id) {
          try retime(row.id, to: firstFree(grid, after: nominal, of: workflow.id))
          return nil
        }
      }
      let job = try queue(row, as: nominal, of: workflow, now)
      released.change.queued.append(job)
      return nil
    case .wait(let wait):
      if wait == .backlog { released.change.backlogged.insert(workflow.policies.queue) }
      if row.wait != wait {
        try connection.run("UPDATE jobs SET phase = 'due', wait = ?1, waited = ?1 WHERE id = ?2", wait, row.id)
      }
      return wait
    case .drop(let decisions, let next):
      guard let grid = workflow.grid else { fatalError("a job without a grid was dropped: only instants can be") }
      try record(decisions, of: workflow.id, on: grid, generation: workflow.generation, at: now)
      try retime(row.id, to: firstFree(grid, after: next - .microseconds(1), of: workflow.id, except: row.id))
      return nil
    case .replace:
      released.change.withdrawn += try withdrawQueued(
        workflow.id, as: .overlapReplaced, message: StopReason.replaced.sentence, now: now)
      for id in try stopClaimed(workflow.id, reason: .replaced, automaticOnly: true, now: now) {
        released.change.stop[id] = .replaced
      }
      if try liveCounts(workflow.id).automatic == 0 { return try settle(row, now, &released) }
      if row.wait != .overlap {
        try connection.run("UPDATE jobs SET phase = 'due', wait = 'overlap', waited = 'overlap' WHERE id = ?", row.id)
      }
      return .overlap
    }
  }

  func situation(_ row: PendingRow, of workflow: WorkflowRow, _ now: Instant) throws -> ReleaseSituation {
    var situation = ReleaseSituation(
      now: now, nominal: row.nominalAt, grid: row.trigger == .automatic ? workflow.grid : nil,
      policies: workflow.policies, queueHasRoom: try hasRoom(in: workflow.policies.queue))
    if workflow.policies.overlap != .allow {
      let live = try liveCounts(workflow.id)
      situation.liveAutomatic = live.automatic
      situation.liveManual = live.manual
      try connection.statement(
        "SELECT id FROM jobs INDEXED BY jobs_waiting WHERE phase = 'due' AND workflow_id = ? AND (scheduled_at, id) < (?, ?)"
      ).run([workflow.id, row.scheduledAt, row.id]) { other in
        situation.othersWait = try connection.reporting { !isLeftAlone(try other.jobID(0)) } ?? false
        return !situation.othersWait
      }
    }
    return situation
  }

  private func liveCounts(_ workflow: WorkflowID) throws -> (automatic: Int, manual: Int) {
    try connection.first(
      """
      SELECT count(*) FILTER (WHERE trigger = 'AUTOMATIC'), count(*) FILTER (WHERE trigger = 'MANUAL')
      FROM jobs WHERE workflow_id = ? AND status IN ('QUEUED', 'RUNNING')
      """, workflow
    ) { (Int($0.integer(0)), Int($0.integer(1))) } ?? (0, 0)
  }

  /// Makes a row QUEUED, bound to the newest definition; a planned one plans its successor in the same breath.
  private func queue(
    _ row: PendingRow, as nominal: Instant, of workflow: WorkflowRow, _ now: Instant
  ) throws -> QueuedJob {
    let scheduled = row.trigger == .automatic ? nominal : row.scheduledAt
    try connection.run(
      """
      UPDATE jobs SET status = 'QUEUED', phase = 'queued', wait = NULL, generation = ?, nominal_at = ?,
        scheduled_at = ?, queued_at = ? WHERE id = ?
      """, workflow.generation, nominal, scheduled, now, row.id)
    try event(.jobQueued, at: now, workflow: workflow.id, job: row.id, status: .queued)
    try countQueued(in: workflow.policies.queue)
    if row.id == workflow.plannedJob, let grid = workflow.grid {
      try plan(workflow, at: firstFree(grid, after: nominal, of: workflow.id), now: now)
    }
    return QueuedJob(
      id: row.id, kind: workflow.kind, queue: workflow.policies.queue, priority: workflow.policies.priority,
      scheduledAt: scheduled)
  }
}

/// A PENDING row, as far as its release needs it.
struct PendingRow {
  var id: JobID
  var workflow: WorkflowID
  var nominalAt: Instant
  var scheduledAt: Instant
  var trigger: Trigger
  var priority: Int
  var wait: Wait?
}

extension PendingRow {
  /// Reads the columns in the order of the queries above.
  init(_ row: borrowing Row) throws {
    self.init(
      id: try row.jobID(0), workflow: WorkflowID(number: row.integer(1)), nominalAt: try row.instant(2),
      scheduledAt: try row.instant(3), trigger: try row.word(4), priority: try row.number(5, in: -100...100),
      wait: try row.optionalWord(6))
    // Of these only this version's words are dealt with.
    _ = (try row.word(7) as JobStatus, try row.word(8) as Kind)
  }
}
