public import TactusModel
public import TactusPorts

/// Why instants and jobs got what they got.
extension Archive {
  /// As ``LedgerReader`` says.
  public nonisolated func explanations(
    of workflow: WorkflowName, before instant: Instant?, limit: Int, now: Instant,
    answer: @escaping Answer<[Explanation]>
  ) {
    read(answer) { archive in
      let id = try archive.number(of: workflow)
      let before = instant ?? Instant(microseconds: .max)
      let positions = try archive.connection.all(
        """
        SELECT seq FROM jobs WHERE workflow_id = ? AND nominal_at < ? AND trigger = 'AUTOMATIC' AND attempt = 1
          AND replay_of IS NULL AND (status <> 'CANCELED' OR queued_at IS NOT NULL) ORDER BY nominal_at DESC LIMIT ?
        """, id, before, limit
      ) { $0.integer(0) }
      var explanations = try archive.jobs(at: positions).map { try archive.explanation(of: $0) }
      explanations += try archive.connection.readable(
        """
        SELECT reason, first_at, last_at, count, decided_at FROM decisions
        WHERE workflow_id = ? AND first_at < ? AND voided_at IS NULL ORDER BY first_at DESC LIMIT ?
        """, id, before, limit, read: Self.explanation)
      explanations.sort { ($0.nominalAt ?? before) > ($1.nominalAt ?? before) }
      return Array(explanations.prefix(limit))
    }
  }

  /// As ``LedgerReader`` says.
  public nonisolated func explanation(of job: JobID, answer: @escaping Answer<Explanation>) {
    read(answer) { try $0.explanation(of: $0.placed([$0.existing(job)])[0]) }
  }

  /// As ``LedgerReader`` says.
  public nonisolated func explanation(
    of workflow: WorkflowName, at instant: Instant, now: Instant, answer: @escaping Answer<Explanation>
  ) {
    read(answer) { archive in
      let id = try archive.number(of: workflow)
      if let job = try archive.job(of: id, at: instant) { return try archive.explanation(of: job) }
      if let decision = try archive.decision(of: id, at: instant) { return decision }
      return try archive.unanswered(id, workflow, instant, now)
    }
  }

  private func job(of workflow: WorkflowID, at instant: Instant) throws -> Job? {
    let planned = try connection.first(
      """
      SELECT seq FROM jobs WHERE workflow_id = ? AND nominal_at = ? AND trigger = 'AUTOMATIC' AND attempt = 1
        AND replay_of IS NULL AND (status <> 'CANCELED' OR queued_at IS NOT NULL)
      """, workflow, instant
    ) { $0.integer(0) }
    let position =
      try planned
      ?? connection.first(
        "SELECT seq FROM jobs INDEXED BY jobs_by_time WHERE scheduled_at = ? AND workflow_id = ? AND trigger = 'MANUAL'",
        instant, workflow
      ) { $0.integer(0) }
    return try position.flatMap { try placed(jobs(at: [$0])).first }
  }

  private func decision(of workflow: WorkflowID, at instant: Instant) throws -> Explanation? {
    let found = try connection.first(
      """
      SELECT n.reason, n.first_at, n.last_at, n.count, n.decided_at, d.interval, d.anchor_at, d.starts_at_anchor
      FROM decisions n JOIN definitions d ON d.workflow_id = n.workflow_id AND d.generation = n.generation
      WHERE n.workflow_id = ? AND n.first_at <= ? AND n.voided_at IS NULL ORDER BY n.first_at DESC LIMIT 1
      """, workflow, instant
    ) { (try Self.explanation($0), try $0.grid(5)) }
    guard let (explanation, grid) = found, explanation.lastAt ?? explanation.nominalAt ?? instant >= instant,
      grid?.newest(through: instant) == instant
    else { return nil }
    return explanation
  }

  /// An instant without a job and without a decision.
  private func unanswered(
    _ id: WorkflowID, _ name: WorkflowName, _ instant: Instant, _ now: Instant
  ) throws -> Explanation {
    let workflow = try connection.first(
      """
      SELECT w.state, w.created_at, w.terminated_at, p.nominal_at, d.interval, d.anchor_at, d.starts_at_anchor,
        w.terminated_reason, w.updated_at, d.max_consecutive_failures
      FROM workflows w JOIN definitions d ON d.workflow_id = w.id AND d.generation = w.generation
        LEFT JOIN jobs p ON p.id = w.planned_job WHERE w.id = ?
      """, id
    ) { row in
      (
        state: try row.word(0) as Workflow.State, createdAt: try row.instant(1),
        terminatedAt: try row.optionalInstant(2), planned: try row.optionalInstant(3), grid: try row.grid(4),
        reason: try row.optionalWord(7) as Workflow.TerminatedReason?, updatedAt: try row.instant(8),
        limit: row.optionalInteger(9).map(Int.init)
      )
    }
    func none(_ reason: String) -> Explanation { Explanation(nominalAt: instant, outcome: .none, reason: reason) }
    guard let workflow else {
      throw UnreadableRow(
        table: "workflows", row: name.text, column: "generation", problem: .damaged("its definition is missing"))
    }
    guard let grid = workflow.grid else {
      return none("\(name) has no schedule: it runs only when somebody asks for it")
    }
    guard instant >= workflow.createdAt else { return none("\(name) was made later, at \(workflow.createdAt)") }
    guard grid.newest(through: instant) == instant else {
      let before = grid.newest(through: instant).map { "\($0) and " } ?? ""
      return none("no instant of the schedule; the nearest are \(before)\(grid.first(after: instant))")
    }
    if workflow.state == .terminated {
      let since = workflow.terminatedAt.map { " since \($0)" } ?? ""
      let reason = workflow.reason ?? .user
      // With an edit since then it may be another limit.
      let isEdited = workflow.terminatedAt.map { workflow.updatedAt > $0 } ?? true
      let cause = reason.cause(limit: isEdited ? nil : workflow.limit)
      return Explanation(
        nominalAt: instant, outcome: .terminated,
        reason: "\(name) is terminated\(since), \(cause), and plans nothing; \(reason.wayOut(of: name.text))")
    }
    guard let planned = workflow.planned, instant > planned else {
      return none("no record of it is kept: it lies before the first instant of the schedule in force")
    }
    return Explanation(
      nominalAt: instant, outcome: .planned, reason: "is still to come; planned up to now is the run of \(planned)")
  }

  /// Why a job is where it is.
  func explanation(of job: Job) throws -> Explanation {
    var circumstances = Explanation.Circumstances()
    guard job.status == .pending || job.status == .queued else { return Explanation(of: job, in: circumstances) }
    circumstances.place = job.place
    if job.wait == .overlap, let name = job.workflow {
      circumstances.blocker = try connection.first(
        "SELECT id FROM jobs WHERE workflow_id = ? AND status IN ('QUEUED', 'RUNNING') ORDER BY seq LIMIT 1",
        number(of: name)
      ) { try $0.jobID(0) }
    }
    if job.phase == .queued || job.wait == .backlog {
      let counts = try connection.first(
        """
        SELECT count(*) FILTER (WHERE phase NOT IN ('queued', 'waiting_for_provider')), count(*) FILTER (WHERE status = 'QUEUED')
        FROM jobs WHERE status IN ('QUEUED', 'RUNNING') AND queue = ?
        """, job.queue
      ) { (taken: Int($0.integer(0)), queued: Int($0.integer(1))) }
      circumstances.running = counts?.taken ?? 0
      circumstances.queued = counts?.queued ?? 0
      circumstances.maxRunning = limits[job.queue]?.maxRunning
      circumstances.maxQueued = limits[job.queue]?.maxQueued
    }
    return Explanation(of: job, in: circumstances)
  }

  private static func explanation(_ row: borrowing Row) throws -> Explanation {
    let reason = row.anyWord(0, of: Decision.Reason.self)
    let (first, last, count) = (try row.instant(1), try row.instant(2), try row.count(3))
    guard let known = reason.known else {
      return Explanation(
        unknown: reason.rawValue, first: first, last: last, count: count, decidedAt: try row.instant(4))
    }
    return Explanation(
      of: Decision(reason: known, first: first, last: last, count: count), decidedAt: try row.instant(4))
  }
}
