public import TactusModel
public import TactusPorts

/// Statements about the records of instants without a job.
public protocol DecisionRows {
  /// Returns the instants of a span, with both ends, that have a released job or begin a decision in force.
  func answered(from first: Instant, through last: Instant, of workflow: WorkflowID) throws -> [Instant]

  /// Inserts a decision in force.
  func insert(_ decision: Decision, of key: DefinitionKey, at now: Instant) throws

  /// Whether a decision in force begins at an instant.
  ///
  /// Only single instants are decided ahead of time, so this is enough for instants after the planned one.
  func isDecided(_ nominal: Instant, of workflow: WorkflowID) throws -> Bool

  /// Returns the decisions in force on instants after now; those that cannot be read are left out.
  func decided(after now: Instant, of workflow: WorkflowID) throws -> [(number: Int64, instant: Instant)]

  /// Returns the decisions in force that were made after now about instants after now; unreadable ones are left out.
  ///
  /// Only a clock that was ahead makes such decisions.
  func premature(at now: Instant) throws -> [PrematureDecision]

  /// Voids a decision: its instants have no answer any more.
  func voidDecision(_ number: Int64, at now: Instant) throws

  /// Copies the last part of a decision into a voided record of its own.
  ///
  /// - Parameters:
  ///   - number: the decision.
  ///   - first: the first instant of the copy.
  ///   - kept: the number of instants that the copy does not have.
  ///   - now: the time at which the copy is voided.
  func insertVoided(partOf number: Int64, from first: Instant, without kept: Int, at now: Instant) throws

  /// Ends a decision at an earlier instant.
  func shorten(_ number: Int64, through last: Instant, count: Int) throws
}

/// A decision that a clock ahead has made.
public struct PrematureDecision: Hashable, Sendable {
  /// The number of the record.
  public var number: Int64
  /// The workflow.
  public var workflow: WorkflowID
  /// The first instant.
  public var first: Instant
  /// The grid of the generation that it was made for; nil without a schedule.
  public var grid: Grid?

  /// Creates a decision.
  public init(number: Int64, workflow: WorkflowID, first: Instant, grid: Grid?) {
    self.number = number
    self.workflow = workflow
    self.first = first
    self.grid = grid
  }
}

/// Statements about events, which are numbered without gaps.
public protocol EventRows {
  /// Appends an event, and returns its number.
  func append(_ event: NewEvent) throws -> Int64

  /// Appends the two events of a job that is QUEUED from the start, and returns the number of the second.
  func appendQueued(_ job: JobID, of workflow: WorkflowID, at now: Instant) throws -> Int64

  /// Returns the number of the oldest event; nil without events.
  func oldestEvent() throws -> Int64?

  /// Returns the time of an event; nil if it does not exist.
  func time(ofEvent number: Int64) throws -> Instant?

  /// Returns the first event among these numbers that is not older than an instant; nil if all are older.
  func firstEvent(in numbers: ClosedRange<Int64>, since instant: Instant) throws -> Int64?

  /// Removes all events with a lower number.
  func removeEvents(before number: Int64) throws
}

/// An event to append.
public struct NewEvent: Hashable, Sendable {
  /// The kind of change.
  public var type: EventType
  /// The time of the change.
  public var at: Instant
  /// Nil for an event of the daemon, and for a job without a workflow.
  public var workflow: WorkflowID?
  /// Nil for an event of a workflow or of the daemon.
  public var job: JobID?
  /// The new status of the job; nil if it stays.
  public var status: JobStatus?
  /// The reason of an end that is no success.
  public var code: ErrorCode?
  /// A text for people, such as the progress of a pull.
  public var detail: String?
}

/// Statements about the idempotency keys of requests.
public protocol RequestRows {
  /// Returns the request that used a key, as text, and its job; nil if the key is new.
  func request(withKey key: String) throws -> (text: String, job: JobID)?

  /// Stores the key of a request.
  func remember(_ text: String, key: String, job: JobID, at now: Instant) throws

  /// Removes up to four keys that are older than an instant, oldest first.
  func forgetRequests(before instant: Instant) throws
}
