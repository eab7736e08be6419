public import TactusModel
public import TactusPorts

/// Statistics, from an index that has all they need.
extension Archive {
  /// As ``LedgerReader`` says.
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

  /// The rows of a window; of more than one workflow, each has its part of the index.
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

  private func value(of subject: StatisticsSubject) throws -> [any Bindable] {
    switch subject {
    case .all: []
    case .workflow(let name): [try number(of: name)]
    case .queue(let queue): [queue]
    case .kind(let kind): [kind]
    }
  }
}
