public import TactusModel
public import TactusPorts

/// Claims, starts, stops and cancels jobs.
///
/// Each claim has a new fence token, and every record of the attempt carries it. A record with another token, or one
/// that the row no longer allows, changes nothing and returns false or nil. A late result of an earlier attempt is
/// therefore dropped. Source: docs/reliability.md, P3 and P8
extension LedgerVerbs {
  /// Claims jobs for this daemon, before anything of them is started.
  ///
  /// A job in the phase `queued` or `waiting_for_provider` becomes QUEUED/dispatching. From then on the row counts
  /// for a slot of its queue. The claim must be durable before the start: after a kill, the next daemon searches for
  /// what was started.
  ///
  /// - Parameters:
  ///   - ids: the jobs, in the order of the answer.
  ///   - bootID: the boot id of the machine. Process ids and monotonic instants of the row are valid in this boot
  ///     only.
  ///   - now: the time of the claims.
  /// - Returns: the claimed jobs. Jobs that are missing, closed or already claimed are left out.
  /// - Throws: ``LeftAlone`` for a job whose rows cannot be read. The other claims are then made without it.
  public func claim(_ ids: [JobID], bootID: String, at now: Instant) throws -> [ClaimedJob] {
    var claimed: [ClaimedJob] = []
    for id in ids {
      try each(.job(id)) { if let job = try rows.claim(id, bootID: bootID, at: now) { claimed.append(job) } }
    }
    return claimed
  }

  /// Records a start: QUEUED/dispatching becomes RUNNING, with the event `job.running`.
  ///
  /// If a stop reason arrived first, the phase is `stopping`. The facts make the attempt findable after a restart.
  /// The job no longer counts for `MaxQueued=`. A started container also shows that its image is available.
  ///
  /// - Parameters:
  ///   - id: the attempt.
  ///   - fence: the token of its claim.
  ///   - facts: the facts of the start. Without a measured delay, the delay is the difference of the instants, at
  ///     least zero.
  /// - Returns: false for another fence, or if the job is not being dispatched: a second start is never recorded.
  public func recordStart(_ id: JobID, fence: Int64, facts: StartFacts) throws -> Bool {
    guard let row = try rows.start(id, fence: fence, facts: facts) else { return false }
    if let queue = row.queue { countLeft(queue) }
    try event(.jobRunning, at: facts.at, workflow: row.workflow, job: id, status: .running)
    // The container started, so the image exists, whatever its build status was.
    if facts.containerID != nil, let workflow = row.workflow {
      _ = try recordBuild(DefinitionKey(workflow: workflow, generation: row.generation), .completed, at: facts.at)
    }
    return true
  }

  /// Puts a claimed or parked job of which nothing was started back into its queue.
  ///
  /// Its claim is over, and the next one has a new fence token. A recorded obstacle is removed.
  ///
  /// - Parameters:
  ///   - id: the attempt.
  ///   - fence: the token of its claim.
  /// - Returns: the job to enqueue. Nil for another fence, another phase, or a job with a stop reason.
  /// - Throws: ``UnreadableRow``, if the kind, the queue or an instant cannot be read.
  public func requeue(_ id: JobID, fence: Int64) throws -> QueuedJob? {
    try rows.requeue(id, fence: fence)
  }

  /// Lets a job that is being dispatched wait for a provider, without a slot.
  ///
  /// The caller knows that nothing was started. The row can then be claimed again, also by the next daemon.
  ///
  /// - Parameters:
  ///   - id: the attempt.
  ///   - fence: the token of its claim.
  /// - Returns: false for another fence or phase, or if the job has a stop reason: then it ends instead of waiting.
  public func park(_ id: JobID, fence: Int64) throws -> Bool {
    try rows.park(id, fence: fence)
  }

  /// Records a stop reason for an attempt; the first reason stays, and decides its outcome.
  ///
  /// - Parameters:
  ///   - id: the attempt.
  ///   - fence: the token of its claim.
  ///   - reason: the reason. The worker enforces a time-out even if it cannot be recorded.
  ///   - now: the time of the stop.
  /// - Returns: false for another fence, a job with a reason, a terminal row, or an attempt that has exited.
  public func recordStop(_ id: JobID, fence: Int64, reason: StopReason, at now: Instant) throws -> Bool {
    guard try rows.fence(of: id) == fence, !exits.contains(id) else { return false }
    return try rows.stop(id, reason: reason, at: now)
  }

  /// Notes that an attempt has exited by itself, so that later stop reasons are refused.
  ///
  /// The note is kept in memory, in the order of the writes, until the end is recorded. It need not be durable,
  /// because the next daemon looks the end up. Source: docs/adr/0014
  ///
  /// - Parameters:
  ///   - id: the attempt.
  ///   - fence: the token of its claim.
  /// - Returns: false for another fence or a terminal row, and for a job with a stop reason, which then decides.
  public func recordExit(_ id: JobID, fence: Int64) throws -> Bool {
    guard try rows.isUnstopped(id, fence: fence) == true else { return false }
    noteExit(of: id)
    return true
  }

  /// Cancels a job in any status that is not terminal.
  ///
  /// - PENDING: it ends CANCELED. If it is the planned job, a decision `skipped_by_user` answers its instant, and the
  ///   next free instant is planned.
  /// - QUEUED without a claim: it ends CANCELED, and `withdrawn` of the change has it. The released job is the answer
  ///   for its instant, so no decision follows.
  /// - Claimed or RUNNING: the stop reason is recorded, and `stop` of the change has the job with its first reason.
  ///   The row closes when its process, container or request is gone.
  ///
  /// - Parameters:
  ///   - id: the job.
  ///   - now: the time of the end or of the stop.
  /// - Returns: the change, with the new `nextDue` after a planned job was skipped.
  /// - Throws: notFound, if the job does not exist. Conflict with `ended` for a terminal job, and with `exited` for
  ///   one whose output is being stored. ``UnreadableRow`` for a word of another version. Nothing is changed then.
  public func cancel(_ id: JobID, at now: Instant) throws -> PlanChange {
    guard let row = try rows.job(id) else { throw Refusal.notFound(.job(id)) }
    guard let phase = row.phase else {
      throw Refusal.conflict(.ended(id, row.status))
    }
    let message = StopReason.canceled.sentence
    switch phase {
    case .held, .scheduled, .due:
      try close(id, of: row.workflow, as: .canceledByUser, message: message, now: now)
      if let workflow = try row.workflow.map(workflow), workflow.plannedJob == id, let grid = workflow.grid,
        let nominal = row.nominalAt
      {
        let skipped = Decision(reason: .skippedByUser, first: nominal, last: nominal, count: 1)
        try record([skipped], of: workflow.definition, on: grid, at: now)
        try plan(workflow, at: firstFree(grid, after: nominal, of: workflow.id), now: now)
      }
      return try change()
    case .queued, .waitingForProvider:
      try close(id, of: row.workflow, as: .canceledByUser, message: message, now: now)
      return try change { $0.withdrawn = [id] }
    case .dispatching, .running, .stopping, .unverified:
      if exits.contains(id) {
        throw Refusal.conflict(.exited(id))
      }
      _ = try rows.stop(id, reason: .canceled, at: now)
      return try change { $0.stop = [id: row.stopReason ?? .canceled] }
    }
  }
}
