public import TactusModel
public import TactusPorts

/// Creates jobs on demand: to run now, at an instant, or held until they get a start time.
///
/// MANUAL jobs are never skipped, combined or replaced. They wait in order while another job of their workflow is
/// live, unless it has `Overlap=allow`. Their instants need no answer, so no decision records them. A terminated
/// workflow accepts them.
extension LedgerVerbs {
  /// Creates a MANUAL job, and decides on it in the same transaction if its start time has come.
  ///
  /// A job that may run is QUEUED at once, with the newest generation. Any other one is PENDING. It is held,
  /// scheduled for its instant, or due because overlap or a full queue makes it wait. The caller has checked that the
  /// instant is at most 60 s in the past and five years ahead. An instant in the past is stored as named.
  ///
  /// A repeated request with the same key inserts nothing. It gets the first job, whatever the status of that job is,
  /// even if the workflow was deleted since.
  ///
  /// - Parameters:
  ///   - request: the workflow, the start time and the idempotency key.
  ///   - now: the time of creation and of the decision.
  /// - Returns: the job and the change. `queued` has the job if it may run. `backlogged` has its queue if that is
  ///   full.
  /// - Throws: notFound, if no workflow has the name. Conflict with `keyInUse`, if the key belongs to another
  ///   request. Nothing is changed then, and the key is not used up.
  public func run(_ request: RunRequest, at now: Instant) throws -> (id: JobID, change: PlanChange) {
    if let made = try job(madeBy: request) { return (made, try change()) }
    let workflow = try existing(request.workflow)
    let made: (id: JobID, change: PlanChange)
    switch request.start {
    case .now: made = try start(workflow, at: now, now)
    case .at(let instant): made = try start(workflow, at: instant, now)
    case .held:
      let id = makeID(now)
      try insertPending(id, of: workflow, trigger: .manual, nominal: nil, phase: .held, wait: nil, now)
      made = (id, try change())
    }
    try remember(request, made.id, now)
    return made
  }

  /// Inserts a job for an instant: PENDING/scheduled if it is in the future, else QUEUED or PENDING/due.
  ///
  /// The decision uses the rules of a release. The row does not exist yet, so it counts neither as live nor as
  /// waiting. An outcome other than run or wait traps: a job without a grid skips no instants and replaces no jobs.
  ///
  /// - Parameters:
  ///   - workflow: the newest definition of the workflow.
  ///   - instant: the nominal and the earliest start time.
  ///   - now: the time of the decision.
  /// - Returns: the id of the new job and the change.
  private func start(
    _ workflow: WorkflowRow, at instant: Instant, _ now: Instant
  ) throws -> (id: JobID, change: PlanChange) {
    let row = PendingRow(
      id: makeID(now), workflow: workflow.id, nominalAt: instant, scheduledAt: instant, trigger: .manual,
      priority: workflow.policies.priority, wait: nil)
    guard instant <= now else {
      try insertPending(row.id, of: workflow, trigger: .manual, nominal: instant, phase: .scheduled, wait: nil, now)
      return (row.id, try change())
    }
    switch try situation(row, of: workflow, now).decide() {
    case .run:
      let job = try insertQueued(row, of: workflow, now)
      return (row.id, try change { $0.queued = [job] })
    case .wait(let wait):
      try insertPending(row.id, of: workflow, trigger: .manual, nominal: instant, phase: .due, wait: wait, now)
      return (row.id, try change { $0.backlogged = wait == .backlog ? [workflow.policies.queue] : [] })
    case .drop, .replace:
      fatalError("a MANUAL job neither skips instants nor replaces others")
    }
  }

  /// Inserts a MANUAL job that is QUEUED from the start, with the events of both steps.
  ///
  /// The auditor expects every job to begin as PENDING, so `job.pending` precedes `job.queued`. The room of the queue
  /// is counted, and the caller has checked it.
  ///
  /// - Parameters:
  ///   - row: the id and the instant, which is both `nominal_at` and `scheduled_at`.
  ///   - workflow: gives the kind, queue, priority and generation.
  ///   - now: the time of both events.
  /// - Returns: the job for the execution worker.
  func insertQueued(_ row: PendingRow, of workflow: WorkflowRow, _ now: Instant) throws -> QueuedJob {
    let policies = workflow.policies
    try rows.insertQueued(row, of: workflow, at: now)
    try queuedEvents(of: row.id, workflow: workflow.id, at: now)
    try countQueued(in: policies.queue)
    return QueuedJob(
      id: row.id, kind: workflow.kind, queue: policies.queue, priority: policies.priority,
      scheduledAt: row.scheduledAt)
  }

  // MARK: Held jobs

  /// Gives a held job a start time, or a scheduled MANUAL job another one.
  ///
  /// The instant becomes `nominal_at` and `scheduled_at`, and the event is `job.scheduled`. It releases nothing by
  /// itself. If the instant has come, `nextDue` of the change is not after now, so the next release follows at once.
  ///
  /// - Parameters:
  ///   - id: the job.
  ///   - instant: checked by the caller, as for a run.
  ///   - now: the time of the event.
  /// - Returns: a change with `nextDue` only.
  /// - Throws: notFound, if the job does not exist. Conflict with `planned` for the planned job of a schedule.
  ///   Conflict with `notSchedulable` for any other job that is due, released or ended. Nothing is changed then.
  public func schedule(_ id: JobID, for instant: Instant, at now: Instant) throws -> PlanChange {
    guard let row = try rows.schedulable(id) else { throw Refusal.notFound(.job(id)) }
    if row.status == .pending, row.trigger == .automatic {
      throw Refusal.conflict(.planned(id))
    }
    guard row.phase == .held || row.phase == .scheduled else {
      throw Refusal.conflict(.notSchedulable(id, row.status))
    }
    try rows.schedule(id, for: instant)
    try event(.jobScheduled, at: now, workflow: row.workflow, job: id)
    return try change()
  }

  // MARK: Keys

  /// The least time for which an idempotency key is kept: 7 days.
  ///
  /// An expired key still identifies its job until a later request removes it.
  static let keyLife: Duration = .seconds(7 * 86_400)

  /// Returns the job that the same request created before; nil without a key, or if the key is new.
  ///
  /// Two requests are the same if their texts are equal: workflow and start time.
  ///
  /// - Throws: conflict with `keyInUse`, if the key belongs to a request with another text.
  private func job(madeBy request: RunRequest) throws -> JobID? {
    guard let key = request.idempotencyKey else { return nil }
    guard let known = try rows.request(withKey: key) else { return nil }
    guard known.text == request.text else {
      throw Refusal.conflict(.keyInUse(key, request: known.text, job: known.job))
    }
    return known.job
  }

  /// Stores the key of a request with its text and its job; stores nothing without a key.
  ///
  /// It also removes up to four expired keys, oldest first. Each new key can remove more than one, so only the keys
  /// in use remain. No request pays for all expired keys at once.
  private func remember(_ request: RunRequest, _ job: JobID, _ now: Instant) throws {
    guard let key = request.idempotencyKey else { return }
    try rows.forgetRequests(before: now - Self.keyLife)
    try rows.remember(request.text, key: key, job: job, at: now)
  }
}
