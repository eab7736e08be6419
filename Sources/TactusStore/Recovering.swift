internal import TactusModel
internal import TactusPorts

/// Handles start-up, the regular check of rows against facts, and backward clock steps.
///
/// A forward clock step needs nothing here: it makes rows late, and every release handles lateness.
extension Tables {
  /// Applies the rules of start-up, and returns the state that the workers keep in memory.
  ///
  /// It is called once, after ``realign(at:)`` and the load of files. It first cancels overtaken jobs, so these are
  /// not in `queued`.
  ///
  /// - Parameter now: the time of the cancellations.
  /// - Returns: the claimed and RUNNING rows. `change.queued` has the jobs that wait for a slot or a provider, in no
  ///   order. `change.backlogged` has the queues with rows that wait for room. `waiting` has the workflows with any
  ///   PENDING/due row. `change.preparations` has the unfinished images.
  /// - Throws: ``LeftAlone`` for an overtaken job that cannot be closed.
  func recover(at now: Instant) throws -> Recovered {
    try misfireOvertaken(now)
    var recovered = Recovered()
    recovered.remnants = try remnants()
    recovered.change.queued = try connection.readable(
      """
      SELECT id, kind, queue, priority, scheduled_at FROM jobs
      WHERE status IN ('QUEUED', 'RUNNING') AND status = 'QUEUED' AND phase IN ('queued', 'waiting_for_provider')
      """
    ) { row in
      QueuedJob(
        id: try row.jobID(0), kind: try row.word(1), queue: try row.queueName(2),
        priority: try row.number(3, in: -100...100), scheduledAt: try row.instant(4))
    }
    recovered.change.backlogged = Set(
      try connection.all("SELECT DISTINCT queue FROM jobs WHERE wait = 'backlog'") { $0.text(0) }
        .compactMap(QueueName.init))
    recovered.waiting = Set(
      try connection.all("SELECT DISTINCT workflow_id FROM jobs WHERE phase = 'due'") {
        WorkflowID(number: $0.integer(0))
      })
    recovered.change.preparations = try unpreparedBuilds()
    try complete(&recovered.change)
    return recovered
  }

  /// Cancels QUEUED automatic first attempts that a newer due instant has overtaken, as MISFIRED.
  ///
  /// A job is overtaken if the planned job of its workflow is due. `Misfire=all` of the newest generation exempts it,
  /// because then each instant runs. Claimed jobs are exempt, because something may have been started.
  private func misfireOvertaken(_ now: Instant) throws {
    let overtaken = try connection.readable(
      """
      SELECT j.id, j.workflow_id FROM jobs j INDEXED BY jobs_lane
        JOIN workflows w ON w.id = j.workflow_id
        JOIN definitions d ON d.workflow_id = w.id AND d.generation = w.generation
        JOIN jobs p ON p.id = w.planned_job
      WHERE j.status IN ('QUEUED', 'RUNNING') AND j.status = 'QUEUED'
        AND j.phase IN ('queued', 'waiting_for_provider') AND j.trigger = 'AUTOMATIC' AND j.attempt = 1 AND d.misfire IN ('latest', 'skip') AND p.nominal_at <= ?
      """, now
    ) { (id: try $0.jobID(0), workflow: WorkflowID(number: $0.integer(1))) }
    for row in overtaken {
      try each(.job(row.id)) {
        try close(
          row.id, of: row.workflow, as: .misfired, message: "a newer instant was due before it could start", now: now)
      }
    }
  }

  /// Returns the claimed and RUNNING rows, with all that is needed to find what they started.
  ///
  /// It changes nothing, and serves the regular check and the start. Parked jobs are no remnants, because nothing of
  /// them was started. A row with a word of another version is reported and left out. The index is `jobs_lane`.
  ///
  /// - Returns: the rows in no particular order; empty if nothing is claimed or running.
  /// - Throws: ``StoreError``, if the rows cannot be read.
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

  /// Moves planned jobs earlier that are later than their first unanswered grid instant after now.
  ///
  /// Called at start-up and whenever the clock was set, because a step backwards makes instants repeat. It never
  /// moves a job later, and it does not touch released or MANUAL jobs. In this order it
  ///
  /// - voids decisions that a clock ahead made for instants after now, which frees these instants;
  /// - moves `valid_from` and `resumed_at` from the future to now, so that failures count again;
  /// - moves each planned job, or the unanswered instant of a terminated workflow, to the first free instant after
  ///   now.
  ///
  /// It walks all definitions and workflows, which only a start or a clock step may cost.
  ///
  /// - Parameter now: the time by the wall clock after the step.
  /// - Returns: a change with the new `nextDue`, and nothing to enqueue.
  /// - Throws: ``LeftAlone`` for a workflow whose rows cannot be read; it keeps its plan.
  func realign(at now: Instant) throws -> PlanChange {
    try voidDecisions(after: now)
    // Facts dated in the future were recorded by a wrong clock. They are in force from now on.
    try connection.run("UPDATE definitions SET valid_from = ? WHERE valid_from > ?", now, now)
    try connection.run("UPDATE workflows SET resumed_at = ? WHERE resumed_at > ?", now, now)
    let candidates = try connection.all(
      """
      SELECT w.id FROM workflows w
        JOIN definitions d ON d.workflow_id = w.id AND d.generation = w.generation
        LEFT JOIN jobs p ON p.id = w.planned_job
      WHERE w.deleted_at IS NULL AND ifnull(p.nominal_at, w.unanswered_from) > ? + d.interval
      """, now
    ) { WorkflowID(number: $0.integer(0)) }
    for id in candidates {
      try each(.workflow(id)) { try realign(id, now) }
    }
    return try change()
  }

  /// Moves the plan of one workflow to its first free instant after now, if that is earlier.
  ///
  /// The plan is its planned job or, while it is terminated, `unanswered_from`. A workflow without a schedule has
  /// neither.
  private func realign(_ id: WorkflowID, _ now: Instant) throws {
    let workflow = try workflow(id)
    guard let grid = workflow.grid else { return }
    let target = try firstFree(grid, after: now, of: id, except: workflow.plannedJob)
    if let planned = workflow.plannedJob {
      if try target < nominal(of: planned) { try retime(planned, to: target) }
    } else if let unanswered = workflow.unansweredFrom, target < unanswered {
      try connection.run("UPDATE workflows SET unanswered_from = ? WHERE id = ?", target, id)
    }
  }

  /// Voids decisions that a clock ahead made, for the instants that now repeat; their past part stays in force.
  ///
  /// Both the last instant and `decided_at` must be after now. A person skips instants ahead of time, and such a
  /// decision stays in force unless its own time is in the future. The index is `decisions_last`.
  /// Source: docs/adr/0005
  private func voidDecisions(after now: Instant) throws {
    let rows = try connection.readable(
      """
      SELECT n.id, n.workflow_id, n.generation, n.first_at, d.interval, d.anchor_at, d.starts_at_anchor
      FROM decisions n JOIN definitions d ON d.workflow_id = n.workflow_id AND d.generation = n.generation
      WHERE n.voided_at IS NULL AND n.last_at > ?1 AND n.decided_at > ?1
      """, now
    ) { row in
      (
        id: row.integer(0), workflow: WorkflowID(number: row.integer(1)), first: try row.instant(3),
        grid: try row.grid(4)
      )
    }
    for row in rows {
      try each(.workflow(row.workflow)) { try voidDecision(row.id, from: row.first, on: row.grid, now) }
    }
  }

  /// Voids the part of a decision after now, and keeps the rest in force.
  ///
  /// Without a past part, or without a grid, the whole record is voided. Otherwise the future part becomes a voided
  /// record of its own, so that no count is lost. Example in seconds, on a grid of 10: at 55, the nine instants 10 to
  /// 90 become five in force (10 to 50) and four voided (60 to 90).
  ///
  /// - Parameters:
  ///   - id: the row in `decisions`.
  ///   - first: its first instant.
  ///   - grid: the grid of the generation that it was made for.
  ///   - now: the time by the wall clock, which is also `voided_at`.
  /// - Throws: ``StoreError``, if the write failed.
  private func voidDecision(_ id: Int64, from first: Instant, on grid: Grid?, _ now: Instant) throws {
    guard let grid, let kept = grid.newest(through: now), kept >= first else {
      return try connection.run("UPDATE decisions SET voided_at = ? WHERE id = ?", now, id)
    }
    let (lost, count) = (grid.first(after: kept), grid.count(from: first, through: kept))
    try connection.run(
      """
      INSERT INTO decisions (workflow_id, generation, reason, first_at, last_at, count, decided_at, voided_at)
      SELECT workflow_id, generation, reason, ?, last_at, count - ?, decided_at, ? FROM decisions WHERE id = ?
      """, lost, count, now, id)
    try connection.run("UPDATE decisions SET last_at = ?, count = ? WHERE id = ?", kept, count, id)
  }
}
