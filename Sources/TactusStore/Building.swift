internal import TactusModel
internal import TactusPorts

/// Records the preparation of images, in the columns `build_status` and `build_error` of a container workflow.
///
/// The status is information for people. Nothing waits for it, because each job requests its image by itself. Only
/// the newest generation of a workflow has a status. Source: docs/adr/0008
extension Tables {
  /// Requests the image of a new generation; clears the build status if it is not a container workflow.
  ///
  /// The status becomes QUEUED, and the error of the previous generation is removed. The change of the current verb
  /// then lists the preparation for the execution worker.
  func beginBuild(of workflow: WorkflowID, _ name: WorkflowName, generation: Int, _ definition: Definition) throws {
    let status: BuildStatus? = definition.work.kind == .container ? .queued : nil
    try connection.run("UPDATE workflows SET build_status = ?, build_error = NULL WHERE id = ?", status, workflow)
    guard status != nil else { return }
    preparations.append(
      Preparation(
        name: name, definition: DefinitionKey(workflow: workflow, generation: generation), text: definition.text))
  }

  /// Returns the preparations that an earlier daemon did not finish, by workflow number.
  ///
  /// These are QUEUED and STARTED ones of workflows that are not deleted. A failed preparation is not repeated. Rows
  /// that cannot be read are reported and left out. The query walks the index `workflows_building`, which has no
  /// other rows.
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

  /// Records a step of a preparation, with its event.
  ///
  /// Progress is only an event, and only while the status is STARTED. The other steps set the status. A failure also
  /// stores its reason, which the next step removes.
  ///
  /// - Parameters:
  ///   - key: the generation that is prepared. The step of an older generation is ignored.
  ///   - step: the step, in any order: a container that runs completes a preparation, whatever its status was.
  ///   - now: the time of the event.
  /// - Returns: false if nothing was recorded: the generation is not the newest, the workflow has no image, or the
  ///   status and its reason are already stored.
  /// - Throws: ``StoreError`` if the write failed. The verb is then undone.
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
