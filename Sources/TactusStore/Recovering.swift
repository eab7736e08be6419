internal import TactusModel
internal import TactusPorts

/// Start-up, the regular check, and clocks that stepped back.
extension Tables {
  /// Cancels QUEUED automatic jobs that a newer due instant has overtaken, and tells what there is to do.
  func recover(at now: Instant) throws -> Recovered {
    try misfireOvertaken(now)
    var recovered = Recovered()
    recovered.remnants = try remnants()
    recovered.change.queued = try connection.all(
      """
      SELECT id, kind, queue, priority, scheduled_at FROM jobs
      WHERE status IN ('QUEUED', 'RUNNING') AND status = 'QUEUED' AND phase IN ('queued', 'waiting_for_provider')
      """
    ) { row in
      guard let queue = QueueName(row.text(2)) else { fatalError("a queue's name in the store is malformed") }
      return QueuedJob(
        id: row.jobID(0), kind: row.word(1), queue: queue, priority: Int(row.integer(3)), scheduledAt: row.instant(4))
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
    let overtaken = try connection.all(
      """
      SELECT j.id, j.workflow_id FROM jobs j
        JOIN workflows w ON w.id = j.workflow_id
        JOIN definitions d ON d.workflow_id = w.id AND d.generation = w.generation
        JOIN jobs p ON p.id = w.planned_job
      WHERE j.status IN ('QUEUED', 'RUNNING') AND j.status = 'QUEUED'
        AND j.phase IN ('queued', 'waiting_for_provider') AND j.trigger = 'AUTOMATIC' AND j.attempt = 1 AND d.misfire IN ('latest', 'skip') AND p.nominal_at <= ?
      """, now
    ) { (id: $0.jobID(0), workflow: WorkflowID(number: $0.integer(1))) }
    for row in overtaken {
      try close(
        row.id, of: row.workflow, as: .misfired, message: "a newer instant was due before it could start", now: now)
    }
  }

  func remnants() throws -> [Remnant] {
    try connection.all(
      """
      SELECT id, kind, queue, fence, status, boot_id, started_at, pid, pid_start, stop_reason,
        provider, container_id, timeout, (SELECT name FROM workflows WHERE workflows.id = jobs.workflow_id),
        phase = 'unverified', runner, error_message
      FROM jobs WHERE status IN ('QUEUED', 'RUNNING') AND phase NOT IN ('queued', 'waiting_for_provider')
      """
    ) { row in
      guard let queue = QueueName(row.text(2)) else { fatalError("a queue's name in the store is malformed") }
      var remnant = Remnant(
        id: row.jobID(0), workflow: row.optionalText(13).flatMap(WorkflowName.init), kind: row.word(1), queue: queue,
        fence: row.integer(3), status: row.word(4),
        bootID: row.text(5),
        facts: Self.facts(row),
        stopReason: row.optionalWord(9))
      remnant.isUnverified = row.integer(14) != 0
      remnant.obstacle = row.optionalText(16)
      return remnant
    }
  }

  private static func facts(_ row: borrowing Row) -> StartFacts? {
    guard let startedAt = row.optionalInstant(6) else { return nil }
    var facts = StartFacts(
      at: startedAt, processID: row.optionalInteger(7).map(Int.init), processStart: row.optionalInteger(8))
    facts.provider = row.optionalText(10).flatMap(ProviderName.init)
    facts.containerID = row.optionalText(11)
    facts.timeout = row.optionalSpan(12)
    facts.runner = row.optionalWord(15)
    return facts
  }

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
      let workflow = try workflow(id)
      guard let grid = workflow.grid else { continue }
      let target = try firstFree(grid, after: now, of: id, except: workflow.plannedJob)
      if let planned = workflow.plannedJob {
        if try target < nominal(of: planned) { try retime(planned, to: target) }
      } else if let unanswered = workflow.unansweredFrom, target < unanswered {
        try connection.run("UPDATE workflows SET unanswered_from = ? WHERE id = ?", target, id)
      }
    }
    return try change()
  }

  /// A decision that was made by a clock ahead is void for the instants that are to come again, and keeps its past part.
  ///
  /// What a person skips lies ahead from the beginning: it stays, as long as it was not decided in the future itself.
  private func voidDecisions(after now: Instant) throws {
    let rows = try connection.all(
      """
      SELECT n.id, n.workflow_id, n.generation, n.first_at, d.anchor_at, d.interval, d.starts_at_anchor
      FROM decisions n JOIN definitions d ON d.workflow_id = n.workflow_id AND d.generation = n.generation
      WHERE n.voided_at IS NULL AND n.last_at > ?1 AND n.decided_at > ?1
      """, now
    ) { row in
      (
        id: row.integer(0), first: row.instant(3),
        grid: row.optionalSpan(5).map {
          Grid(anchor: row.instant(4), interval: $0, startsAtAnchor: row.integer(6) != 0)
        }
      )
    }
    for row in rows {
      guard let grid = row.grid, let kept = grid.newest(through: now), kept >= row.first else {
        try connection.run("UPDATE decisions SET voided_at = ? WHERE id = ?", now, row.id)
        continue
      }
      let lost = grid.first(after: kept)
      try connection.run(
        """
        INSERT INTO decisions (workflow_id, generation, reason, first_at, last_at, count, decided_at, voided_at)
        SELECT workflow_id, generation, reason, ?, last_at, count - ?, decided_at, ? FROM decisions WHERE id = ?
        """, lost, grid.count(from: row.first, through: kept), now, row.id)
      try connection.run(
        "UPDATE decisions SET last_at = ?, count = ? WHERE id = ?",
        kept, grid.count(from: row.first, through: kept), row.id)
    }
  }
}
