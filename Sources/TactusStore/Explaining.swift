public import TactusModel
public import TactusPorts

/// Explains why instants and jobs have their answers.
///
/// An explanation is a value; TactusMessages has the sentences. It shows committed rows only, and a word of another
/// version as it is stored. Source: docs/adr/0020; docs/reliability.md, P2
extension Archive {
  /// Explains the nominal instants of a workflow that have an answer, newest first.
  ///
  /// An instant is explained by its automatic job, planned or released, or by a decision in force. A decision over
  /// several instants is one explanation, at its first instant. MANUAL jobs are no answers. For the next page, pass
  /// the nominal instant of the last explanation. The indexes are `jobs_nominal` and `decisions_first`, so the cost
  /// depends on `limit`.
  ///
  /// - Parameters:
  ///   - workflow: the name, also of a workflow that was deleted.
  ///   - instant: only instants before it; nil for all.
  ///   - limit: the most explanations. Zero gives an empty answer.
  ///   - now: not used, because rows alone decide.
  ///   - answer: called on ``queue``. Rows that cannot be read are reported and left out. NotFound, if no workflow
  ///     ever had the name.
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

  /// Explains the state of one job, and for a waiting job what it waits for.
  ///
  /// - Parameters:
  ///   - job: an attempt in any status.
  ///   - answer: called on ``queue``; notFound, if the job does not exist, and conflict, if its row cannot be read.
  public nonisolated func explanation(of job: JobID, answer: @escaping Answer<Explanation>) {
    read(answer) { try $0.explanation(of: $0.placed([$0.existing(job)])[0]) }
  }

  /// Explains one instant of a workflow: by its job, else by a decision, else by the rule that gives it no answer.
  ///
  /// A MANUAL job explains its start time if the schedule has no job there.
  ///
  /// - Parameters:
  ///   - workflow: the name, also of a workflow that was deleted.
  ///   - instant: compared exactly, to the microsecond.
  ///   - now: not used, because rows alone decide.
  ///   - answer: called on ``queue``; notFound, if no workflow ever had the name.
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

  /// Returns the automatic job of an instant, else a MANUAL job that starts then; nil without one.
  ///
  /// A planned job that was CANCELED before its release is left out, because a decision answers its instant.
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

  /// Returns the explanation of the decision in force that covers an instant; nil without one.
  ///
  /// Only the newest decision that begins at the instant or before it is examined. The instant must be on the grid of
  /// the generation that the decision was made for.
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

  /// Explains an instant that has neither a job nor a decision.
  ///
  /// The first rule that applies decides:
  ///
  /// - the workflow has no schedule;
  /// - the instant is before its creation;
  /// - the grid does not name it: the answer has the nearest instants before and after it;
  /// - the workflow is terminated: the answer has the reason, and the limit of failures unless an edit may have
  ///   changed it;
  /// - it is not after the planned job: the schedule in force began later;
  /// - it is after the planned job: it is not planned yet.
  ///
  /// - Throws: ``UnreadableRow``, if the workflow has no readable definition.
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
    /// Returns an explanation without a job or a decision, for this reason.
    func none(_ reason: Explanation.Reason) -> Explanation {
      Explanation(nominalAt: instant, outcome: .none, reason: reason)
    }
    guard let workflow else {
      throw UnreadableRow(
        table: "workflows", row: name.text, column: "generation", problem: .damaged(.missingDefinition))
    }
    guard let grid = workflow.grid else {
      return none(.unscheduled(name))
    }
    guard instant >= workflow.createdAt else { return none(.notYetCreated(name, workflow.createdAt)) }
    guard grid.newest(through: instant) == instant else {
      return none(.notNominal(before: grid.newest(through: instant), after: grid.first(after: instant)))
    }
    if workflow.state == .terminated {
      // If the workflow was edited since its termination, the limit may have changed.
      let isEdited = workflow.terminatedAt.map { workflow.updatedAt > $0 } ?? true
      return Explanation(
        nominalAt: instant, outcome: .terminated,
        reason: .terminated(
          name, workflow.reason ?? .user, since: workflow.terminatedAt, limit: isEdited ? nil : workflow.limit))
    }
    guard let planned = workflow.planned, instant > planned else {
      return none(.notKept)
    }
    return Explanation(nominalAt: instant, outcome: .planned, reason: .notYetPlanned(upTo: planned))
  }

  /// Explains the state of a job.
  ///
  /// A job that is neither PENDING nor QUEUED needs no further rows. For a job that waits for overlap, the blocker is
  /// the oldest live job of its workflow. For one that waits for a slot or for room, the jobs of its queue are
  /// counted in the index `jobs_lane`.
  ///
  /// - Parameter job: a row, whose place in the queue is passed on.
  /// - Returns: an explanation with the outcome `unknown`, if the status or the phase is a word of another version.
  /// - Throws: ``StoreError``, if the rows cannot be read.
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
      let limits = queues[job.queue]
      (circumstances.maxRunning, circumstances.maxQueued) = (limits?.maxRunning, limits?.maxQueued)
    }
    return Explanation(of: job, in: circumstances)
  }

  /// Reads a decision from the columns reason, first and last instant, count, and time of the decision.
  ///
  /// A reason of another version gets the outcome `unknown`, with its word.
  ///
  /// - Throws: ``UnreadableRow``, if an instant or the count cannot be read.
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
