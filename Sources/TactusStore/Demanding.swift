internal import TactusModel
internal import TactusPorts

/// Jobs on demand: made at once, later, or held until they get their time.
extension Tables {
  /// Makes a MANUAL job; if its time has come it is decided on at once.
  func run(_ request: RunRequest, at now: Instant) throws -> (id: JobID, change: PlanChange) {
    if let made = try job(madeBy: request) { return (made, try change()) }
    let workflow = try existing(request.workflow)
    let made: (id: JobID, change: PlanChange)
    switch request.start {
    case .now: made = try start(workflow, at: now, now)
    case .at(let instant): made = try start(workflow, at: instant, now)
    case .held:
      let id = makeID(now)
      try insertPending(
        id, of: workflow, trigger: .manual, nominal: nil, scheduled: nil, phase: .held, wait: nil, now)
      made = (id, try change())
    }
    try remember(request, made.id, now)
    return made
  }

  private func start(
    _ workflow: WorkflowRow, at instant: Instant, _ now: Instant
  ) throws -> (id: JobID, change: PlanChange) {
    let row = PendingRow(
      id: makeID(now), workflow: workflow.id, nominalAt: instant, scheduledAt: instant, trigger: .manual,
      priority: workflow.policies.priority, wait: nil)
    guard instant <= now else {
      try insertPending(
        row.id, of: workflow, trigger: .manual, nominal: instant, scheduled: instant, phase: .scheduled, wait: nil, now)
      return (row.id, try change())
    }
    switch try situation(row, of: workflow, now).decide() {
    case .run:
      let job = try insertQueued(row, of: workflow, now)
      return (row.id, try change { $0.queued = [job] })
    case .wait(let wait):
      try insertPending(
        row.id, of: workflow, trigger: .manual, nominal: instant, scheduled: instant, phase: .due, wait: wait, now)
      return (row.id, try change { $0.backlogged = wait == .backlog ? [workflow.policies.queue] : [] })
    case .drop, .replace:
      fatalError("a MANUAL job neither skips instants nor replaces others")
    }
  }

  /// Makes a job that is QUEUED from the start; its events tell both steps.
  func insertQueued(_ row: PendingRow, of workflow: WorkflowRow, _ now: Instant) throws -> QueuedJob {
    let policies = workflow.policies
    try connection.run(
      """
      INSERT INTO jobs (id, workflow_id, generation, kind, queue, priority, trigger, status, phase, nominal_at,
        scheduled_at, created_at, queued_at, root_id)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'MANUAL', 'QUEUED', 'queued', ?7, ?7, ?8, ?8, ?1)
      """,
      row.id, workflow.id, workflow.generation, workflow.kind, policies.queue, policies.priority, row.scheduledAt, now)
    try event(.jobPending, at: now, workflow: workflow.id, job: row.id, status: .pending)
    try event(.jobQueued, at: now, workflow: workflow.id, job: row.id, status: .queued)
    try countQueued(in: policies.queue)
    return QueuedJob(
      id: row.id, kind: workflow.kind, queue: policies.queue, priority: policies.priority,
      scheduledAt: row.scheduledAt)
  }

  // MARK: Held jobs

  /// Gives a held job its time, or a scheduled one another.
  func schedule(_ id: JobID, for instant: Instant, at now: Instant) throws -> PlanChange {
    let row = try connection.first("SELECT status, phase, trigger, workflow_id FROM jobs WHERE id = ?", id) { row in
      (
        status: try row.word(0) as JobStatus, phase: try row.optionalWord(1, as: Phase.self),
        trigger: try row.word(2) as Trigger, workflow: row.optionalInteger(3).map(WorkflowID.init)
      )
    }
    guard let row else { throw LedgerFailure.notFound(entity: "job", id: "\(id)") }
    if row.status == .pending, row.trigger == .automatic {
      throw LedgerFailure.conflict(
        reason: "job \(id) is planned by the schedule of its workflow: use run for a job at another time")
    }
    guard row.phase == .held || row.phase == .scheduled else {
      throw LedgerFailure.conflict(
        reason:
          "job \(id) is \(row.status.rawValue) already: only a held job, or one that waits for its time, can be scheduled"
      )
    }
    try connection.run(
      "UPDATE jobs SET phase = 'scheduled', nominal_at = ?1, scheduled_at = ?1 WHERE id = ?2", instant, id)
    try event(.jobScheduled, at: now, workflow: row.workflow, job: id)
    return try change()
  }

  // MARK: Keys

  /// How long a key is kept.
  static let keyLife: Duration = .seconds(7 * 86_400)

  /// The job that the same request made before; a conflict if its key stands for another request.
  private func job(madeBy request: RunRequest) throws -> JobID? {
    guard let key = request.idempotencyKey else { return nil }
    let known = try connection.first("SELECT request, job FROM idempotency_keys WHERE key = ?", key) {
      (request: $0.text(0), job: try $0.jobID(1))
    }
    guard let known else { return nil }
    guard known.request == request.text else {
      throw LedgerFailure.conflict(
        reason:
          "the idempotency key '\(key)' stands for another request (\(known.request), job \(known.job)): choose another key"
      )
    }
    return known.job
  }

  /// Remembers what a key stands for, and forgets some that are old: the table stays as large as what is in use.
  private func remember(_ request: RunRequest, _ job: JobID, _ now: Instant) throws {
    guard let key = request.idempotencyKey else { return }
    try connection.run(
      """
      DELETE FROM idempotency_keys WHERE key IN
        (SELECT key FROM idempotency_keys WHERE created_at < ? ORDER BY created_at LIMIT 4)
      """, now - Self.keyLife)
    try connection.run(
      "INSERT INTO idempotency_keys (key, request, job, created_at) VALUES (?, ?, ?, ?)", key, request.text, job, now)
  }
}
