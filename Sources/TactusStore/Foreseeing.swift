public import TactusModel
public import TactusPorts

/// Lists upcoming runs: planned rows, and instants computed from the grids behind them.
///
/// Only the next run of a schedule has a row. Later ones follow the grid of the newest generation. The list shows
/// nominal instants only: overlap, a full queue and later edits are not foreseen.
extension Archive {
  /// Returns the next runs of all workflows, or of one, earliest first.
  ///
  /// MANUAL jobs with a start time are listed among the runs of schedules. Held jobs, and MANUAL jobs that already
  /// wait, are left out. The schedule of a planned job that waits continues with its first instant after now. Rows
  /// that cannot be read are reported and left out. The cost is `limit` times the number of lines, which is at most
  /// twice `limit`.
  ///
  /// - Parameters:
  ///   - workflow: nil for all. A deleted workflow with this name has no runs.
  ///   - limit: the most runs. Zero gives an empty answer.
  ///   - now: the instant after which a waiting schedule continues.
  ///   - answer: called on ``queue``; notFound, if no workflow ever had the name.
  public nonisolated func upcoming(
    of workflow: WorkflowName?, limit: Int, now: Instant, answer: @escaping Answer<[Upcoming]>
  ) {
    read(answer) { archive in
      var lines =
        try workflow.map { try archive.plannedRuns(of: archive.number(of: $0), limit, now) }
        ?? archive.plannedRuns(limit, now)
      let skipped = try archive.skipped(after: now)
      var runs: [Upcoming] = []
      // Repeatedly take the earliest run of all lines. A line is one schedule, and then advances to its next instant.
      while runs.count < limit, let next = lines.indices.min(by: { lines[$0].next < lines[$1].next }) {
        runs.append(lines[next].run)
        guard lines[next].advance(past: skipped) else {
          lines.remove(at: next)
          continue
        }
      }
      return runs
    }
  }

  /// A source of runs: a schedule, or one MANUAL job.
  private struct Line {
    /// The earliest run of the line that is not listed yet.
    ///
    /// After the first run of a schedule its job is nil, because later runs have no row.
    var run: Upcoming
    let workflow: WorkflowID
    /// The grid of the newest generation; nil for a MANUAL job, which has one run.
    let grid: Grid?

    var next: Instant { run.nominalAt }

    /// Moves to the next instant of the grid that no person skipped.
    ///
    /// - Parameter skipped: instants of all workflows that have a decision ahead of time.
    /// - Returns: false if the line has no more runs, as for a MANUAL job.
    mutating func advance(past skipped: Set<Skipped>) -> Bool {
      guard let grid else { return false }
      repeat {
        run.nominalAt = grid.first(after: run.nominalAt)
      } while skipped.contains(
        Skipped(workflow: workflow, instant: run.nominalAt))
      run.job = nil
      return true
    }
  }

  /// An instant of a workflow that was answered ahead of time.
  private struct Skipped: Hashable {
    let workflow: WorkflowID
    let instant: Instant
  }

  /// Returns the instants that a person skipped ahead of time, of all workflows.
  ///
  /// Decisions that end after now are single instants, so the first instant of each is enough. The query searches the
  /// index `decisions_last` and does not read older decisions.
  private func skipped(after now: Instant) throws -> Set<Skipped> {
    Set(
      try connection.readable(
        "SELECT workflow_id, first_at FROM decisions INDEXED BY decisions_last WHERE last_at > ? AND voided_at IS NULL",
        now
      ) { Skipped(workflow: WorkflowID(number: $0.integer(0)), instant: try $0.instant(1)) })
  }

  /// Returns the lines of all workflows: scheduled jobs, earliest first, then schedules whose planned job waits.
  ///
  /// Of the scheduled jobs, `limit` are enough, because they are in order. Of the planned jobs that wait, all are read:
  /// the next instants of their schedules decide, and no index has those. There is one per workflow at most. The
  /// indexes are `jobs_due` and `jobs_by_phase`, so ended jobs cost nothing.
  private func plannedRuns(_ limit: Int, _ now: Instant) throws -> [Line] {
    let scheduled = try connection.readable(
      """
      SELECT w.name, j.kind, j.trigger, j.nominal_at, j.id, w.id, j.id = w.planned_job, d.interval, d.anchor_at,
        d.starts_at_anchor, j.phase
      FROM jobs j INDEXED BY jobs_due JOIN workflows w ON w.id = j.workflow_id
        JOIN definitions d ON d.workflow_id = w.id AND d.generation = w.generation
      WHERE j.phase = 'scheduled' ORDER BY j.scheduled_at LIMIT ?
      """, limit
    ) { try Self.line($0, now) }
    // A run that already waits is not upcoming. The next instant of its schedule is.
    let waiting = try connection.readable(
      """
      SELECT w.name, j.kind, j.trigger, j.nominal_at, j.id, w.id, 1, d.interval, d.anchor_at, d.starts_at_anchor, j.phase
      FROM jobs j INDEXED BY jobs_by_phase JOIN workflows w ON w.planned_job = j.id AND w.id = j.workflow_id
        JOIN definitions d ON d.workflow_id = w.id AND d.generation = w.generation
      WHERE j.status = 'PENDING' AND j.phase = 'due'
      """
    ) { try Self.line($0, now) }
    return (scheduled + waiting).compactMap(\.self)
  }

  /// Returns the lines of one workflow: its PENDING jobs with a nominal instant, earliest first.
  ///
  /// Held jobs have no such instant. The index is `jobs_pending`.
  private func plannedRuns(of workflow: WorkflowID, _ limit: Int, _ now: Instant) throws -> [Line] {
    try connection.readable(
      """
      SELECT w.name, j.kind, j.trigger, j.nominal_at, j.id, w.id, j.id = w.planned_job, d.interval, d.anchor_at,
        d.starts_at_anchor, j.phase
      FROM jobs j INDEXED BY jobs_pending JOIN workflows w ON w.id = j.workflow_id
        JOIN definitions d ON d.workflow_id = w.id AND d.generation = w.generation
      WHERE j.status = 'PENDING' AND j.workflow_id = ? AND j.nominal_at IS NOT NULL ORDER BY j.nominal_at LIMIT ?
      """, workflow, limit
    ) { try Self.line($0, now) }
    .compactMap(\.self)
  }

  /// Reads a line; nil for a MANUAL job that already waits.
  ///
  /// All three queries select these columns in order: name, kind, trigger, nominal instant, job, workflow, whether
  /// the job is the planned one, the three columns of the grid, phase.
  ///
  /// - Parameters:
  ///   - row: a row of these columns.
  ///   - now: the instant after which the schedule of a waiting job continues.
  /// - Returns: the line, whose job is nil if the planned one already waits.
  /// - Throws: ``UnreadableRow``, if the name, an instant or the grid cannot be read.
  private static func line(_ row: borrowing Row, _ now: Instant) throws -> Line? {
    let name = try row.workflowName(0)
    let grid = row.integer(6) != 0 ? try row.grid(7) : nil
    var run = Upcoming(
      workflow: name, kind: row.anyWord(1), trigger: row.anyWord(2), nominalAt: try row.instant(3),
      job: try row.jobID(4))
    if row.anyWord(10, of: Phase.self) == .due {
      guard let grid else { return nil }
      run.nominalAt = grid.first(after: max(now, run.nominalAt))
      run.job = nil
    }
    return Line(run: run, workflow: WorkflowID(number: row.integer(5)), grid: grid)
  }
}
