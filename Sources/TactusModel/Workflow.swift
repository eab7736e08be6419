/// A workflow as readers see it.
public struct Workflow: Hashable, Sendable {
  /// Its immutable number.
  public var id: WorkflowID
  /// Its name, unique among those not deleted.
  public var name: WorkflowName
  /// What it runs.
  public var kind: Word<Kind>
  /// The newest definition, as written.
  public var text: String
  /// Counts the edits, from 1.
  public var generation: Int
  /// Which side made it, and alone may edit it.
  public var origin: Word<Origin>
  /// Whether it plans.
  public var state: Word<State>
  /// Why it does not plan.
  public var terminatedReason: Word<TerminatedReason>?
  /// Failures in a row.
  public var consecutiveFailures: Int
  /// When those terminate it; nil means never.
  public var maxConsecutiveFailures: Int?
  /// The lane.
  public var queue: QueueName
  /// -100 … 100.
  public var priority: Int
  /// The step of the grid; nil means on demand only.
  public var interval: Duration?
  /// One instant of the grid.
  public var anchorAt: Instant?
  /// The planned job's nominal instant; nil without one.
  public var nextAt: Instant?
  /// When it was made.
  public var createdAt: Instant
  /// When its definition last changed.
  public var updatedAt: Instant
  /// When it was last terminated.
  public var terminatedAt: Instant?
  /// When it was last resumed.
  public var resumedAt: Instant?
  /// How far the preparation of its image is; nil unless it runs in containers.
  public var buildStatus: Word<BuildStatus>?
  /// Why its image is not there.
  public var buildError: String?

  /// Which side owns a definition.
  public enum Origin: String, CaseIterable, Sendable {
    /// A file in the configuration directory.
    case file
    /// `apply` over the socket.
    case socket
  }

  /// Whether a workflow plans.
  public enum State: String, CaseIterable, Sendable {
    /// It has exactly one planned job, if it has a schedule.
    case active = "ACTIVE"
    /// It plans nothing until it is resumed.
    case terminated = "TERMINATED"
  }

  /// Why a workflow stopped planning.
  public enum TerminatedReason: String, CaseIterable, Sendable {
    /// A person said so.
    case user
    /// Too many failures in a row.
    case consecutiveFailures = "consecutive_failures"
    /// Its file disappeared.
    case removed
  }

  /// Puts a workflow together as it was read.
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

  /// Puts a workflow of this version's words together.
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

extension Workflow.TerminatedReason {
  /// What ended a workflow, to be said behind "is terminated".
  ///
  /// The count says nothing of it: runs by hand go on counting, and may have cleared it since.
  /// - Parameter limit: how many failures it took; nil if that is not known any more.
  public func cause(limit: Int?) -> String {
    switch self {
    case .user: "because somebody said so"
    case .removed: "because its file is gone"
    case .consecutiveFailures:
      switch limit {
      case nil: "after too many failures in a row"
      case 1: "after a failure"
      case let limit?: "after \(limit) failures in a row"
      }
    }
  }

  /// What has a workflow plan again; what a missing file ended, its return alone undoes.
  public func wayOut(of name: String) -> String {
    switch self {
    case .user: "tactusctl resume \(name)"
    case .consecutiveFailures: "when the cause is mended: tactusctl resume \(name)"
    case .removed: "put workflows/\(name).workflow back, then tactusctl reload"
    }
  }
}
