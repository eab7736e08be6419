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
    guard let row else {
      throw UnreadableRow(
        table: "workflows", row: "\(id.number)", column: "generation",
        problem: .damaged("the workflow, or its definition, is missing"))
    }
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

  private static func workflowRow(_ row: borrowing Row) throws -> WorkflowRow {
    let limit = try row.optionalNumber(13, in: 1...(.max))
    return WorkflowRow(
      id: WorkflowID(number: row.integer(0)), name: try row.workflowName(1), origin: try row.word(2),
      state: try row.word(3), terminatedReason: try row.optionalWord(4),
      generation: try row.number(5, in: 1...(1 << 53)),
      failures: Failures(consecutive: try row.number(6, in: 0...(1 << 53)), limit: limit),
      plannedJob: try row.optionalJobID(7), unansweredFrom: try row.optionalInstant(8),
      resumedAt: try row.optionalInstant(9), kind: try row.word(10),
      policies: Policies(
        queue: try row.queueName(11), priority: try row.number(12, in: -100...100), maxConsecutiveFailures: limit,
        overlap: try row.word(14), misfire: try row.word(15), misfireLimit: try row.number(16, in: 1...(1 << 53)),
        startWithin: try row.optionalSpan(17)),
      grid: try row.grid(18))
  }
}

extension Row {
  /// The grid of a definition, from its columns `interval`, `anchor_at` and `starts_at_anchor`; nil without a schedule.
  func grid(_ column: Int32) throws(UnreadableRow) -> Grid? {
    guard let interval = try optionalSpan(column, from: 1) else { return nil }
    return Grid(anchor: try instant(column + 1), interval: interval, startsAtAnchor: integer(column + 2) != 0)
  }
}
