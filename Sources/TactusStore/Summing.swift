public import TactusModel
public import TactusPorts

/// Computes statistics from an index that holds all the columns they need.
///
/// `jobs_statistics` begins with the workflow and the end of a job, and has ended jobs only. The rows of the table are
/// not read, so a window of a million jobs reads only their entries.
extension Archive {
  /// Adds up the ends of jobs in a window, entry by entry.
  ///
  /// An end belongs to the window by the wall clock, from `from` to before `until`. An entry with a word of another
  /// version, or a damaged number, is reported and not counted. Jobs without a workflow are not counted.
  ///
  /// A workflow that never existed is answered with notFound. A queue or a kind without jobs has empty statistics.
  public nonisolated func statistics(
    of subject: StatisticsSubject, from: Instant, until: Instant, answer: @escaping Answer<Statistics>
  ) {
    read(answer) { archive in
      var statistics = Statistics(from: from, until: until)
      let text = Self.statisticsText(of: subject)
      let values = [from, until] + (try archive.value(of: subject))
      try archive.connection.each(dynamic: text, values) { row in
        try archive.connection.reporting {
          statistics.add(
            status: try row.word(0), completedAt: try row.instant(1), duration: try row.optionalSpan(2),
            startDelay: try row.optionalSpan(3))
        }
        return true
      }
      return statistics
    }
  }

  /// Returns the query for the rows of a window; more than one workflow is joined, so that each uses its part of the
  /// index.
  ///
  /// For a queue or a kind, the window of every workflow is read, and the condition is checked on each entry. Deleted
  /// workflows are included.
  ///
  /// - Parameter subject: decides the source of the rows and the last parameter.
  /// - Returns: SQL with two parameters, the bounds of the window, and a third one unless the subject is all jobs. The
  ///   columns are status, end, run time and start delay.
  static func statisticsText(of subject: StatisticsSubject) -> String {
    let all = "workflows w CROSS JOIN jobs j INDEXED BY jobs_statistics ON j.workflow_id = w.id"
    let (source, condition) =
      switch subject {
      case .all: (all, "")
      case .workflow: ("jobs j INDEXED BY jobs_statistics", " AND j.workflow_id = ?")
      case .queue: (all, " AND j.queue = ?")
      case .kind: (all, " AND j.kind = ?")
      }
    return """
      SELECT j.status, j.completed_at, j.duration, j.start_delay FROM \(source)
      WHERE j.completed_at IS NOT NULL AND j.completed_at >= ? AND j.completed_at < ?\(condition)
      """
  }

  /// Returns the value of the third parameter; empty for all jobs.
  ///
  /// - Throws: notFound if no workflow ever had the name; ``StoreError``.
  private func value(of subject: StatisticsSubject) throws -> [any Bindable] {
    switch subject {
    case .all: []
    case .workflow(let name): [try number(of: name)]
    case .queue(let queue): [queue]
    case .kind(let kind): [kind]
    }
  }
}
