internal import TactusMessages
public import TactusModel

/// `io.tactus.Workflows.Why`: the outcome of each nominal instant of a workflow and its reason, newest first.
public struct ExplainWorkflow: Request {
  /// The full name of the method.
  public static let method = "io.tactus.Workflows.Why"
  /// The names of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// Open to all users.
  public static let right = Right.look

  /// The workflow's name.
  public var name: String
  /// Only the answer for this instant, RFC 3339 with an offset; nil for all instants.
  public var at: String?
  /// The cursor from an earlier reply; nil for the first page.
  public var cursor: String?
  /// The largest number of answers, 1 … 1000; 50 if absent.
  public var limit: Int?

  /// Requests explanations.
  public init(name: String, at: String? = nil, cursor: String? = nil, limit: Int? = nil) {
    self.name = name
    self.at = at
    self.cursor = cursor
    self.limit = limit
  }

  /// A page.
  public struct Reply: Codable, Hashable, Sendable {
    /// The explanations, newest instant first.
    public var answers: [WireExplanation]
    /// The cursor of the next page; nil on the last page.
    public var nextCursor: String?

    /// Creates a page.
    public init(answers: [WireExplanation], nextCursor: String?) {
      self.answers = answers
      self.nextCursor = nextCursor
    }

    enum CodingKeys: String, CodingKey {
      case answers
      case nextCursor = "next_cursor"
    }
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case name, at, cursor, limit
  }
}

/// `io.tactus.Jobs.Why`: the reason for the state or the outcome of a job.
public struct ExplainJob: Request {
  /// The full name of the method.
  public static let method = "io.tactus.Jobs.Why"
  /// The names of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// Open to all users.
  public static let right = Right.look

  /// The id, or a suffix of at least 6 characters that only one job has.
  public var id: String

  /// Creates a request.
  public init(id: String) { self.id = id }

  /// The explanation.
  public struct Reply: Codable, Hashable, Sendable {
    /// The state or the outcome, and its reason.
    public var answer: WireExplanation

    /// Creates a reply.
    public init(answer: WireExplanation) { self.answer = answer }
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case id
  }
}

/// The outcome of a nominal instant, or of a range of instants.
public struct WireExplanation: Codable, Hashable, Sendable {
  /// The instant, or the first of a range; nil for a held job.
  public var nominalAt: Instant?
  /// The last instant of a range; nil for a single instant.
  public var lastAt: Instant?
  /// The number of instants in the range.
  public var count: Int
  /// The outcome.
  public var outcome: Word<Explanation.Outcome>
  /// The id of the job; nil without a job.
  public var jobID: String?
  /// The trigger of the job.
  public var trigger: Word<Trigger>?
  /// The status of the job.
  public var status: Word<JobStatus>?
  /// The error code of a job that did not complete.
  public var errorCode: Word<ErrorCode>?
  /// The error message, only for callers with the right `read`.
  public var errorMessage: String?
  /// The time from the earliest to the actual start, in milliseconds.
  public var startDelayMs: Int64?
  /// The time of the decision that there is no job.
  public var decidedAt: Instant?
  /// The reason, with the rule that decided.
  public var reason: String

  /// Converts an explanation of the ledger.
  ///
  /// Callers without the right `read` get no error message, because it may contain parts of the definition.
  public init(_ explanation: Explanation, for right: Right = .admin) {
    nominalAt = explanation.nominalAt
    lastAt = explanation.lastAt
    count = explanation.count
    outcome = Word(explanation.outcome)
    jobID = explanation.job?.id.description
    trigger = explanation.job?.trigger
    status = explanation.job?.status
    errorCode = explanation.job?.errorCode
    errorMessage = right >= .read && errorCode != nil ? explanation.job?.errorMessage : nil
    startDelayMs = explanation.job?.startDelay?.milliseconds
    decidedAt = explanation.decidedAt
    reason = explanation.sentence
  }

  enum CodingKeys: String, CodingKey {
    case nominalAt = "nominal_at"
    case lastAt = "last_at"
    case count, outcome
    case jobID = "job_id"
    case trigger, status
    case errorCode = "error_code"
    case errorMessage = "error_message"
    case startDelayMs = "start_delay_ms"
    case decidedAt = "decided_at"
    case reason
  }
}
