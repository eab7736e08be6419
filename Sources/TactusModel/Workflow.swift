/// A workflow, as readers see it.
public struct Workflow: Hashable, Sendable {
  /// The immutable number.
  public var id: WorkflowID
  /// The name, unique among workflows that are not deleted.
  public var name: WorkflowName
  /// The kind of work.
  public var kind: Word<Kind>
  /// The newest definition, as written.
  public var text: String
  /// The generation of the newest definition, from 1; each edit adds one.
  public var generation: Int
  /// The side that created it; only that side may edit it.
  public var origin: Word<Origin>
  /// The state.
  public var state: Word<State>
  /// The reason of the termination; nil if ACTIVE.
  public var terminatedReason: Word<TerminatedReason>?
  /// The number of consecutive failures.
  public var consecutiveFailures: Int
  /// The number of consecutive failures that terminates it; nil for never.
  public var maxConsecutiveFailures: Int?
  /// The queue of its jobs.
  public var queue: QueueName
  /// The priority: -100 … 100, higher first.
  public var priority: Int
  /// The step of the grid; nil if it only runs on demand.
  public var interval: Duration?
  /// One instant of the grid; nil if it only runs on demand.
  public var anchorAt: Instant?
  /// The nominal instant of the planned job; nil if no job is planned.
  public var nextAt: Instant?
  /// The time of creation.
  public var createdAt: Instant
  /// The time of the last change to its definition.
  public var updatedAt: Instant
  /// The time of the last termination; nil if it was never terminated.
  public var terminatedAt: Instant?
  /// The time of the last resume; nil if it was never resumed.
  public var resumedAt: Instant?
  /// The status of its image; nil unless it is a container workflow.
  public var buildStatus: Word<BuildStatus>?
  /// The reason why its image is unavailable; nil otherwise.
  public var buildError: String?

  /// The sides that can own a definition.
  public enum Origin: String, CaseIterable, Sendable {
    /// A file in the configuration directory.
    case file
    /// `apply` over the socket.
    case socket
  }

  /// The states of a workflow.
  public enum State: String, CaseIterable, Sendable {
    /// It plans: with a schedule it has exactly one planned job.
    case active = "ACTIVE"
    /// It plans nothing until it is resumed.
    case terminated = "TERMINATED"
  }

  /// The reasons of a termination.
  public enum TerminatedReason: String, CaseIterable, Sendable {
    /// A person terminated it.
    case user
    /// There were too many consecutive failures.
    case consecutiveFailures = "consecutive_failures"
    /// Its file disappeared.
    case removed
  }

  /// Creates a workflow that was read from a store, with words of any version.
  public init(
    id: WorkflowID, name: WorkflowName, kind: Word<Kind>, text: String, generation: Int, origin: Word<Origin>,
    state: Word<State>,
    terminatedReason: Word<TerminatedReason>?, consecutiveFailures: Int, maxConsecutiveFailures: Int?, queue: QueueName,
    priority: Int, interval: Duration?, anchorAt: Instant?, nextAt: Instant?, createdAt: Instant,
    updatedAt: Instant, terminatedAt: Instant?, resumedAt: Instant?,
    buildStatus: Word<BuildStatus>?, buildError: String?
  ) {
    self.id = id
    self.name = name
    self.kind = kind
    self.text = text
    self.generation = generation
    self.origin = origin
    self.state = state
    self.terminatedReason = terminatedReason
    self.consecutiveFailures = consecutiveFailures
    self.maxConsecutiveFailures = maxConsecutiveFailures
    self.queue = queue
    self.priority = priority
    self.interval = interval
    self.anchorAt = anchorAt
    self.nextAt = nextAt
    self.createdAt = createdAt
    self.updatedAt = updatedAt
    self.terminatedAt = terminatedAt
    self.resumedAt = resumedAt
    self.buildStatus = buildStatus
    self.buildError = buildError
  }

  /// Creates a workflow with words of this version.
  public init(
    id: WorkflowID, name: WorkflowName, kind: Kind, text: String, generation: Int, origin: Origin, state: State,
    terminatedReason: TerminatedReason?, consecutiveFailures: Int, maxConsecutiveFailures: Int?, queue: QueueName,
    priority: Int, interval: Duration?, anchorAt: Instant?, nextAt: Instant?, createdAt: Instant,
    updatedAt: Instant, terminatedAt: Instant?, resumedAt: Instant?,
    buildStatus: BuildStatus? = nil, buildError: String? = nil
  ) {
    self.init(
      id: id, name: name, kind: Word(kind), text: text, generation: generation, origin: Word(origin),
      state: Word(state), terminatedReason: terminatedReason.map(Word.init), consecutiveFailures: consecutiveFailures,
      maxConsecutiveFailures: maxConsecutiveFailures, queue: queue, priority: priority, interval: interval,
      anchorAt: anchorAt, nextAt: nextAt, createdAt: createdAt, updatedAt: updatedAt, terminatedAt: terminatedAt,
      resumedAt: resumedAt, buildStatus: buildStatus.map(Word.init), buildError: buildError)
  }
}
