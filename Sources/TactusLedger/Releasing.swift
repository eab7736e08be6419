internal import TactusModel
public import TactusPorts

/// Releases PENDING jobs whose start time has come.
///
/// The decision on each row is ``ReleaseSituation/decide()``, whatever made the row late: downtime, sleep, a clock
/// step, overlap or a full queue. The ledger reads the facts and writes the outcome in one transaction, so overlap
/// and room are decided on durable rows. Source: docs/adr/0001; docs/reliability.md, P2 and P6
extension LedgerVerbs {
  /// Decides on the rows that wait for the workflows and queues of the request, then on rows whose start time has
  /// come.
  ///
  /// Due rows are decided in batches until none is left or ``Limits/releaseBatch`` were examined. A released planned
  /// job plans its successor. If that is also due, as after a downtime with `Misfire=all`, the next batch has it.
  ///
  /// - Parameter request: the time of all decisions, workflows with an ended job, and queues that have room again.
  /// - Returns: the change. `queued` is in the order of release. `withdrawn` and `stop` have the jobs that
  ///   `Overlap=replace` ends. `backlogged` has the queues whose rows still wait for room. `isPartial` is set if the
  ///   limit was reached.
  /// - Throws: ``LeftAlone`` for a row that cannot be decided on. The release is then repeated without it.
  public func release(_ request: ReleaseRequest) throws -> Released {
    var released = Released()
    var looked = 0
    // Queues come first: a place in one goes to the waiting row with the highest priority.
    for queue in request.queues.sorted() {
      try settleBacklog(of: queue, request.now, &released)
    }
    for workflow in request.workflows.sorted() {
      try settleWaiting(of: workflow, request.now, &released)
    }
    while looked < Limits.releaseBatch {
      let due = try due(request.now, limit: Limits.releaseBatch - looked)
      if due.isEmpty { break }
      looked += due.count
      for row in due { try each(.job(row.id)) { _ = try settle(row, request.now, &released) } }
    }
    released.isPartial = looked >= Limits.releaseBatch
    try complete(&released.change)
    return released
  }

  /// Returns rows whose start time has come, highest priority first, so that they get the remaining room.
  ///
  /// The rows are the earliest ones by `scheduled_at`. Priority orders only the rows of one batch. Rows that cannot be
  /// read or are left alone do not count towards the limit.
  ///
  /// - Parameters:
  ///   - now: the latest start time.
  ///   - limit: the most rows.
  /// - Returns: rows by priority, then `scheduled_at`, then id.
  private func due(_ now: Instant, limit: Int) throws -> [PendingRow] {
    try rows.due(now, limit: limit, except: isLeftAlone).sorted {
      ($1.priority, $0.scheduledAt, $0.id) < ($0.priority, $1.scheduledAt, $1.id)
    }
  }

  /// Decides on the waiting rows of a workflow, oldest first, until one of them continues to wait.
  ///
  /// The rows behind that one also wait, for it or for the same queue. Rows that wait for room are left to their
  /// queue, because rows of other workflows may have precedence. After each other decision its row is not due any more,
  /// so the loop ends.
  private func settleWaiting(of workflow: WorkflowID, _ now: Instant, _ released: inout Released) throws {
    while let row = try rows.firstWaiting(of: workflow, except: isLeftAlone), row.wait != .backlog {
      var wait: Wait?
      try each(.job(row.id)) { wait = try settle(row, now, &released) }
      if wait != nil { return }
    }
  }

  /// Fills the room of a queue from the rows that wait for it: by priority, then `scheduled_at`, then id.
  ///
  /// If rows still wait for room afterwards, the change says so, and the scheduling worker continues to watch the
  /// queue.
  private func settleBacklog(of queue: QueueName, _ now: Instant, _ released: inout Released) throws {
    while try hasRoom(in: queue),
      let row = try rows.firstBacklogged(in: queue, except: isLeftAlone)
    {
      // A row that continues to wait, for another run of its workflow, no longer waits for room.
      var wait: Wait?
      try each(.job(row.id)) { wait = try settle(row, now, &released) }
      if wait == .backlog { break }
    }
    if try rows.hasBacklog(in: queue) { released.change.backlogged.insert(queue) }
  }

  /// Decides on one row, and carries the decision out.
  ///
  /// - *run*: the row is QUEUED for its instant, or for the newest due one. Decisions answer the instants passed
  ///   over. If that newer instant already has an answer, the row moves to the next free one instead.
  /// - *wait*: the row becomes PENDING/due with its reason.
  /// - *drop*: decisions answer the due instants, and the row moves to the next free instant.
  /// - *replace*: unclaimed automatic jobs of the workflow are canceled, and claimed ones get a stop reason. If no
  ///   automatic job is live any more, the row is decided on again. Otherwise it waits for their ends.
  ///
  /// - Parameters:
  ///   - row: a PENDING row whose start time has come.
  ///   - now: the time of the decision.
  ///   - released: gets the consequences.
  /// - Returns: the reason if the row waits. Nil if it was released or moved.
  /// - Throws: ``UnreadableRow``, if the row of its workflow cannot be read. `released` may then be incomplete, and
  ///   the verb is repeated.
  func settle(_ row: PendingRow, _ now: Instant, _ released: inout Released) throws -> Wait? {
    let workflow = try workflow(row.workflow)
    switch try situation(row, of: workflow, now).decide() {
    case .run(let nominal, let decisions):
      if let grid = workflow.grid {
        try record(decisions, of: workflow.definition, on: grid, at: now)
        // After a backward clock step an instant may already have a job, and a person may have skipped the newest one.
        // Such an instant gets no second answer.
        if nominal != row.nominalAt, try isTaken(nominal, of: workflow.id) {
          try rows.retime(row.id, to: firstFree(grid, after: nominal, of: workflow.id))
          return nil
        }
      }
      let job = try queue(row, as: nominal, of: workflow, now)
      released.change.queued.append(job)
      return nil
    case .wait(let wait):
      if wait == .backlog { released.change.backlogged.insert(workflow.policies.queue) }
      if row.wait != wait { try rows.setWaiting(row.id, for: wait) }
      return wait
    case .drop(let decisions, let next):
      guard let grid = workflow.grid else { fatalError("a job without a grid was dropped: only instants can be") }
      try record(decisions, of: workflow.definition, on: grid, at: now)
      try rows.retime(row.id, to: firstFree(grid, after: next - .microseconds(1), of: workflow.id, except: row.id))
      return nil
    case .replace:
      released.change.withdrawn += try withdrawQueued(
        workflow.id, as: .overlapReplaced, message: StopReason.replaced.sentence, now: now)
      for id in try stopClaimed(workflow.id, reason: .replaced, automaticOnly: true, now: now) {
        released.change.stop[id] = .replaced
      }
      if try rows.liveCounts(of: workflow.id).automatic == 0 { return try settle(row, now, &released) }
      if row.wait != .overlap { try rows.setWaiting(row.id, for: .overlap) }
      return .overlap
    }
  }

  /// Reads the facts that the decision on a row depends on.
  ///
  /// Other jobs are read only if the workflow does not allow overlap. Older rows that are left alone do not count,
  /// because they would block all later ones.
  ///
  /// - Parameters:
  ///   - row: a PENDING row, or one that is not inserted yet.
  ///   - workflow: its newest definition.
  ///   - now: the time of the decision.
  /// - Returns: a situation without a grid for a MANUAL job, which therefore never skips an instant.
  func situation(_ row: PendingRow, of workflow: WorkflowRow, _ now: Instant) throws -> ReleaseSituation {
    var situation = ReleaseSituation(
      now: now, nominal: row.nominalAt, grid: row.trigger == .automatic ? workflow.grid : nil,
      policies: workflow.policies, queueHasRoom: try hasRoom(in: workflow.policies.queue))
    if workflow.policies.overlap != .allow {
      let live = try rows.liveCounts(of: workflow.id)
      situation.liveAutomatic = live.automatic
      situation.liveManual = live.manual
      situation.othersWait = try rows.hasWaiting(before: row, except: isLeftAlone)
    }
    return situation
  }

  /// Makes a row QUEUED with the newest generation; a planned row also plans its successor.
  ///
  /// Both are one transaction, so a kill cannot break the chain of planned jobs. The successor is the first free
  /// instant after the nominal one. It depends neither on now nor on the end of the job, so a grid never drifts.
  ///
  /// - Parameters:
  ///   - row: a PENDING row.
  ///   - nominal: its nominal instant, or the newer one that it moves to.
  ///   - workflow: gives the generation, kind, queue and priority.
  ///   - now: the time of the release.
  /// - Returns: the job for the execution worker. `scheduledAt` is the nominal instant, or the earliest start of a
  ///   MANUAL job.
  private func queue(
    _ row: PendingRow, as nominal: Instant, of workflow: WorkflowRow, _ now: Instant
  ) throws -> QueuedJob {
    let scheduled = row.trigger == .automatic ? nominal : row.scheduledAt
    try rows.setQueued(row.id, generation: workflow.generation, nominal: nominal, scheduled: scheduled, at: now)
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
