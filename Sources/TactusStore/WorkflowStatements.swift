internal import TactusLedger
internal import TactusModel
internal import TactusPorts

extension SQLRows {
  func workflow(numbered id: WorkflowID) throws -> WorkflowRow? {
    try connection.first(
      """
      SELECT w.id, w.name, w.origin, w.state, w.terminated_reason, w.generation, w.consecutive_failures,
        w.planned_job, w.unanswered_from, w.resumed_at, d.kind, d.queue, d.priority, d.max_consecutive_failures,
        d.overlap, d.misfire, d.misfire_limit, d.start_within, d.interval, d.anchor_at, d.starts_at_anchor
      FROM workflows w JOIN definitions d ON d.workflow_id = w.id AND d.generation = w.generation
      WHERE w.id = ?
      """, id, read: Self.workflowRow)
  }

  // The index `workflows_name` holds the names that are in use, and each once.
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

  func insertWorkflow(_ name: WorkflowName, origin: Workflow.Origin, at now: Instant) throws -> WorkflowID {
    try connection.run(
      """
      INSERT INTO workflows (name, origin, state, generation, created_at, updated_at) VALUES (?, ?, 'ACTIVE', 1, ?, ?)
      """, name, origin, now, now)
    return WorkflowID(number: connection.lastInsertedRow)
  }

  func setGeneration(_ generation: Int, of id: WorkflowID, at now: Instant) throws {
    try connection.run("UPDATE workflows SET generation = ?, updated_at = ? WHERE id = ?", generation, now, id)
  }

  func setPlanned(_ job: JobID, of id: WorkflowID) throws {
    try connection.run("UPDATE workflows SET planned_job = ?, unanswered_from = NULL WHERE id = ?", job, id)
  }

  func setUnplanned(from unanswered: Instant, of id: WorkflowID) throws {
    try connection.run("UPDATE workflows SET planned_job = NULL, unanswered_from = ? WHERE id = ?", unanswered, id)
  }

  func setUnanswered(_ instant: Instant?, of id: WorkflowID) throws {
    try connection.run("UPDATE workflows SET unanswered_from = ? WHERE id = ?", instant, id)
  }

  func setActive(_ id: WorkflowID) throws {
    try connection.run("UPDATE workflows SET state = 'ACTIVE', terminated_reason = NULL WHERE id = ?", id)
  }

  func setTerminated(_ id: WorkflowID, for reason: Workflow.TerminatedReason, at now: Instant) throws {
    try connection.run(
      "UPDATE workflows SET state = 'TERMINATED', terminated_reason = ?, terminated_at = ? WHERE id = ?",
      reason, now, id)
  }

  func setReason(_ reason: Workflow.TerminatedReason, of id: WorkflowID) throws {
    try connection.run("UPDATE workflows SET terminated_reason = ? WHERE id = ?", reason, id)
  }

  func setResumed(_ id: WorkflowID, at now: Instant) throws {
    try connection.run("UPDATE workflows SET consecutive_failures = 0, resumed_at = ? WHERE id = ?", now, id)
  }

  func setDeleted(_ id: WorkflowID, at now: Instant) throws {
    try connection.run("UPDATE workflows SET deleted_at = ? WHERE id = ?", now, id)
  }

  func setFailures(_ count: Int, of id: WorkflowID) throws {
    try connection.run("UPDATE workflows SET consecutive_failures = ? WHERE id = ?", count, id)
  }

  func activeNamesOfFiles() throws -> [WorkflowName] {
    try connection.all(
      "SELECT name FROM workflows WHERE deleted_at IS NULL AND origin = 'file' AND state = 'ACTIVE'"
    ) { $0.text(0) }.compactMap(WorkflowName.init)
  }

  func limitResumes(to now: Instant) throws {
    try connection.run("UPDATE workflows SET resumed_at = ? WHERE resumed_at > ?", now, now)
  }

  func planned(after now: Instant) throws -> [WorkflowID] {
    try connection.all(
      """
      SELECT w.id FROM workflows w
        JOIN definitions d ON d.workflow_id = w.id AND d.generation = w.generation
        LEFT JOIN jobs p ON p.id = w.planned_job
      WHERE w.deleted_at IS NULL AND ifnull(p.nominal_at, w.unanswered_from) > ? + d.interval
      """, now
    ) { WorkflowID(number: $0.integer(0)) }
  }

  func setBuild(_ status: BuildStatus?, of id: WorkflowID) throws {
    try connection.run("UPDATE workflows SET build_status = ?, build_error = NULL WHERE id = ?", status, id)
  }

  func setBuild(_ status: BuildStatus, error: String?, of key: DefinitionKey) throws -> Bool {
    try connection.run(
      """
      UPDATE workflows SET build_status = ?1, build_error = ?2
      WHERE id = ?3 AND generation = ?4 AND build_status IS NOT NULL AND (build_status, build_error) IS NOT (?1, ?2)
      """, status, error, key.workflow, key.generation)
    return connection.changes == 1
  }

  func isPreparing(_ key: DefinitionKey) throws -> Bool {
    try connection.first(
      "SELECT 1 FROM workflows WHERE id = ? AND generation = ? AND build_status = 'STARTED'", key.workflow,
      key.generation
    ) { _ in true } ?? false
  }

  // The index `workflows_building` has no other rows.
  func unfinishedPreparations() throws -> [Preparation] {
    try connection.readable(
      """
      SELECT w.id, w.generation, w.name, d.text FROM workflows w INDEXED BY workflows_building
        JOIN definitions d ON d.workflow_id = w.id AND d.generation = w.generation
      WHERE w.build_status IN ('QUEUED', 'STARTED') AND w.deleted_at IS NULL ORDER BY w.id
      """
    ) { row in
      Preparation(
        name: try row.workflowName(2),
        definition: DefinitionKey(workflow: WorkflowID(number: row.integer(0)), generation: try row.count(1)),
        text: row.text(3))
    }
  }
}

extension SQLRows {
  func canonical(of key: DefinitionKey) throws -> String? {
    try connection.first(
      "SELECT canonical FROM definitions WHERE workflow_id = ? AND generation = ?", key.workflow, key.generation
    ) { $0.text(0) }
  }

  func setText(_ text: String, of key: DefinitionKey) throws {
    try connection.run(
      "UPDATE definitions SET text = ? WHERE workflow_id = ? AND generation = ? AND text <> ?", text, key.workflow,
      key.generation, text)
  }

  func insert(_ definition: Definition, as key: DefinitionKey, grid: Grid?, at now: Instant) throws {
    let policies = definition.policies
    try connection.run(
      """
      INSERT INTO definitions (workflow_id, generation, kind, text, canonical, queue, priority,
        max_consecutive_failures, overlap, misfire, misfire_limit, start_within, interval, anchor_at,
        starts_at_anchor, valid_from)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      key.workflow, key.generation, definition.work.kind, definition.text, definition.canonical, policies.queue,
      policies.priority, policies.maxConsecutiveFailures, policies.overlap, policies.misfire, policies.misfireLimit,
      policies.startWithin, grid?.interval, grid?.anchor, grid?.startsAtAnchor ?? false, now)
  }

  func limitValidity(to now: Instant) throws {
    try connection.run("UPDATE definitions SET valid_from = ? WHERE valid_from > ?", now, now)
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
