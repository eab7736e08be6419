public import TactusModel

/// `io.tactus.Jobs.Get`: one job.
public struct GetJob: Request {
  /// The full name.
  public static let method = "io.tactus.Jobs.Get"
  /// Those of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// What anybody may see.
  public static let right = Right.look

  /// The id, or a suffix of it of at least 6 characters that only one job has.
  public var id: String?
  /// The workflow whose job began last, in the order of events; instead of an id.
  public var workflow: String?

  /// Asks for the job of an id.
  public init(id: String) { self.id = id }

  /// Asks for the job of a workflow that began last, or failed to.
  public init(newestOf workflow: String) { self.workflow = workflow }

  /// The job.
  public struct Reply: Codable, Hashable, Sendable {
    /// The job.
    public var job: WireJob

    /// Wraps it.
    public init(job: WireJob) { self.job = job }
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case id, workflow
  }
}

/// `io.tactus.Jobs.List`: a page of jobs, newest first.
public struct ListJobs: Request {
  /// The full name.
  public static let method = "io.tactus.Jobs.List"
  /// Those of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// What anybody may see.
  public static let right = Right.look

  /// Any of these.
  public var status: [JobStatus]?
  /// This trigger.
  public var trigger: Trigger?
  /// This workflow.
  public var workflow: String?
  /// This kind.
  public var kind: Kind?
  /// This queue.
  public var queue: String?
  /// This phase.
  public var phase: Phase?
  /// This reason of failure or cancellation.
  public var errorCode: ErrorCode?
  /// RFC 3339 with an offset: `scheduled_at` is this or later.
  public var since: String?
  /// RFC 3339 with an offset: `scheduled_at` is before this.
  public var until: String?
  /// Where the page begins; from an earlier reply.
  public var cursor: String?
  /// 1 … 1000; 50 if absent.
  public var limit: Int?

  /// Asks for a page.
  public init(
    status: [JobStatus]? = nil, trigger: Trigger? = nil, workflow: String? = nil, kind: Kind? = nil,
    queue: String? = nil, phase: Phase? = nil, errorCode: ErrorCode? = nil, since: String? = nil,
    until: String? = nil, cursor: String? = nil, limit: Int? = nil
  ) {
    self.status = status
    self.trigger = trigger
    self.workflow = workflow
    self.kind = kind
    self.queue = queue
    self.phase = phase
    self.errorCode = errorCode
    self.since = since
    self.until = until
    self.cursor = cursor
    self.limit = limit
  }

  /// A page.
  public struct Reply: Codable, Hashable, Sendable {
    /// Newest first.
    public var jobs: [WireJob]
    /// Where the next page begins; nil on the last.
    public var nextCursor: String?

    /// Puts a page together.
    public init(jobs: [WireJob], nextCursor: String?) {
      self.jobs = jobs
      self.nextCursor = nextCursor
    }

    enum CodingKeys: String, CodingKey {
      case jobs
      case nextCursor = "next_cursor"
    }
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case status, trigger, workflow, kind, queue, phase
    case errorCode = "error_code"
    case since, until, cursor, limit
  }
}

/// `io.tactus.Jobs.Cancel`: ends jobs, whatever their status.
public struct CancelJobs: Request {
  /// The full name.
  public static let method = "io.tactus.Jobs.Cancel"
  /// Those of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// A change.
  public static let right = Right.admin

  /// Ids or unique suffixes of at least 6 characters.
  public var ids: [String]
  /// Closes jobs as LOST that are `unverified`, and no others; nil is false.
  public var abandon: Bool?

  /// Asks for it.
  public init(ids: [String], abandon: Bool? = nil) {
    self.ids = ids
    self.abandon = abandon
  }

  /// What became of each.
  public struct Reply: Codable, Hashable, Sendable {
    /// In the order of the request.
    public var results: [CancelResult]

    /// Puts results together.
    public init(results: [CancelResult]) { self.results = results }
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case ids, abandon
  }
}

/// What became of the cancel of one job.
public struct CancelResult: Codable, Hashable, Sendable {
  /// The whole id; what the caller gave if it names no job.
  public var id: String
  /// The name of the error, without its interface; nil if the job is canceled or being stopped.
  public var error: String?
  /// The sentence for the operator.
  public var message: String?

  /// A result, good or bad.
  public init(id: String, failure: CallFailure? = nil) {
    self.id = id
    error = failure?.name
    message = failure?.sentence
  }
}
