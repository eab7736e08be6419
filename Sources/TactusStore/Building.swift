internal import TactusModel
internal import TactusPorts

/// The preparation of images.
extension Tables {
  /// A new generation runs in containers, or does no more.
  func beginBuild(of workflow: WorkflowID, _ name: WorkflowName, generation: Int, _ definition: Definition) throws {
    let status: BuildStatus? = definition.work.kind == .container ? .queued : nil
    try connection.run("UPDATE workflows SET build_status = ?, build_error = NULL WHERE id = ?", status, workflow)
    guard status != nil else { return }
    preparations.append(
      Preparation(
        name: name, definition: DefinitionKey(workflow: workflow, generation: generation), text: definition.text))
  }

  /// What an earlier daemon did not come to.
  func unpreparedBuilds() throws -> [Preparation] {
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

  func recordBuild(_ key: DefinitionKey, _ step: BuildStep, at now: Instant) throws -> Bool {
    if case .progress = step {
      let isUnderWay = try connection.first(
        "SELECT 1 FROM workflows WHERE id = ? AND generation = ? AND build_status = 'STARTED'", key.workflow,
        key.generation
      ) { _ in true }
      guard isUnderWay == true else { return false }
    } else {
      let error = step.status == .failed ? step.detail : nil
      try connection.run(
        """
        UPDATE workflows SET build_status = ?1, build_error = ?2
        WHERE id = ?3 AND generation = ?4 AND build_status IS NOT NULL AND (build_status, build_error) IS NOT (?1, ?2)
        """, step.status, error, key.workflow, key.generation)
      guard connection.changes == 1 else { return false }
    }
    try event(step.event, at: now, workflow: key.workflow, detail: step.detail)
    return true
  }
}
