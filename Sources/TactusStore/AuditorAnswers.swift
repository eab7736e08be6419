internal import TactusModel

/// P2: for each workflow, every nominal instant before the planned one has exactly one answer.
extension Auditor {
  /// A generation's grid and the instants from which it holds, as plain numbers: this arithmetic is not the planner's.
  private struct Window {
    var generation: Int64
    var anchor: Int64
    var interval: Int64
    var startsAtAnchor: Bool
    var after: Int64
    var through: Int64

    /// The first instant of this window after another one.
    func next(after instant: Int64) -> Int64? {
      let bound = max(instant, after)
      if startsAtAnchor && bound < anchor { return anchor <= through ? anchor : nil }
      var remainder = bound.subtractingSaturated(anchor) % interval
      if remainder < 0 { remainder += interval }
      let candidate = bound.subtractingSaturated(remainder).addingSaturated(interval)
      return candidate <= through ? candidate : nil
    }

    /// Whether the grid has an instant that came after this window: a clock that was ahead may have reached it, before an
    /// edit that it made as well ended the window.
    func reaches(_ instant: Int64) -> Bool {
      instant > through && (!startsAtAnchor || instant >= anchor)
        && instant.subtractingSaturated(anchor) % interval == 0
    }
  }

  private struct AnswerRow {
    var first: Int64
    var last: Int64
    var count: Int64
    var generation: Int64?
    var isJob = false
    var label: String
  }

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

  private func check(_ id: Int64, _ name: String, end: Int64?) throws -> [Finding] {
    let answers = try answerRows(of: id)
    let windows = try windows(of: id, end: end, lastAnswer: answers.last?.last)
    var findings: [Finding] = []
    func find(_ message: String) { findings.append(Finding(promise: "P2", subject: name, message: message)) }
    func next(after instant: Int64) -> Int64? { windows.lazy.compactMap { $0.next(after: instant) }.first }
    var expected = next(after: .min / 2)
    for answer in answers {
      // Instants that a wrong clock had reached lie beyond the end; they are kept so that they never repeat.
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
      // One that is no interval is a finding of its own.
      guard let interval = row.interval, interval > 0 else { return nil }
      let isLast = index == rows.count - 1
      // Without a planned instant, which is a finding of its own, the newest grid is judged as far as it was answered.
      let through =
        isLast
        ? end.map { $0.subtractingSaturated(1) } ?? lastAnswer ?? row.from
        : min(rows[index + 1].from, (end ?? .max).subtractingSaturated(1))
      return Window(
        generation: row.generation, anchor: row.anchor, interval: interval, startsAtAnchor: row.startsAtAnchor,
        after: row.from, through: through)
    }
  }

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

  private func shown(_ microseconds: Int64) -> String { "\(Instant(microseconds: microseconds))" }
}
