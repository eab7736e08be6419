public import TactusModel

/// A workflow on the wire.
public struct WireWorkflow: Codable, Hashable, Sendable {
  /// Its immutable number.
  public var id: Int64
  /// Its name.
  public var name: String
  /// What it runs.
  public var kind: Word<Kind>
  /// Whether it plans.
  public var state: Word<Workflow.State>
  /// Why it does not plan.
  public var terminatedReason: Word<Workflow.TerminatedReason>?
  /// Counts the edits, from 1.
  public var generation: Int
  /// Which side made it, and alone may edit it.
  public var origin: Word<Workflow.Origin>
  /// The lane.
  public var queue: String
  /// -100 … 100.
  public var priority: Int
  /// The step of the grid, in milliseconds; nil means on demand only.
  public var intervalMs: Int64?
  /// One instant of the grid.
  public var anchorAt: Instant?
  /// The planned job's nominal instant.
  public var nextAt: Instant?
  /// Failures in a row.
  public var consecutiveFailures: Int
  /// When those terminate it; nil means never.
  public var maxConsecutiveFailures: Int?
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
  /// Why its image is not there; only for those who may read.
  public var buildError: String?
  /// The unit file; left out of lists.
  public var definition: String?

  /// A workflow as readers see it, with or without its definition.
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
