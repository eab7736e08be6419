public import TactusModel

/// A workflow on the wire.
public struct WireWorkflow: Codable, Hashable, Sendable {
  /// Its immutable number.
  public var id: Int64
  /// Its name.
  public var name: String
  /// The kind of its jobs.
  public var kind: Word<Kind>
  /// Whether it is planned (ACTIVE) or not (TERMINATED).
  public var state: Word<Workflow.State>
  /// The reason of a termination.
  public var terminatedReason: Word<Workflow.TerminatedReason>?
  /// The number of the edit, from 1.
  public var generation: Int
  /// The side that created it, and that alone may edit it: a file or the socket.
  public var origin: Word<Workflow.Origin>
  /// The name of the queue.
  public var queue: String
  /// The priority, -100 … 100.
  public var priority: Int
  /// The interval of the schedule in milliseconds; nil for runs on demand only.
  public var intervalMs: Int64?
  /// An instant of the schedule, from which the others are computed.
  public var anchorAt: Instant?
  /// The nominal instant of the planned job.
  public var nextAt: Instant?
  /// The number of failures in a row.
  public var consecutiveFailures: Int
  /// The number of failures in a row that terminates it; nil means never.
  public var maxConsecutiveFailures: Int?
  /// The time of its creation.
  public var createdAt: Instant
  /// The time of the last change of its definition.
  public var updatedAt: Instant
  /// The time of its last termination.
  public var terminatedAt: Instant?
  /// The time at which it was last resumed.
  public var resumedAt: Instant?
  /// The state of the preparation of its image; nil unless it runs in containers.
  public var buildStatus: Word<BuildStatus>?
  /// The reason why its image is missing; only for callers with the right `read`.
  public var buildError: String?
  /// The text of the unit file; nil in lists.
  public var definition: String?

  /// Converts a workflow, with or without its definition.
  public init(_ workflow: Workflow, withDefinition: Bool) {
    id = workflow.id.number
    name = workflow.name.text
    kind = workflow.kind
    state = workflow.state
    terminatedReason = workflow.terminatedReason
    generation = workflow.generation
    origin = workflow.origin
    queue = workflow.queue.text
    priority = workflow.priority
    intervalMs = workflow.interval?.milliseconds
    anchorAt = workflow.anchorAt
    nextAt = workflow.nextAt
    consecutiveFailures = workflow.consecutiveFailures
    maxConsecutiveFailures = workflow.maxConsecutiveFailures
    createdAt = workflow.createdAt
    updatedAt = workflow.updatedAt
    terminatedAt = workflow.terminatedAt
    resumedAt = workflow.resumedAt
    buildStatus = workflow.buildStatus
    buildError = withDefinition ? workflow.buildError : nil
    definition = withDefinition ? workflow.text : nil
  }

  enum CodingKeys: String, CodingKey {
    case id, name, kind, state
    case terminatedReason = "terminated_reason"
    case generation, origin, queue, priority
    case intervalMs = "interval_ms"
    case anchorAt = "anchor_at"
    case nextAt = "next_at"
    case consecutiveFailures = "consecutive_failures"
    case maxConsecutiveFailures = "max_consecutive_failures"
    case createdAt = "created_at"
    case updatedAt = "updated_at"
    case terminatedAt = "terminated_at"
    case resumedAt = "resumed_at"
    case buildStatus = "build_status"
    case buildError = "build_error"
    case definition
  }
}
