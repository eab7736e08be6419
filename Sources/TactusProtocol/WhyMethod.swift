public import TactusModel

/// `io.tactus.Workflows.Why`: what became of each nominal instant of a workflow, newest first, and why.
public struct ExplainWorkflow: Request {
  /// The full name.
  public static let method = "io.tactus.Workflows.Why"
  /// Those of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// A list.
  public static let right = Right.look

  /// The workflow's name.
  public var name: String
  /// Only the answer for this instant: RFC 3339 with an offset.
  public var at: String?
  /// Where the page begins; from an earlier reply.
  public var cursor: String?
  /// 1 … 1000; 50 if absent.
  public var limit: Int?

  /// Asks for explanations.
  public init(name: String, at: String? = nil, cursor: String? = nil, limit: Int? = nil) {
    self.name = name
    self.at = at
    self.cursor = cursor
    self.limit = limit
  }

  /// A page.
  public struct Reply: Codable, Hashable, Sendable {
    /// Newest instant first.
    public var answers: [WireExplanation]
    /// Where the next page begins; nil on the last.
    public var nextCursor: String?

    /// Puts a page together.
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

/// `io.tactus.Jobs.Why`: why a job is where it is, or became what it became.
public struct ExplainJob: Request {
  /// The full name.
  public static let method = "io.tactus.Jobs.Why"
  /// Those of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// A list.
  public static let right = Right.look

  /// The id, or a suffix of it of at least 6 characters that only one job has.
  public var id: String

  /// Asks for it.
  public init(id: String) { self.id = id }

  /// The explanation.
  public struct Reply: Codable, Hashable, Sendable {
    /// What it waits for, or what became of it.
    public var answer: WireExplanation

    /// Wraps it.
    public init(answer: WireExplanation) { self.answer = answer }
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case id
  }
}

/// What became of a nominal instant, or of a range of them.
public struct WireExplanation: Codable, Hashable, Sendable {
  /// The instant, or the first of a range; nil for a held job.
  public var nominalAt: Instant?
  /// The last instant of a range.
  public var lastAt: Instant?
  /// How many instants the range has.
  public var count: Int
  /// What became of it, in a word.
  public var outcome: Word<Explanation.Outcome>
  /// The job, if there is one.
  public var jobID: String?
  /// Who asked for the job.
  public var trigger: Word<Trigger>?
  /// Where the job stands.
  public var status: Word<JobStatus>?
  /// Why the job did not complete.
  public var errorCode: Word<ErrorCode>?
  /// The particular sentence, for those who may read.
  public var errorMessage: String?
  /// From the earliest to the real start, in milliseconds.
  public var startDelayMs: Int64?
  /// When it was decided that there is no job.
  public var decidedAt: Instant?
  /// One sentence without a full stop, with the rule that decided.
  public var reason: String

  /// An explanation as the ledger gave it; those who may only look get no message, because it may tell of the definition.
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
    reason = explanation.reason
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
