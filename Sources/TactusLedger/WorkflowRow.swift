public import TactusModel
public import TactusPorts

/// A workflow with the columns of its newest definition that planning needs.
///
/// It is a copy of the rows at one point of a verb. A verb that has changed the workflow reads it again.
public struct WorkflowRow: Hashable, Sendable {
  /// The number.
  public var id: WorkflowID
  /// The name, which another workflow may have after a deletion.
  public var name: WorkflowName
  /// The side that created it, and that may edit it.
  public var origin: Workflow.Origin
  /// ACTIVE or TERMINATED.
  public var state: Workflow.State
  /// The reason of the termination; nil exactly if ACTIVE, which the schema enforces.
  public var terminatedReason: Workflow.TerminatedReason?
  /// The number of the newest definition, from 1.
  public var generation: Int
  /// The consecutive failures, with the limit of the newest definition.
  public var failures: Failures
  /// The PENDING automatic job; nil if terminated or without a schedule.
  public var plannedJob: JobID?
  /// The first nominal instant without an answer while the workflow is terminated; nil while it is ACTIVE.
  public var unansweredFrom: Instant?
  /// The last resume by a person, nil before the first: failures of jobs that started earlier do not count.
  public var resumedAt: Instant?
  /// The kind of its jobs.
  public var kind: Kind
  /// The policies that decisions need.
  public var policies: Policies
  /// The nominal instants; nil without a schedule.
  public var grid: Grid?

  /// The newest generation as a key.
  public var definition: DefinitionKey { DefinitionKey(workflow: id, generation: generation) }

  /// Creates a row.
  public init(
    id: WorkflowID, name: WorkflowName, origin: Workflow.Origin, state: Workflow.State,
    terminatedReason: Workflow.TerminatedReason?, generation: Int, failures: Failures, plannedJob: JobID?,
    unansweredFrom: Instant?, resumedAt: Instant?, kind: Kind, policies: Policies, grid: Grid?
  ) {
    self.id = id
    self.name = name
    self.origin = origin
    self.state = state
    self.terminatedReason = terminatedReason
    self.generation = generation
    self.failures = failures
    self.plannedJob = plannedJob
    self.unansweredFrom = unansweredFrom
    self.resumedAt = resumedAt
    self.kind = kind
    self.policies = policies
    self.grid = grid
  }
}

extension LedgerVerbs {
  /// Returns a workflow by its number, also if it was deleted.
  ///
  /// - Throws: ``UnreadableRow`` with `missingWorkflow`, if its row or its newest definition is missing. A row refers
  ///   to it, so this is damage and not a mistake of the caller.
  func workflow(_ id: WorkflowID) throws -> WorkflowRow {
    guard let row = try rows.workflow(numbered: id) else {
      throw UnreadableRow(
        table: "workflows", row: "\(id.number)", column: "generation",
        problem: .damaged(.missingWorkflow))
    }
    return row
  }

  /// Returns the workflow with this name, for verbs that a caller named it in.
  ///
  /// - Throws: notFound, if no workflow has the name, or only deleted ones.
  func existing(_ name: WorkflowName) throws -> WorkflowRow {
    guard let row = try rows.workflow(named: name) else {
      throw Refusal.notFound(.workflow(name))
    }
    return row
  }
}
