public import TactusModel
public import TactusPorts

/// What is to come.
extension Archive {
  /// As ``LedgerReader`` says.
  public nonisolated func upcoming(
    of workflow: WorkflowName?, limit: Int, now: Instant, answer: @escaping Answer<[Upcoming]>
  ) {
    read(answer) { archive in
      var lines =
        try workflow.map { try archive.plannedRuns(of: archive.number(of: $0), limit, now) }
        ?? archive.plannedRuns(limit, now)
      let skipped = try archive.skipped(after: now)
      var runs: [Upcoming] = []
      // The earliest of all lines again and again: each line is a schedule, and goes on with its next instant.
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

  /// One schedule, or one job that was asked for.
  private struct Line {
    var run: Upcoming
    let workflow: WorkflowID
    let grid: Grid?

    var next: Instant { run.nominalAt }

    /// Goes to the next instant; false if there is none.
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

  private struct Skipped: Hashable {
    let workflow: WorkflowID
    let instant: Instant
  }

  /// What a person skipped ahead.
  private func skipped(after now: Instant) throws -> Set<Skipped> {
    Set(
      try connection.readable(
        "SELECT workflow_id, first_at FROM decisions INDEXED BY decisions_last WHERE last_at > ? AND voided_at IS NULL",
        now
      ) { Skipped(workflow: WorkflowID(number: $0.integer(0)), instant: try $0.instant(1)) })
  }

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
    // A run that waits already is not to come; what its schedule names next is.
    let waiting = try connection.readable(
      """
      SELECT w.name, j.kind, j.trigger, j.nominal_at, j.id, w.id, 1, d.interval, d.anchor_at, d.starts_at_anchor, j.phase
      FROM jobs j INDEXED BY jobs_by_phase JOIN workflows w ON w.planned_job = j.id AND w.id = j.workflow_id
        JOIN definitions d ON d.workflow_id = w.id AND d.generation = w.generation
      WHERE j.status = 'PENDING' AND j.phase = 'due' LIMIT ?
      """, limit
    ) { try Self.line($0, now) }
    return (scheduled + waiting).compactMap(\.self)
  }

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
