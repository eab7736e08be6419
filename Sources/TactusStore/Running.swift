internal import TactusModel
internal import TactusPorts

/// Claims, starts, stops and cancels jobs.
///
/// Each claim has a new fence token, and every record of the attempt carries it. A record with another token, or one
/// that the row no longer allows, changes nothing and returns false or nil. A late result of an earlier attempt is
/// therefore dropped. Source: docs/reliability.md, P3 and P8
extension Tables {
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
  func claim(_ ids: [JobID], bootID: String, at now: Instant) throws -> [ClaimedJob] {
    var claimed: [ClaimedJob] = []
    for id in ids {
      try each(.job(id)) { if let job = try claim(id, bootID: bootID, at: now) { claimed.append(job) } }
    }
    return claimed
  }

  /// Claims one job; nil if it is missing or not in a phase that can be claimed.
  ///
  /// The fence token is one more than the last one of the row; the first is 1. There is no event, because the status
  /// stays.
  ///
  /// - Returns: the claim with the text of the generation that the job was bound to at its release.
  /// - Throws: ``UnreadableRow`` with `missingGeneration`, if that generation is gone.
  private func claim(_ id: JobID, bootID: String, at now: Instant) throws -> ClaimedJob? {
    // One statement for each job: a claim is in the way of every start.
    try connection.first(
      """
      UPDATE jobs SET phase = 'dispatching', fence = fence + 1, claimed_at = ?, boot_id = ?
      WHERE id = ? AND phase IN ('queued', 'waiting_for_provider')
      RETURNING workflow_id, generation, fence, trigger, attempt, nominal_at, scheduled_at,
        (SELECT name FROM workflows WHERE workflows.id = jobs.workflow_id),
        (SELECT text FROM definitions
         WHERE definitions.workflow_id = jobs.workflow_id AND definitions.generation = jobs.generation)
      """, now, bootID, id
    ) { row in
      let key = DefinitionKey(workflow: WorkflowID(number: row.integer(0)), generation: try row.count(1))
      guard let text = row.optionalText(8) else {
        throw UnreadableRow(
          table: "definitions", row: "\(key.workflow.number)", column: "generation",
          problem: .damaged(.missingGeneration(key.generation, of: id)))
      }
      return ClaimedJob(
        id: id, fence: row.integer(2), workflow: WorkflowName(row.text(7)), text: text, definition: key,
        trigger: try row.word(3), attempt: try row.count(4), nominalAt: try row.instant(5),
        scheduledAt: try row.instant(6))
    }
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
  /// - Throws: ``StoreError``, if the write failed.
  func recordStart(_ id: JobID, fence: Int64, facts: StartFacts) throws -> Bool {
    let row = try connection.first(
      """
      UPDATE jobs SET status = 'RUNNING', phase = CASE WHEN stop_reason IS NULL THEN 'running' ELSE 'stopping' END,
        started_at = ?1, pid = ?2, pid_start = ?3, timeout = ?4, provider = ?5, container_id = ?6, runner = ?7,
        started_monotonic = ?8, start_delay = ifnull(?9, max(0, ?1 - scheduled_at)),
        started_event = (SELECT ifnull(max(sequence), 0) + 1 FROM events)
      WHERE id = ?10 AND fence = ?11 AND phase = 'dispatching'
      RETURNING workflow_id, queue, generation
      """, facts.at, facts.processID, facts.processStart, facts.timeout, facts.provider?.text, facts.containerID,
      facts.runner, facts.monotonic?.microseconds, facts.delay, id, fence
    ) {
      (
        workflow: $0.optionalInteger(0).map(WorkflowID.init), queue: QueueName($0.text(1)),
        generation: Int($0.integer(2))
      )
    }
    guard let row else { return false }
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
  func requeue(_ id: JobID, fence: Int64) throws -> QueuedJob? {
    try connection.first(
      """
      UPDATE jobs SET phase = 'queued', error_message = NULL
      WHERE id = ? AND fence = ? AND phase IN ('dispatching', 'waiting_for_provider') AND stop_reason IS NULL
      RETURNING kind, queue, priority, scheduled_at
      """, id, fence
    ) { row in
      QueuedJob(
        id: id, kind: try row.word(0), queue: try row.queueName(1), priority: try row.number(2, in: -100...100),
        scheduledAt: try row.instant(3))
    }
  }

  /// Lets a job that is being dispatched wait for a provider, without a slot.
  ///
  /// The caller knows that nothing was started. The row can then be claimed again, also by the next daemon.
  ///
  /// - Parameters:
  ///   - id: the attempt.
  ///   - fence: the token of its claim.
  /// - Returns: false for another fence or phase, or if the job has a stop reason: then it ends instead of waiting.
  /// - Throws: ``StoreError``, if the write failed.
  func park(_ id: JobID, fence: Int64) throws -> Bool {
    try connection.run(
      """
      UPDATE jobs SET phase = 'waiting_for_provider', error_message = NULL
      WHERE id = ? AND fence = ? AND phase = 'dispatching' AND stop_reason IS NULL
      """, id, fence)
    return connection.changes == 1
  }

  /// Records a stop reason for an attempt; the first reason stays, and decides its outcome.
  ///
  /// - Parameters:
  ///   - id: the attempt.
  ///   - fence: the token of its claim.
  ///   - reason: the reason. The worker enforces a time-out even if it cannot be recorded.
  ///   - now: the time of the stop.
  /// - Returns: false for another fence, a job with a reason, a terminal row, or an attempt that has exited.
  /// - Throws: ``StoreError``, if the write failed.
  func recordStop(_ id: JobID, fence: Int64, reason: StopReason, at now: Instant) throws -> Bool {
    let current = try connection.first("SELECT fence FROM jobs WHERE id = ?", id) { $0.integer(0) }
    guard current == fence, !exits.contains(id) else { return false }
    try recordStop(id, reason: reason, now: now)
    return connection.changes == 1
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
  /// - Throws: ``StoreError``, if the row cannot be read.
  func recordExit(_ id: JobID, fence: Int64) throws -> Bool {
    let isFirst = try connection.first(
      "SELECT stop_reason IS NULL FROM jobs WHERE id = ? AND fence = ? AND status IN ('QUEUED', 'RUNNING')", id, fence
    ) { $0.integer(0) != 0 }
    guard isFirst == true else { return false }
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
  func cancel(_ id: JobID, at now: Instant) throws -> PlanChange {
    let row = try connection.first(
      "SELECT status, phase, workflow_id, nominal_at, stop_reason FROM jobs WHERE id = ?", id
    ) { row in
      (
        status: try row.word(0) as JobStatus, phase: try row.optionalWord(1, as: Phase.self),
        workflow: row.optionalInteger(2).map(WorkflowID.init), nominalAt: try row.optionalInstant(3),
        stopReason: try row.optionalWord(4, as: StopReason.self)
      )
    }
    guard let row else { throw Refusal.notFound(.job(id)) }
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
        try record([skipped], of: workflow.id, on: grid, generation: workflow.generation, at: now)
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
      try recordStop(id, reason: .canceled, now: now)
      return try change { $0.stop = [id: row.stopReason ?? .canceled] }
    }
  }
}
