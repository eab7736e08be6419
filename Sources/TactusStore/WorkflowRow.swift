internal import TactusModel
internal import TactusPorts

/// A workflow with the columns of its newest definition that planning needs.
///
/// It is a copy of the rows at one point of a verb. A verb that has changed the workflow reads it again.
struct WorkflowRow {
  var id: WorkflowID
  var name: WorkflowName
  var origin: Workflow.Origin
  var state: Workflow.State
  /// The reason of the termination; nil exactly if ACTIVE, which the schema enforces.
  var terminatedReason: Workflow.TerminatedReason?
  /// The number of the newest definition, from 1.
  var generation: Int
  /// The consecutive failures, with the limit of the newest definition.
  var failures: Failures
  /// The PENDING automatic job; nil if terminated or without a schedule.
  var plannedJob: JobID?
  /// The first nominal instant without an answer while the workflow is terminated; nil while it is ACTIVE.
  var unansweredFrom: Instant?
  /// The last resume by a person, nil before the first: failures of jobs that started earlier do not count.
  var resumedAt: Instant?
  var kind: Kind
  var policies: Policies
  /// The nominal instants; nil without a schedule.
  var grid: Grid?
}

extension Tables {
  /// Returns a workflow by its number, also if it was deleted.
  ///
  /// - Throws: ``UnreadableRow`` with `missingWorkflow`, if its row or its newest definition is missing. A row refers
  ///   to it, so this is damage and not a mistake of the caller.
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
        problem: .damaged(.missingWorkflow))
    }
    return row
  }

  /// Returns the workflow with this name; nil if no workflow has it, or only deleted ones.
  ///
  /// The name is unique among the others, by the index `workflows_name`.
  ///
  /// - Throws: ``UnreadableRow``, if a value of the row cannot be read.
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

  /// Returns the workflow with this name, for verbs that a caller named it in.
  ///
  /// - Throws: notFound, if no workflow has the name, or only deleted ones.
  func existing(_ name: WorkflowName) throws -> WorkflowRow {
    guard let row = try workflow(named: name) else {
      throw Refusal.notFound(.workflow(name))
    }
    return row
  }

  /// Reads the columns in the order of the two queries above.
  ///
  /// - Throws: ``UnreadableRow`` for a word of another version or a value out of range, because decisions depend on
  ///   all of them.
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
  /// Reads a grid from the columns `interval`, `anchor_at` and `starts_at_anchor`; nil without a schedule.
  ///
  /// - Parameter column: the number of the column `interval`; the other two follow it.
  /// - Returns: a grid with an interval of at least 1 µs, as its initializer requires.
  /// - Throws: ``UnreadableRow`` for another interval, or an anchor that is NULL or out of range.
  func grid(_ column: Int32) throws(UnreadableRow) -> Grid? {
    guard let interval = try optionalSpan(column, from: 1) else { return nil }
    return Grid(anchor: try instant(column + 1), interval: interval, startsAtAnchor: integer(column + 2) != 0)
  }
}
