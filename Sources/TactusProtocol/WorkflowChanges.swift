/// `io.tactus.Workflows.Run`: creates a MANUAL job.
public struct RunWorkflow: Request {
  /// The full name of the method.
  public static let method = "io.tactus.Workflows.Run"
  /// The names of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// Changes need the admin right.
  public static let right = Right.admin
  /// Many runs share one commit.
  public static let mayOverlap = true

  /// The workflow's name.
  public var name: String
  /// RFC 3339 with an offset; nil means now.
  ///
  /// As text, so that the daemon can report a missing offset.
  public var scheduledAt: String?
  /// Whether it waits until `Jobs.Schedule` sets its time; only without `scheduledAt`.
  public var hold: Bool?
  /// A key of 1 … 255 bytes; the same request with the same key creates no second job.
  public var idempotencyKey: String?

  /// Requests a run.
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

    /// Creates a reply.
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

/// `io.tactus.Workflows.Terminate`: stops planning a workflow.
public struct TerminateWorkflow: Request {
  /// The full name of the method.
  public static let method = "io.tactus.Workflows.Terminate"
  /// The names of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// Changes need the admin right.
  public static let right = Right.admin

  /// The workflow's name.
  public var name: String
  /// Whether to stop also its running jobs.
  public var cancelRunning: Bool?

  /// Creates a request.
  public init(name: String, cancelRunning: Bool = false) {
    self.name = name
    self.cancelRunning = cancelRunning ? true : nil
  }

  /// A reply without parameters.
  public typealias Reply = Done

  enum CodingKeys: String, CodingKey, CaseIterable {
    case name
    case cancelRunning = "cancel_running"
  }
}

/// `io.tactus.Workflows.Resume`: plans a workflow again.
public struct ResumeWorkflow: Request {
  /// The full name of the method.
  public static let method = "io.tactus.Workflows.Resume"
  /// The names of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// Changes need the admin right.
  public static let right = Right.admin

  /// The workflow's name.
  public var name: String

  /// Creates a request.
  public init(name: String) { self.name = name }

  /// A reply without parameters.
  public typealias Reply = Done

  enum CodingKeys: String, CodingKey, CaseIterable {
    case name
  }
}

/// `io.tactus.Workflows.Delete`: deletes a terminated workflow, but keeps its jobs.
public struct DeleteWorkflow: Request {
  /// The full name of the method.
  public static let method = "io.tactus.Workflows.Delete"
  /// The names of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// Changes need the admin right.
  public static let right = Right.admin

  /// The workflow's name.
  public var name: String

  /// Creates a request.
  public init(name: String) { self.name = name }

  /// A reply without parameters.
  public typealias Reply = Done

  enum CodingKeys: String, CodingKey, CaseIterable {
    case name
  }
}
