internal import TactusModel
internal import TactusPorts

/// Start-up, the regular check, and clocks that stepped back.
extension Tables {
  /// Cancels QUEUED automatic jobs that a newer due instant has overtaken, and tells what there is to do.
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

  private func misfireOvertaken(_ now: Instant) throws {
    let overtaken = try connection.readable(
      """
      SELECT j.id, j.workflow_id FROM jobs j
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
      // Only to be left out if the phase is a word of another version.
      _ = try row.word(18, as: Phase.self)
      remnant.isUnverified = row.integer(14) != 0
      remnant.obstacle = row.optionalText(17)
      return remnant
    }
  }

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

  /// Processes that a job may have: neither the first one, nor what kill(2) takes for a group. Source: proc(5), PID_MAX_LIMIT
  private static let processes: ClosedRange<Int64> = 2...(1 << 22)

  /// Moves planned rows back that lie later than the first unanswered grid instant after now; never moves one later.
  func realign(at now: Instant) throws -> PlanChange {
    try voidDecisions(after: now)
    // Facts about the future belong to a clock that was wrong: they begin to hold now.
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

  /// A decision that was made by a clock ahead is void for the instants that are to come again, and keeps its past part.
  ///
  /// What a person skips lies ahead from the beginning: it stays, as long as it was not decided in the future itself.
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
