internal import TactusModel
internal import TactusPorts

/// Logs each change over the API once: the caller, the change and its result.
///
/// A change is logged when the planner has answered it, before its caller gets the answer. So a change that is logged
/// as made is durable. The log has it also if the client has left.
///
/// Requests that did not reach the planner are not logged here: invalid values, ends of ids that no job or several jobs
/// have, and workflows whose file must be removed or loaded first. A missing right is logged by ``refuse(_:for:_:)``,
/// and a reload by ``DefinitionFiles``. A dry run is not logged.
extension ControlAPI {
  /// Logs a change as made, or as refused with the reason; `made` returns nil if nothing changed.
  ///
  /// Any queue; never blocks. The entry has the fields of the job, the workflow and the principal. Refusals are logged
  /// as `change_refused`. Their rate is not limited, because only administrators may request changes.
  ///
  /// - Parameters:
  ///   - what: the change, in the words of its command: `terminate nightly`.
  ///   - principal: the caller that requested it.
  ///   - result: the planner's answer.
  ///   - workflow: the workflow, if it is known.
  ///   - job: the job, if there is one.
  ///   - made: returns the kind of message for a success. Some kinds require a workflow or a job: a debug build traps
  ///     without it.
  func note<Value>(
    _ what: String, _ principal: Principal, _ result: Result<Value, Refusal>, workflow: WorkflowName? = nil,
    job: JobID? = nil, as made: (Value) -> JournalMessage?
  ) {
    var fields: [(name: JournalField, value: String)] = []
    if let job { fields.append((.job, "\(job)")) }
    if let workflow { fields.append((.workflow, workflow.text)) }
    let asked = "\(what), requested by \(principal.words)"
    switch result {
    case .success(let value):
      guard let kind = made(value) else { return }
      condition.report(JournalEntry(kind, asked, all: fields + principal.fields))
    case .failure(let failure):
      condition.report(
        JournalEntry(.changeRefused, "\(asked), was refused: \(failure)", all: fields + principal.fields))
    }
  }
}
