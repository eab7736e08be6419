public import TactusModel

/// A job that waits for a slot; ordered by priority, then scheduled_at, then id.
public struct QueuedJob: Hashable, Comparable, Sendable {
  /// The attempt.
  public var id: JobID
  /// The kind, which determines the runner.
  public var kind: Kind
  /// The queue.
  public var queue: QueueName
  /// The priority: -100 … 100, higher first.
  public var priority: Int
  /// The earliest start; earlier first.
  public var scheduledAt: Instant

  /// Creates a queued job.
  public init(id: JobID, kind: Kind, queue: QueueName, priority: Int, scheduledAt: Instant) {
    self.id = id
    self.kind = kind
    self.queue = queue
    self.priority = priority
    self.scheduledAt = scheduledAt
  }

  /// Whether the left job is next before the right one.
  public static func < (left: QueuedJob, right: QueuedJob) -> Bool {
    (right.priority, left.scheduledAt, left.id) < (left.priority, right.scheduledAt, right.id)
  }
}

/// A job with a durable claim, which may be started.
public struct ClaimedJob: Hashable, Sendable {
  /// The attempt.
  public var id: JobID
  /// The fence token of the claim; every record of this attempt carries it.
  public var fence: Int64
  /// The workflow's name; nil if it has no workflow.
  public var workflow: WorkflowName?
  /// The definition that it is bound to, as written.
  public var text: String
  /// The workflow and generation of the definition, a key for caches.
  public var definition: DefinitionKey
  /// The origin.
  public var trigger: Trigger
  /// The number of the attempt, from 1.
  public var attempt: Int
  /// The instant that the schedule or the caller named.
  public var nominalAt: Instant
  /// The earliest start.
  public var scheduledAt: Instant

  /// Creates a claimed job.
  public init(
    id: JobID, fence: Int64, workflow: WorkflowName?, text: String, definition: DefinitionKey, trigger: Trigger,
    attempt: Int, nominalAt: Instant, scheduledAt: Instant
  ) {
    self.id = id
    self.fence = fence
    self.workflow = workflow
    self.text = text
    self.definition = definition
    self.trigger = trigger
    self.attempt = attempt
    self.nominalAt = nominalAt
    self.scheduledAt = scheduledAt
  }
}

/// A generation of a workflow.
public struct DefinitionKey: Hashable, Sendable {
  /// The workflow.
  public var workflow: WorkflowID
  /// The generation, from 1.
  public var generation: Int

  /// Creates a key.
  public init(workflow: WorkflowID, generation: Int) {
    self.workflow = workflow
    self.generation = generation
  }
}

/// A generation whose image is to be prepared.
public struct Preparation: Hashable, Sendable {
  /// The workflow's name.
  public var name: WorkflowName
  /// The generation.
  public var definition: DefinitionKey
  /// The definition of the generation, as written.
  public var text: String

  /// Creates a preparation.
  public init(name: WorkflowName, definition: DefinitionKey, text: String) {
    self.name = name
    self.definition = definition
    self.text = text
  }
}

/// Parses stored definitions; the ledger stores only their text.
///
/// Any queue.
public protocol DefinitionReader: Sendable {
  /// Returns the definition, or the reason why this version cannot read it.
  func read(_ text: String, name: WorkflowName) -> Result<Definition, UnitFileProblem>
}

/// The consequences of a verb for the workers.
public struct PlanChange: Hashable, Sendable {
  /// Jobs that became QUEUED.
  public var queued: [QueuedJob] = []
  /// Jobs that were closed before a claim, or abandoned.
  public var withdrawn: [JobID] = []
  /// All jobs that ended, for the log.
  public var ended: [EndedJob] = []
  /// Claimed or running jobs to stop; their stop reasons are durable.
  public var stop: [JobID: StopReason] = [:]
  /// Full queues, whose due jobs now wait for room.
  public var backlogged: Set<QueueName> = []
  /// Workflows with a job that left QUEUED without a run: waiting jobs of the workflow may be released.
  public var freedWorkflows: Set<WorkflowID> = []
  /// Workflows whose image is to be prepared.
  public var preparations: [Preparation] = []
  /// Queues with a job that left QUEUED without a run: waiting jobs of the queue may be released.
  public var freedQueues: Set<QueueName> = []
  /// The earliest start time of any PENDING/scheduled row; nil if there are no such rows.
  public var nextDue: Instant?

  /// Creates an empty change.
  public init() {}
}

/// The answer to `apply`.
public struct Applied: Hashable, Sendable {
  /// The effects of `apply`.
  public enum Effect: String, CaseIterable, Sendable {
    /// The name is new.
    case created
    /// The definition differs, so there is a new generation.
    case changed
    /// The definition is equal.
    case unchanged
  }

  /// The effect.
  public var effect: Effect
  /// The generation in force now.
  public var generation: Int
  /// The canonical text that was in force before; nil if created.
  public var previous: String?
  /// The nominal instant of the planned job; nil if no job is planned.
  public var nextAt: Instant?
  /// The grid, for showing further instants; nil without a schedule.
  public var grid: Grid?
  /// Whether the workflow is terminated; a change of its definition does not resume it.
  public var isTerminated = false
  /// The consequences.
  public var change: PlanChange

  /// Creates an answer.
  public init(
    effect: Effect, generation: Int, previous: String? = nil, nextAt: Instant? = nil, grid: Grid? = nil,
    change: PlanChange = PlanChange()
  ) {
    self.effect = effect
    self.generation = generation
    self.previous = previous
    self.nextAt = nextAt
    self.grid = grid
    self.change = change
  }
}

/// The answer to a load: names in the order they were given.
public struct Loaded: Hashable, Sendable {
  /// Workflows that were created, or whose file returned.
  public var created: [WorkflowName] = []
  /// Workflows with a new generation.
  public var changed: [WorkflowName] = []
  /// Those of ``changed`` that are still terminated, with the reason.
  public var terminated: [(name: WorkflowName, reason: Workflow.TerminatedReason)] {
    changed.compactMap { name in terminatedReasons[name].map { (name, $0) } }
  }
  /// The reasons of the termination, for changed workflows that are terminated.
  public var terminatedReasons: [WorkflowName: Workflow.TerminatedReason] = [:]
  /// Workflows that were terminated, because their file was removed.
  public var removed: [WorkflowName] = []
  /// Definitions that were refused, because the other side owns the name.
  public var refused: [WorkflowName: Refusal.Conflict] = [:]
  /// The consequences.
  public var change = PlanChange()

  /// Creates an empty answer.
  public init() {}
}

/// The rows that a release examines, in addition to all due rows.
public struct ReleaseRequest: Hashable, Sendable {
  /// The time of the decisions.
  public var now: Instant
  /// Workflows with an ended job: their waiting rows are examined.
  public var workflows: Set<WorkflowID>
  /// Queues that have room again: their waiting rows are examined.
  public var queues: Set<QueueName>

  /// Creates a request.
  public init(now: Instant, workflows: Set<WorkflowID> = [], queues: Set<QueueName> = []) {
    self.now = now
    self.workflows = workflows
    self.queues = queues
  }
}

/// The answer to a release.
public struct Released: Hashable, Sendable {
  /// The consequences.
  public var change = PlanChange()
  /// Whether the batch was full and more rows are due: release again at once.
  public var isPartial = false

  /// Creates an empty answer.
  public init() {}
}

/// The answer to the end of an attempt.
public struct Ended: Hashable, Sendable {
  /// The workflow whose waiting rows may now be released; nil if it has no waiting rows.
  public var waiting: WorkflowID?
  /// Whether this call ended the job; false for a late result that the fence refused.
  public var isRecorded: Bool
  /// The consequences.
  public var change: PlanChange

  /// Creates an answer.
  public init(waiting: WorkflowID? = nil, isRecorded: Bool, change: PlanChange = PlanChange()) {
    self.waiting = waiting
    self.isRecorded = isRecorded
    self.change = change
  }
}

/// The rows that a starting daemon continues with.
public struct Recovered: Hashable, Sendable {
  /// Claimed and RUNNING rows, which are looked up by facts.
  public var remnants: [Remnant] = []
  /// Jobs that wait for a slot, and the next due instant.
  public var change = PlanChange()
  /// Workflows with rows that are due and wait, for another run or for room.
  public var waiting: Set<WorkflowID> = []

  /// Creates an empty answer.
  public init() {}
}

/// A request for a MANUAL job.
public struct RunRequest: Hashable, Sendable {
  /// The start time of a MANUAL job.
  public enum Start: Hashable, Sendable {
    /// At once.
    case now
    /// At an instant.
    case at(Instant)
    /// When `schedule` sets it.
    case held
  }

  /// The workflow.
  public var workflow: WorkflowName
  /// The start time.
  public var start: Start
  /// The key that identifies repetitions of the request; nil without one.
  public var idempotencyKey: String?

  /// Creates a request.
  public init(_ workflow: WorkflowName, start: Start = .now, idempotencyKey: String? = nil) {
    self.workflow = workflow
    self.start = start
    self.idempotencyKey = idempotencyKey
  }

  /// The request as text, which is stored with the idempotency key.
  public var text: String {
    switch start {
    case .now: "run \(workflow)"
    case .at(let instant): "run \(workflow) at \(instant)"
    case .held: "run \(workflow) held"
    }
  }
}
