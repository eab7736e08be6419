internal import TactusModel
internal import TactusPorts

/// How the rows of a list are found, newest first: which index is walked, and what each row on it is asked.
///
/// A filter alone has an index with its rows in order, so a page costs what it shows. Of several, the one that usually
/// matches least is walked and the others are asked of each row; after ``budget`` rows the page ends early.
struct JobScan {
  /// One walk; several are merged.
  enum Walk {
    /// Rows of an index, in order.
    case ordered(index: String, term: String, values: [any Bindable])
    /// Rows of an index in another order: collected and sorted if they are few, else the table is walked.
    case collected(index: String, term: String, values: [any Bindable])

    var values: [any Bindable] {
      switch self {
      case .ordered(_, _, let values), .collected(_, _, let values): values
      }
    }
  }

  /// Rows that one page looks at, at most, in each walk.
  static let budget = 1000

  let walks: [Walk]
  /// What every row must satisfy.
  private(set) var terms: [String] = []
  private(set) var values: [any Bindable] = []

  init(_ filter: JobFilter, workflow: WorkflowID?) {
    walks = Self.walks(filter, workflow)
    let statuses = filter.statuses.sorted { $0.rawValue < $1.rawValue }
    if !statuses.isEmpty {
      add("status IN (\(Array(repeating: "?", count: statuses.count).joined(separator: ", ")))", statuses)
    }
    if let phase = filter.phase { add("phase = ?", [phase]) }
    if let code = filter.errorCode { add("error_code = ?", [code]) }
    if let workflow { add("workflow_id = ?", [workflow]) }
    if let queue = filter.queue { add("queue = ?", [queue]) }
    if let kind = filter.kind { add("kind = ?", [kind]) }
    if let trigger = filter.trigger { add("trigger = ?", [trigger]) }
    if let since = filter.since { add("scheduled_at >= ?", [since]) }
    if let until = filter.until { add("scheduled_at < ?", [until]) }
  }

  private mutating func add(_ term: String, _ value: [any Bindable]) {
    terms.append(term)
    values += value
  }

  /// What a row is asked, as one expression.
  var condition: String { terms.isEmpty ? "1" : terms.map { "ifnull(\($0), 0)" }.joined(separator: " AND ") }

  /// The statement of a walk: its values are those of the scan, those of the walk, the row before which it begins, and
  /// how many rows it looks at.
  func text(of walk: Walk) -> String {
    switch walk {
    case .ordered(let index, let term, _):
      let hint = index.isEmpty ? "" : " INDEXED BY \(index)"
      return "SELECT seq, \(condition) FROM jobs\(hint) WHERE \(term) AND seq < ? ORDER BY seq DESC LIMIT ?"
    case .collected(let index, let term, _):
      return "SELECT seq, \(condition) FROM jobs INDEXED BY \(index) WHERE \(term) AND seq < ? LIMIT ?"
    }
  }

  private static func walks(_ filter: JobFilter, _ workflow: WorkflowID?) -> [Walk] {
    if let phase = filter.phase { return [walk(phase)] }
    if let code = filter.errorCode {
      return [.ordered(index: "jobs_by_error", term: "error_code = ?", values: [code])]
    }
    if !filter.statuses.isEmpty, filter.statuses.isSubset(of: [.queued, .running]) { return [live] }
    if let workflow { return [.ordered(index: "jobs_by_workflow", term: "workflow_id = ?", values: [workflow])] }
    if !filter.statuses.isEmpty, filter.statuses.count < JobStatus.allCases.count { return walks(filter.statuses) }
    if filter.since != nil || filter.until != nil {
      let bounds: [any Bindable] = [
        filter.since ?? Instant(microseconds: .min), filter.until ?? Instant(microseconds: .max),
      ]
      return [.collected(index: "jobs_by_time", term: "scheduled_at >= ? AND scheduled_at < ?", values: bounds)]
    }
    if let queue = filter.queue { return [.ordered(index: "jobs_by_queue", term: "queue = ?", values: [queue])] }
    if let kind = filter.kind { return [.ordered(index: "jobs_by_kind", term: "kind = ?", values: [kind])] }
    if let trigger = filter.trigger {
      return [.ordered(index: "jobs_by_trigger", term: "trigger = ?", values: [trigger])]
    }
    return [table]
  }

  private static func walks(_ statuses: Set<JobStatus>) -> [Walk] {
    var walks: [Walk] = []
    if !statuses.isDisjoint(with: [.queued, .running]) { walks.append(live) }
    if statuses.contains(.pending) { walks += Phase.allCases.filter { $0.statuses == [.pending] }.map(walk) }
    for status in statuses.filter(\.isTerminal).sorted(by: { $0.rawValue < $1.rawValue }) {
      walks.append(
        .ordered(index: "jobs_by_end", term: "completed_at IS NOT NULL AND status = ?", values: [status]))
    }
    return walks
  }

  private static func walk(_ phase: Phase) -> Walk {
    guard phase.statuses == [.pending] else { return live }
    return .ordered(index: "jobs_by_phase", term: "status = 'PENDING' AND phase = ?", values: [phase])
  }

  /// QUEUED and RUNNING rows: usually as few as the queues' limits say.
  private static var live: Walk { .collected(index: "jobs_lane", term: "status IN ('QUEUED', 'RUNNING')", values: []) }

  /// All rows.
  static var table: Walk { .ordered(index: "", term: "1", values: []) }
}
