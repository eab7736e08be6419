public import TactusModel

/// A job that waits for a slot; ordered by who goes first: priority, then scheduled_at, then id.
public struct QueuedJob: Hashable, Comparable, Sendable {
  /// The attempt.
  public var id: JobID
  /// Its runner.
  public var kind: Kind
  /// Its lane.
  public var queue: QueueName
  /// Higher goes first.
  public var priority: Int
  /// Earlier goes first.
  public var scheduledAt: Instant

  /// Puts a queued job together.
  public init(id: JobID, kind: Kind, queue: QueueName, priority: Int, scheduledAt: Instant) {
    self.id = id
    self.kind = kind
    self.queue = queue
    self.priority = priority
    self.scheduledAt = scheduledAt
  }

  /// Whether the left one goes first.
  public static func < (left: QueuedJob, right: QueuedJob) -> Bool {
    (right.priority, left.scheduledAt, left.id) < (left.priority, right.scheduledAt, right.id)
  }
}

/// A job whose claim is durable: it may be started.
public struct ClaimedJob: Hashable, Sendable {
  /// The attempt.
  public var id: JobID
  /// The claim's token; every record of this attempt carries it.
  public var fence: Int64
  /// The workflow's name, if it has one.
  public var workflow: WorkflowName?
  /// The definition that it is bound to, as written.
  public var text: String
  /// The workflow and generation that the text belongs to: a key for caches.
  public var definition: DefinitionKey
  /// Who asked for it.
  public var trigger: Trigger
  /// 1 for the first.
  public var attempt: Int
  /// The instant that the schedule or the caller named.
  public var nominalAt: Instant
  /// The earliest start.
  public var scheduledAt: Instant

  /// Puts a claimed job together.
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

/// Names one generation of one workflow.
public struct DefinitionKey: Hashable, Sendable {
  /// The workflow.
  public var workflow: WorkflowID
  /// From 1.
  public var generation: Int

  /// Puts a key together.
  public init(workflow: WorkflowID, generation: Int) {
    self.workflow = workflow
    self.generation = generation
  }
}

/// A generation of a workflow whose image is to be prepared.
public struct Preparation: Hashable, Sendable {
  /// The workflow's name.
  public var name: WorkflowName
  /// The generation.
  public var definition: DefinitionKey
  /// Its definition, as written.
  public var text: String

  /// Puts a preparation together.
  public init(name: WorkflowName, definition: DefinitionKey, text: String) {
    self.name = name
    self.definition = definition
    self.text = text
  }
}

/// Reads the text of a stored definition back; the ledger keeps the text, not our types.
public protocol DefinitionReader: Sendable {
  /// The definition, or the sentence why this version cannot read it.
  func read(_ text: String, name: WorkflowName) -> Result<Definition, UnitFileProblem>
}

/// What a change of the plan makes others do, whatever verb caused it.
public struct PlanChange: Hashable, Sendable {
  /// Jobs that are QUEUED now.
  public var queued: [QueuedJob] = []
  /// Jobs that were closed unclaimed, or given up.
  public var withdrawn: [JobID] = []
  /// Every job that ended, whatever ended it: to be told.
  public var ended: [EndedJob] = []
  /// Claimed or running jobs whose stop reason is durable now.
  public var stop: [JobID: StopReason] = [:]
  /// Queues that were full: jobs of theirs wait for room now.
  public var backlogged: Set<QueueName> = []
  /// Workflows of which a job left QUEUED without a run: what waits behind it may go now.
  public var freedWorkflows: Set<WorkflowID> = []
  /// Workflows whose image is to be prepared.
  public var preparations: [Preparation] = []
  /// Queues that such a job left.
  public var freedQueues: Set<QueueName> = []
  /// The earliest start time of any PENDING/scheduled row; nil if there is none.
  public var nextDue: Instant?

  /// No change.
  public init() {}
}

/// What `apply` did.
public struct Applied: Hashable, Sendable {
  /// Created, changed or left alone.
  public enum Effect: String, CaseIterable, Sendable {
    /// The name is new.
    case created
    /// The definition differs: a new generation.
    case changed
    /// The definition says the same.
    case unchanged
  }

  /// Created, changed or left alone.
  public var effect: Effect
  /// The generation in force now.
  public var generation: Int
  /// The canonical text that was in force before; nil if created.
  public var previous: String?
  /// The planned job's nominal instant.
  public var nextAt: Instant?
  /// The grid, for showing further instants.
  public var grid: Grid?
  /// Whether the workflow is terminated: a change of its definition does not resume it.
  public var isTerminated = false
  /// What follows.
  public var change: PlanChange

  /// Puts an answer together.
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

/// What a reload did: names in the order they were given.
public struct Loaded: Hashable, Sendable {
  /// Workflows that are new, or back.
  public var created: [WorkflowName] = []
  /// Workflows with a new generation.
  public var changed: [WorkflowName] = []
  /// Those of ``changed`` that are terminated still, and why.
  public var terminated: [(name: WorkflowName, reason: Workflow.TerminatedReason)] {
    changed.compactMap { name in terminatedReasons[name].map { (name, $0) } }
  }
  /// Why workflows are terminated, of those that were changed.
  public var terminatedReasons: [WorkflowName: Workflow.TerminatedReason] = [:]
  /// Workflows terminated because their file is gone.
  public var removed: [WorkflowName] = []
  /// Definitions refused: the other side owns the name.
  public var refused: [WorkflowName: String] = [:]
  /// What follows.
  public var change = PlanChange()

  /// Nothing done.
  public init() {}
}

/// What a release looks at, besides everything that is due.
public struct ReleaseRequest: Hashable, Sendable {
  /// The instant of the decisions.
  public var now: Instant
  /// Workflows of which a job ended: their waiting rows are looked at.
  public var workflows: Set<WorkflowID>
  /// Queues that have room again: their waiting rows are looked at.
  public var queues: Set<QueueName>

  /// Puts a request together.
  public init(now: Instant, workflows: Set<WorkflowID> = [], queues: Set<QueueName> = []) {
    self.now = now
    self.workflows = workflows
    self.queues = queues
  }
}

/// What a release did.
public struct Released: Hashable, Sendable {
  /// What follows.
  public var change = PlanChange()
  /// Whether the batch was full and more is due: release again at once.
  public var isPartial = false

  /// Nothing done.
  public init() {}
}

/// What the end of an attempt did.
public struct Ended: Hashable, Sendable {
  /// The workflow whose waiting rows may go now; nil if none of its rows waits.
  public var waiting: WorkflowID?
  /// Whether the row was closed by this call; false for a late result that the fence kept out.
  public var isRecorded: Bool
  /// What follows.
  public var change: PlanChange

  /// Puts an answer together.
  public init(waiting: WorkflowID? = nil, isRecorded: Bool, change: PlanChange = PlanChange()) {
    self.waiting = waiting
    self.isRecorded = isRecorded
    self.change = change
  }
}

/// What a starting daemon finds in the ledger.
public struct Recovered: Hashable, Sendable {
  /// Claimed and RUNNING rows: to be looked up by facts.
  public var remnants: [Remnant] = []
  /// Jobs that wait for a slot, and the next due instant.
  public var change = PlanChange()
  /// Workflows with rows that wait for overlap.
  public var waiting: Set<WorkflowID> = []

  /// Nothing found.
  public init() {}
}

/// What a person asks to be run.
public struct RunRequest: Hashable, Sendable {
  /// When a MANUAL job starts.
  public enum Start: Hashable, Sendable {
    /// At once.
    case now
    /// At an instant.
    case at(Instant)
    /// When `schedule` says.
    case held
  }

  /// What.
  public var workflow: WorkflowName
  /// When.
  public var start: Start
  /// Names the request, so that it can be repeated.
  public var idempotencyKey: String?

  /// Puts a request together.
  public init(_ workflow: WorkflowName, start: Start = .now, idempotencyKey: String? = nil) {
    self.workflow = workflow
    self.start = start
    self.idempotencyKey = idempotencyKey
  }

  /// The request as text: what a key stands for.
  public var text: String {
    switch start {
    case .now: "run \(workflow)"
    case .at(let instant): "run \(workflow) at \(instant)"
    case .held: "run \(workflow) held"
    }
  }
}
