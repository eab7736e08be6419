public import TactusModel
public import TactusPorts

/// Records the preparation of images, in the columns `build_status` and `build_error` of a container workflow.
///
/// The status is information for people. Nothing waits for it, because each job requests its image by itself. Only
/// the newest generation of a workflow has a status. Source: docs/adr/0008
extension LedgerVerbs {
  /// Requests the image of a new generation; clears the build status if it is not a container workflow.
  ///
  /// The status becomes QUEUED, and the error of the previous generation is removed. The change of the current verb
  /// then lists the preparation for the execution worker.
  func beginBuild(of key: DefinitionKey, _ name: WorkflowName, _ definition: Definition) throws {
    let status: BuildStatus? = definition.work.kind == .container ? .queued : nil
    try rows.setBuild(status, of: key.workflow)
    guard status != nil else { return }
    preparations.append(Preparation(name: name, definition: key, text: definition.text))
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
  public func recordBuild(_ key: DefinitionKey, _ step: BuildStep, at now: Instant) throws -> Bool {
    if case .progress = step {
      guard try rows.isPreparing(key) else { return false }
    } else {
      let error = step.status == .failed ? step.detail : nil
      guard try rows.setBuild(step.status, error: error, of: key) else { return false }
    }
    try event(step.event, at: now, workflow: key.workflow, detail: step.detail)
    return true
  }
}
