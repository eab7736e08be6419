internal import TactusModel

/// P2, first half: for each workflow, every nominal instant before the planned one has exactly one answer.
///
/// Instants and intervals are plain microseconds here. The planner's types are not used, so that one mistake in them
/// cannot hide in both.
extension Auditor {
  /// The grid of a generation and its period of validity, in plain numbers: the planner's arithmetic is not used here.
  ///
  /// A generation names the instants after `after`, up to `through`. The windows of a workflow follow each other in the
  /// order of generations.
  private struct Window {
    var generation: Int64
    /// One instant of the grid; the first one if `startsAtAnchor` is set.
    var anchor: Int64
    /// The step of the grid in microseconds; positive, because other rows become no window.
    var interval: Int64
    var startsAtAnchor: Bool
    /// When the generation came into force; this instant itself belongs to the generation before.
    var after: Int64
    /// The last instant that the generation may name; smaller than `after` if the window is empty.
    var through: Int64

    /// Returns the first instant of this window after another instant; nil if there is no such instant.
    func next(after instant: Int64) -> Int64? {
      let bound = max(instant, after)
      if startsAtAnchor && bound < anchor { return anchor <= through ? anchor : nil }
      var remainder = bound.subtractingSaturated(anchor) % interval
      if remainder < 0 { remainder += interval }
      let candidate = bound.subtractingSaturated(remainder).addingSaturated(interval)
      return candidate <= through ? candidate : nil
    }

    /// Whether the grid has this instant after the end of the window.
    ///
    /// A clock that was ahead may have reached the instant before an edit, made by the same clock, ended the window.
    func reaches(_ instant: Int64) -> Bool {
      instant > through && (!startsAtAnchor || instant >= anchor)
        && instant.subtractingSaturated(anchor) % interval == 0
    }
  }

  /// A job or a decision, as an answer to one instant or to a range of them.
  private struct AnswerRow {
    var first: Int64
    var last: Int64
    /// The number of instants that the row claims to answer; 1 for a job.
    var count: Int64
    /// The generation that answered; nil for a job without one.
    var generation: Int64?
    /// Whether a released job answers; only a job may be beyond its window, see ``Window/reaches(_:)``.
    var isJob = false
    /// What a finding calls the row: `job 0190…`, `the decision 'missed'`.
    var label: String
  }

  /// Checks each workflow that is not deleted, in the order of their names.
  ///
  /// The end of a check is the planned instant. A terminated workflow has none, so `unanswered_from` takes its place.
  /// Without both, the check ends with the last answer.
  ///
  /// - Returns: findings of P2, by workflow and then by instant.
  /// - Throws: ``StoreError`` if a statement fails.
  func answers() throws -> [Finding] {
    let workflows = try connection.all(
      """
      SELECT w.id, w.name, coalesce(p.nominal_at, w.unanswered_from) FROM workflows w
        LEFT JOIN jobs p ON p.id = w.planned_job
      WHERE w.deleted_at IS NULL ORDER BY w.name
      """
    ) { (id: $0.integer(0), name: $0.text(1), end: $0.optionalInteger(2)) }
    return try workflows.flatMap { try check($0.id, $0.name, end: $0.end) }
  }

  /// Compares the answers of a workflow, by their first instants, with the instants that its windows name.
  ///
  /// - Each missing instant gives one finding. The check of this workflow stops when it has more than twenty.
  /// - An answer that repeats an instant, or names one that is not nominal, gives one finding and is skipped.
  /// - A decision gives one if its count differs from the number of instants between its bounds.
  ///
  /// - Parameters:
  ///   - id: the number of the workflow.
  ///   - name: its name, the subject of the findings.
  ///   - end: the planned or the first unanswered instant, which needs no answer yet; nil if there is neither.
  /// - Returns: findings in the order of instants; empty if every instant has exactly one answer.
  /// - Throws: ``StoreError`` if a statement fails.
  private func check(_ id: Int64, _ name: String, end: Int64?) throws -> [Finding] {
    let answers = try answerRows(of: id)
    let windows = try windows(of: id, end: end, lastAnswer: answers.last?.last)
    var findings: [Finding] = []
    func find(_ message: String) { findings.append(Finding(promise: "P2", subject: name, message: message)) }
    func next(after instant: Int64) -> Int64? { windows.lazy.compactMap { $0.next(after: instant) }.first }
    var expected = next(after: .min / 2)
    for answer in answers {
      // Instants that a wrong clock reached are beyond the end. Their answers are kept so that they never repeat.
      if let end, answer.first >= end { break }
      if end == nil && windows.isEmpty { break }
      while let missing = expected, missing < answer.first {
        find("\(shown(missing)) has neither a job nor a decision; the next answer is \(answer.label)")
        expected = next(after: missing)
        if findings.count > 20 { return findings }
      }
      if expected != answer.first, answer.isJob, next(after: answer.first.subtractingSaturated(1)) != answer.first,
        windows.contains(where: { $0.generation == answer.generation && $0.reaches(answer.first) })
      {
        continue
      }
      if expected != answer.first {
        find("\(answer.label) at \(shown(answer.first)) answers an instant twice, or one that is not nominal")
        continue
      }
      if let interval = windows.last(where: { $0.generation == answer.generation })?.interval {
        let span = answer.last.subtractingSaturated(answer.first)
        let count = (span / interval).addingSaturated(1)
        if count != answer.count || span % interval != 0 {
          find("\(answer.label) from \(shown(answer.first)) counts \(answer.count.counted("instant")), not \(count)")
        }
      }
      expected = next(after: answer.last)
    }
    if let expected {
      find("\(shown(expected)) has neither a job nor a decision, and lies before the planned instant")
    }
    return findings
  }

  /// Returns the windows of all generations with a schedule, in the order of generations.
  ///
  /// A window ends where the next generation begins, and before `end`. It is empty if the clock stepped back between
  /// two edits.
  ///
  /// - Parameters:
  ///   - workflow: the number of the workflow.
  ///   - end: the first instant that needs no answer; nil if it is unknown.
  ///   - lastAnswer: the end of the newest answer; nil without answers.
  /// - Returns: windows by generation; empty for a workflow that only runs on demand.
  /// - Throws: ``StoreError`` if the statement fails.
  private func windows(of workflow: Int64, end: Int64?, lastAnswer: Int64?) throws -> [Window] {
    let rows = try connection.all(
      """
      SELECT generation, anchor_at, interval, starts_at_anchor, valid_from FROM definitions
      WHERE workflow_id = ? ORDER BY generation
      """, workflow
    ) { row in
      (
        generation: row.integer(0), anchor: row.integer(1), interval: row.optionalInteger(2),
        startsAtAnchor: row.integer(3) != 0, from: row.integer(4)
      )
    }
    return rows.enumerated().compactMap { index, row in
      // An invalid interval is reported by another check.
      guard let interval = row.interval, interval > 0 else { return nil }
      let isLast = index == rows.count - 1
      // Without a planned instant, which is reported by another check, the newest grid is checked up to its last
      // answer.
      let through =
        isLast
        ? end.map { $0.subtractingSaturated(1) } ?? lastAnswer ?? row.from
        : min(rows[index + 1].from, (end ?? .max).subtractingSaturated(1))
      return Window(
        generation: row.generation, anchor: row.anchor, interval: interval, startsAtAnchor: row.startsAtAnchor,
        after: row.from, through: through)
    }
  }

  /// Returns the answers of a workflow by their first instants: released automatic first attempts, and decisions in
  /// force.
  ///
  /// A job that was withdrawn before its release is no answer, and neither are manual jobs and voided decisions.
  /// Indexes `jobs_nominal` and `decisions_first`. Answers with the same instant are in any order.
  ///
  /// - Parameter workflow: the number of the workflow.
  /// - Returns: jobs and decisions together; a job whose id cannot be read is left out.
  /// - Throws: ``StoreError`` if a statement fails.
  private func answerRows(of workflow: Int64) throws -> [AnswerRow] {
    let released = try connection.readable(
      """
      SELECT nominal_at, id, generation FROM jobs WHERE workflow_id = ? AND trigger = 'AUTOMATIC' AND attempt = 1
        AND replay_of IS NULL AND queued_at IS NOT NULL
      """, workflow
    ) { row in
      AnswerRow(
        first: row.integer(0), last: row.integer(0), count: 1, generation: row.optionalInteger(2), isJob: true,
        label: "job \(try row.jobID(1))")
    }
    let decided = try connection.all(
      """
      SELECT first_at, last_at, count, generation, reason FROM decisions
      WHERE workflow_id = ? AND voided_at IS NULL
      """, workflow
    ) { row in
      AnswerRow(
        first: row.integer(0), last: row.integer(1), count: row.integer(2), generation: row.integer(3),
        label: "the decision '\(row.text(4))'")
    }
    return (released + decided).sorted { $0.first < $1.first }
  }

  /// Writes an instant as findings do: `2026-12-01T03:00:00.000000Z`.
  private func shown(_ microseconds: Int64) -> String { "\(Instant(microseconds: microseconds))" }
}
