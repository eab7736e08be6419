public import TactusModel

/// `io.tactus.Workflows.Upcoming`: the next runs, earliest first.
public struct ListUpcoming: Request {
  /// The full name.
  public static let method = "io.tactus.Workflows.Upcoming"
  /// Those of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// A list.
  public static let right = Right.look

  /// Only those of this workflow.
  public var name: String?
  /// 1 … 1000; 10 if absent.
  public var limit: Int?

  /// Asks for them.
  public init(name: String? = nil, limit: Int? = nil) {
    self.name = name
    self.limit = limit
  }

  /// The runs.
  public struct Reply: Codable, Hashable, Sendable {
    /// Earliest first.
    public var runs: [WireUpcoming]

    /// Puts them together.
    public init(runs: [WireUpcoming]) { self.runs = runs }
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case name, limit
  }
}

/// One run that is to come.
public struct WireUpcoming: Codable, Hashable, Sendable {
  /// Of which workflow.
  public var workflow: String
  /// What it runs.
  public var kind: Word<Kind>
  /// By the schedule, or asked for.
  public var trigger: Word<Trigger>
  /// When.
  public var nominalAt: Instant
  /// The job, if it is planned already.
  public var jobID: String?

  /// A run as the ledger sees it.
  public init(_ upcoming: Upcoming) {
    workflow = upcoming.workflow.text
    kind = upcoming.kind
    trigger = upcoming.trigger
    nominalAt = upcoming.nominalAt
    jobID = upcoming.job?.description
  }

  enum CodingKeys: String, CodingKey {
    case workflow, kind, trigger
    case nominalAt = "nominal_at"
    case jobID = "job_id"
  }
}
