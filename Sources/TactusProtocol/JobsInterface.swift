public import TactusModel

/// `io.tactus.Jobs.Get`: a job.
public struct GetJob: Request {
  /// The full name of the method.
  public static let method = "io.tactus.Jobs.Get"
  /// The names of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// Open to all users.
  public static let right = Right.look

  /// The id, or a suffix of at least 6 characters that only one job has.
  public var id: String?
  /// The workflow, instead of an id, for its job that started last in the order of events.
  public var workflow: String?

  /// Requests a job by its id.
  public init(id: String) { self.id = id }

  /// Requests the job of a workflow that started, or failed to start, last.
  public init(newestOf workflow: String) { self.workflow = workflow }

  /// The job.
  public struct Reply: Codable, Hashable, Sendable {
    /// The job.
    public var job: WireJob

    /// Creates a reply.
    public init(job: WireJob) { self.job = job }
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case id, workflow
  }
}

/// `io.tactus.Jobs.List`: a page of jobs, newest first.
public struct ListJobs: Request {
  /// The full name of the method.
  public static let method = "io.tactus.Jobs.List"
  /// The names of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// Open to all users.
  public static let right = Right.look

  /// Only jobs in one of these statuses.
  public var status: [JobStatus]?
  /// Only jobs with this trigger.
  public var trigger: Trigger?
  /// Only jobs of this workflow.
  public var workflow: String?
  /// Only jobs of this kind.
  public var kind: Kind?
  /// Only jobs of this queue.
  public var queue: String?
  /// Only jobs in this phase.
  public var phase: Phase?
  /// Only jobs that ended with this code.
  public var errorCode: ErrorCode?
  /// Only jobs whose `scheduled_at` is not before this; RFC 3339 with an offset.
  public var since: String?
  /// Only jobs whose `scheduled_at` is before this; RFC 3339 with an offset.
  public var until: String?
  /// The cursor from an earlier reply; nil for the first page.
  public var cursor: String?
  /// The largest number of rows, 1 … 1000; 50 if absent.
  public var limit: Int?

  /// Requests a page.
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
    /// The jobs, newest first.
    public var jobs: [WireJob]
    /// The cursor of the next page; nil on the last page.
    public var nextCursor: String?

    /// Creates a page.
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

/// `io.tactus.Jobs.Cancel`: ends jobs in any status.
public struct CancelJobs: Request {
  /// The full name of the method.
  public static let method = "io.tactus.Jobs.Cancel"
  /// The names of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// Changes need the admin right.
  public static let right = Right.admin

  /// Ids or unique suffixes of at least 6 characters.
  public var ids: [String]
  /// Whether to close jobs as LOST that are `unverified`, and no others; nil means false.
  public var abandon: Bool?

  /// Creates a request.
  public init(ids: [String], abandon: Bool? = nil) {
    self.ids = ids
    self.abandon = abandon
  }

  /// The result for each job.
  public struct Reply: Codable, Hashable, Sendable {
    /// The results, in the order of the request.
    public var results: [CancelResult]

    /// Creates a reply.
    public init(results: [CancelResult]) { self.results = results }
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case ids, abandon
  }
}

/// The result of the cancel of a job.
public struct CancelResult: Codable, Hashable, Sendable {
  /// The whole id; the text from the caller if no job has it.
  public var id: String
  /// The name of the error, without its interface; nil if the job is canceled or being stopped.
  public var error: String?
  /// The message for the operator.
  public var message: String?

  /// Creates a result.
  public init(id: String, failure: CallFailure? = nil) {
    self.id = id
    error = failure?.name
    message = failure?.sentence
  }
}
