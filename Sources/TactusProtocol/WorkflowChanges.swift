/// `io.tactus.Workflows.Run`: makes a MANUAL job.
public struct RunWorkflow: Request {
  /// The full name.
  public static let method = "io.tactus.Workflows.Run"
  /// Those of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// A change.
  public static let right = Right.admin

  /// The workflow's name.
  public var name: String
  /// RFC 3339 with an offset; nil means now: text, so that the daemon can refuse a missing offset with a reason.
  public var scheduledAt: String?
  /// Whether it waits for `Jobs.Schedule` to give it a time; then without `scheduledAt`.
  public var hold: Bool?
  /// Names the request: the same request with the same key makes no second job; 1 … 255 bytes.
  public var idempotencyKey: String?

  /// Asks for a run.
  public init(name: String, scheduledAt: String? = nil, hold: Bool = false, idempotencyKey: String? = nil) {
    self.name = name
    self.scheduledAt = scheduledAt
    self.hold = hold ? true : nil
    self.idempotencyKey = idempotencyKey
  }

  /// The job.
  public struct Reply: Codable, Hashable, Sendable {
    /// The new job's id.
    public var jobID: String

    /// Wraps the id.
    public init(jobID: String) { self.jobID = jobID }

    enum CodingKeys: String, CodingKey {
      case jobID = "job_id"
    }
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case name
    case scheduledAt = "scheduled_at"
    case hold
    case idempotencyKey = "idempotency_key"
  }
}

/// `io.tactus.Workflows.Terminate`: ends planning.
public struct TerminateWorkflow: Request {
  /// The full name.
  public static let method = "io.tactus.Workflows.Terminate"
  /// Those of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// A change.
  public static let right = Right.admin

  /// The workflow's name.
  public var name: String
  /// Whether its running jobs are stopped as well.
  public var cancelRunning: Bool?

  /// Asks for it.
  public init(name: String, cancelRunning: Bool = false) {
    self.name = name
    self.cancelRunning = cancelRunning ? true : nil
  }

  /// Nothing to say.
  public typealias Reply = Done

  enum CodingKeys: String, CodingKey, CaseIterable {
    case name
    case cancelRunning = "cancel_running"
  }
}

/// `io.tactus.Workflows.Resume`: begins planning again.
public struct ResumeWorkflow: Request {
  /// The full name.
  public static let method = "io.tactus.Workflows.Resume"
  /// Those of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// A change.
  public static let right = Right.admin

  /// The workflow's name.
  public var name: String

  /// Asks for it.
  public init(name: String) { self.name = name }

  /// Nothing to say.
  public typealias Reply = Done

  enum CodingKeys: String, CodingKey, CaseIterable {
    case name
  }
}

/// `io.tactus.Workflows.Delete`: frees the name of a terminated workflow; its jobs stay.
public struct DeleteWorkflow: Request {
  /// The full name.
  public static let method = "io.tactus.Workflows.Delete"
  /// Those of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// A change.
  public static let right = Right.admin

  /// The workflow's name.
  public var name: String

  /// Asks for it.
  public init(name: String) { self.name = name }

  /// Nothing to say.
  public typealias Reply = Done

  enum CodingKeys: String, CodingKey, CaseIterable {
    case name
  }
}
