public import TactusModel

/// `io.tactus.Workflows.Upcoming`: the next runs, earliest first.
public struct ListUpcoming: Request {
  /// The full name of the method.
  public static let method = "io.tactus.Workflows.Upcoming"
  /// The names of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// Open to all users.
  public static let right = Right.look

  /// Only runs of this workflow.
  public var name: String?
  /// The largest number of runs, 1 … 1000; 10 if absent.
  public var limit: Int?

  /// Creates a request.
  public init(name: String? = nil, limit: Int? = nil) {
    self.name = name
    self.limit = limit
  }

  /// The runs.
  public struct Reply: Codable, Hashable, Sendable {
    /// The runs, earliest first.
    public var runs: [WireUpcoming]

    /// Creates a reply.
    public init(runs: [WireUpcoming]) { self.runs = runs }
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case name, limit
  }
}

/// A future run.
public struct WireUpcoming: Codable, Hashable, Sendable {
  /// The name of the workflow.
  public var workflow: String
  /// The kind of the workflow.
  public var kind: Word<Kind>
  /// AUTOMATIC for a scheduled run, MANUAL for a requested one.
  public var trigger: Word<Trigger>
  /// The nominal instant.
  public var nominalAt: Instant
  /// The id of the job; nil if it is not planned yet.
  public var jobID: String?

  /// Converts a run of the ledger.
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
