public import TactusModel

/// `io.tactus.Daemon.Events`: what changed and changes, a stream of events.
public struct ReadEvents: Request {
  /// The full name.
  public static let method = "io.tactus.Daemon.Events"
  /// Those of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// Wants `more`.
  public static let isStream = true
  /// Events name errors and definitions' changes.
  public static let right = Right.read

  /// A cursor, or a sequence number of this store: only events after it.
  public var after: String?
  /// Only events of this workflow and its jobs.
  public var workflow: String?
  /// Only events of this job: its id, or a suffix of at least 6 characters that only one job has.
  public var job: String?
  /// Whether to go on with what is still to come.
  public var follow: Bool?

  /// Asks for events.
  public init(after: String? = nil, workflow: String? = nil, job: String? = nil, follow: Bool = false) {
    self.after = after
    self.workflow = workflow
    self.job = job
    self.follow = follow ? true : nil
  }

  /// An event, or nothing but a place in the stream.
  public struct Reply: Codable, Hashable, Sendable {
    /// `epoch:sequence`: the place after this event.
    public var cursor: String
    /// Its number; nil when this is no event.
    public var sequence: Int64?
    /// When it happened.
    public var at: Instant?
    /// What happened.
    public var type: String?
    /// The workflow's name.
    public var workflow: String?
    /// The job's id.
    public var job: String?
    /// The job's new status.
    public var status: Word<JobStatus>?
    /// Why it ended.
    public var errorCode: Word<ErrorCode>?
    /// What there is to say about it, for people.
    public var detail: String?

    /// A place in the stream.
    public init(position: EventPosition) { cursor = position.description }

    /// An event.
    public init(_ event: Event, epoch: String) {
      cursor = EventPosition(epoch: epoch, sequence: event.sequence).description
      sequence = event.sequence
      at = event.at
      type = event.type.rawValue
      workflow = event.workflow?.text
      job = event.job?.description
      status = event.status
      errorCode = event.errorCode
      detail = event.detail
    }

    enum CodingKeys: String, CodingKey {
      case cursor, sequence, at, type, workflow, job, status
      case errorCode = "error_code"
      case detail
    }
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case after, workflow, job, follow
  }
}
