public import TactusModel

/// `io.tactus.Daemon.Events`: a stream of past and new events.
public struct ReadEvents: Request {
  /// The full name of the method.
  public static let method = "io.tactus.Daemon.Events"
  /// The names of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// A stream, which needs `more`.
  public static let isStream = true
  /// Events contain errors and changes of definitions.
  public static let right = Right.read

  /// A cursor, or a sequence number of this store, after which the events begin.
  public var after: String?
  /// Only events of this workflow and its jobs.
  public var workflow: String?
  /// Only events of this job: its id, or a suffix of at least 6 characters that only one job has.
  public var job: String?
  /// Whether to continue with new events.
  public var follow: Bool?

  /// Requests events.
  public init(after: String? = nil, workflow: String? = nil, job: String? = nil, follow: Bool = false) {
    self.after = after
    self.workflow = workflow
    self.job = job
    self.follow = follow ? true : nil
  }

  /// An event, or only a position in the stream.
  public struct Reply: Codable, Hashable, Sendable {
    /// The position after this event: `epoch:sequence`.
    public var cursor: String
    /// The number of the event; nil for a position without an event.
    public var sequence: Int64?
    /// The time of the event.
    public var at: Instant?
    /// The type of the event.
    public var type: String?
    /// The workflow's name.
    public var workflow: String?
    /// The job's id.
    public var job: String?
    /// The job's new status.
    public var status: Word<JobStatus>?
    /// The error code of a job that ended.
    public var errorCode: Word<ErrorCode>?
    /// Details for people.
    public var detail: String?

    /// Creates a position in the stream.
    public init(position: EventPosition) { cursor = position.description }

    /// Creates an event.
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
