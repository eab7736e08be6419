internal import TactusModel
internal import TactusPorts

/// Chooses the index that a list of jobs walks, newest row first, and the condition that each row must meet.
///
/// For a single filter an index has its rows in order, so a page costs what it shows. With several filters, the scan
/// walks the index of the filter that usually matches least, and checks the others on each row. After ``budget`` rows
/// the page ends early.
struct JobScan {
  /// A walk over one index; several walks are merged.
  ///
  /// At one instant no row is in two walks of a scan, because a job has one status and one phase.
  enum Walk {
    /// The rows of an index, which are in order: newest first, ending at the limit or at ``JobScan/budget``.
    ///
    /// The term selects a part of the index in which row numbers are sorted. The empty name is the table.
    case ordered(index: String, term: String, values: [any Bindable])
    /// The rows of an index in another order: collected and sorted if they are few, else the table is walked.
    case collected(index: String, term: String, values: [any Bindable])

    /// The values of the parameters in the term, in order.
    var values: [any Bindable] {
      switch self {
      case .ordered(_, _, let values), .collected(_, _, let values): values
      }
    }
  }

  /// The most rows that one page examines in each walk.
  ///
  /// It bounds the time for which a page occupies its connection, whatever the filters and the store.
  static let budget = 1000

  /// The walks of a page, at least one; several only if the filter has several statuses.
  let walks: [Walk]
  /// The conditions that every row must meet.
  ///
  /// They repeat the condition of the walk, so that a walk over the table has all of them.
  private(set) var terms: [String] = []
  /// The values of the parameters in the terms, in order.
  private(set) var values: [any Bindable] = []

  /// Chooses the walks for a filter, and notes every condition of it.
  ///
  /// The index is that of the first filter given, in this order: phase, error code, live statuses only, workflow, other
  /// statuses, range of time, queue, kind, trigger. So the filter that usually matches least decides. All six statuses
  /// together choose no index.
  ///
  /// - Parameters:
  ///   - filter: the page that a client asked for.
  ///   - workflow: the number of the filter's workflow; nil if the filter names no workflow.
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

  /// Appends a condition and the values of its parameters.
  private mutating func add(_ term: String, _ value: [any Bindable]) {
    terms.append(term)
    values += value
  }

  /// All conditions as one SQL expression; `1` without conditions.
  ///
  /// A condition on NULL counts as not met: a held job, for example, is in no range of time.
  var condition: String { terms.isEmpty ? "1" : terms.map { "ifnull(\($0), 0)" }.joined(separator: " AND ") }

  /// Returns the statement of a walk.
  ///
  /// Bind the values of the scan, the values of the walk, the row number below which it begins, and the most rows to
  /// examine.
  ///
  /// The hint forces the index. Without it SQLite, which has no statistics of this store, may choose another one and
  /// sort.
  ///
  /// - Parameter walk: one of ``walks``, or ``table``.
  /// - Returns: SQL whose rows have two columns: the row number, and whether the row meets all conditions.
  func text(of walk: Walk) -> String {
    switch walk {
    case .ordered(let index, let term, _):
      let hint = index.isEmpty ? "" : " INDEXED BY \(index)"
      return "SELECT seq, \(condition) FROM jobs\(hint) WHERE \(term) AND seq < ? ORDER BY seq DESC LIMIT ?"
    case .collected(let index, let term, _):
      return "SELECT seq, \(condition) FROM jobs INDEXED BY \(index) WHERE \(term) AND seq < ? LIMIT ?"
    }
  }

  /// Returns the walks for a filter; see ``init(_:workflow:)`` for the order of the choice.
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

  /// Returns the walks for some of the statuses, which are not all live.
  ///
  /// QUEUED and RUNNING share one walk. PENDING needs one for each of its phases, because `jobs_by_phase` begins with
  /// the phase. Each terminal status is one part of `jobs_by_end`.
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

  /// Returns the walk for a phase: its part of `jobs_by_phase` if it refines PENDING only, else the live rows.
  private static func walk(_ phase: Phase) -> Walk {
    guard phase.statuses == [.pending] else { return live }
    return .ordered(index: "jobs_by_phase", term: "status = 'PENDING' AND phase = ?", values: [phase])
  }

  /// The QUEUED and RUNNING rows, usually as few as the queues' limits allow.
  ///
  /// Index `jobs_lane`; its rows are in the order of status and queue.
  private static var live: Walk { .collected(index: "jobs_lane", term: "status IN ('QUEUED', 'RUNNING')", values: []) }

  /// The whole table, newest row first, by the primary key.
  static var table: Walk { .ordered(index: "", term: "1", values: []) }
}
