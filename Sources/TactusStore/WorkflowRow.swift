internal import TactusModel
internal import TactusPorts

/// A workflow with the columns of its newest definition that planning needs.
struct WorkflowRow {
  var id: WorkflowID
  var name: WorkflowName
  var origin: Workflow.Origin
  var state: Workflow.State
  var terminatedReason: Workflow.TerminatedReason?
  var generation: Int
  var failures: Failures
  var plannedJob: JobID?
  var unansweredFrom: Instant?
  var resumedAt: Instant?
  var kind: Kind
  var policies: Policies
  var grid: Grid?
}

extension Tables {
  func workflow(_ id: WorkflowID) throws -> WorkflowRow {
    let row = try connection.first(
      """
      SELECT w.id, w.name, w.origin, w.state, w.terminated_reason, w.generation, w.consecutive_failures,
        w.planned_job, w.unanswered_from, w.resumed_at, d.kind, d.queue, d.priority, d.max_consecutive_failures,
        d.overlap, d.misfire, d.misfire_limit, d.start_within, d.interval, d.anchor_at, d.starts_at_anchor
      FROM workflows w JOIN definitions d ON d.workflow_id = w.id AND d.generation = w.generation
      WHERE w.id = ?
      """, id, read: Self.workflowRow)
    guard let row else { fatalError("a job names a workflow that is not there; the schema forbids that") }
    return row
  }

  /// The workflow of a name, unless it was deleted.
  func workflow(named name: WorkflowName) throws -> WorkflowRow? {
    try connection.first(
      """
      SELECT w.id, w.name, w.origin, w.state, w.terminated_reason, w.generation, w.consecutive_failures,
        w.planned_job, w.unanswered_from, w.resumed_at, d.kind, d.queue, d.priority, d.max_consecutive_failures,
        d.overlap, d.misfire, d.misfire_limit, d.start_within, d.interval, d.anchor_at, d.starts_at_anchor
      FROM workflows w JOIN definitions d ON d.workflow_id = w.id AND d.generation = w.generation
      WHERE w.name = ? AND w.deleted_at IS NULL
      """, name, read: Self.workflowRow)
  }

  func existing(_ name: WorkflowName) throws -> WorkflowRow {
    guard let row = try workflow(named: name) else {
      throw LedgerFailure.notFound(entity: "workflow", id: name.text)
    }
    return row
  }

  private static func workflowRow(_ row: borrowing Row) -> WorkflowRow {
    guard let name = WorkflowName(row.text(1)), let queue = QueueName(row.text(11)) else {
      fatalError("a name in the store is malformed; names are checked before they are stored")
    }
    let limit = row.optionalInteger(13).map(Int.init)
    return WorkflowRow(
      id: WorkflowID(number: row.integer(0)), name: name, origin: row.word(2), state: row.word(3),
      terminatedReason: row.optionalWord(4), generation: Int(row.integer(5)),
      failures: Failures(consecutive: Int(row.integer(6)), limit: limit), plannedJob: row.optionalJobID(7),
      unansweredFrom: row.optionalInstant(8), resumedAt: row.optionalInstant(9), kind: row.word(10),
      policies: Policies(
        queue: queue, priority: Int(row.integer(12)), maxConsecutiveFailures: limit, overlap: row.word(14),
        misfire: row.word(15), misfireLimit: Int(row.integer(16)), startWithin: row.optionalSpan(17)),
      grid: row.optionalSpan(18).map {
        Grid(anchor: row.instant(19), interval: $0, startsAtAnchor: row.integer(20) != 0)
      })
  }
}
