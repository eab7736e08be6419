public import TactusModel

/// What names a job wherever it is spoken of outside the ledger: messages and output in the journal.
public struct JobLabels: Hashable, Sendable {
  /// The attempt.
  public var id: JobID
  /// The workflow's name, if it has one.
  public var workflow: WorkflowName?
  /// What it is.
  public var kind: Kind?
  /// Who asked for it.
  public var trigger: Trigger?
  /// From 1.
  public var attempt: Int?

  /// Puts labels together; what is not known where a job is spoken of stays nil.
  public init(
    _ id: JobID, workflow: WorkflowName? = nil, kind: Kind? = nil, trigger: Trigger? = nil, attempt: Int? = nil
  ) {
    self.id = id
    self.workflow = workflow
    self.kind = kind
    self.trigger = trigger
    self.attempt = attempt
  }

  /// The fields of what is known, in order.
  public var fields: [(name: JournalField, value: String)] {
    var fields: [(name: JournalField, value: String)] = [(.job, "\(id)")]
    if let workflow { fields.append((.workflow, workflow.text)) }
    if let kind { fields.append((.kind, kind.rawValue)) }
    if let trigger { fields.append((.trigger, trigger.rawValue)) }
    if let attempt { fields.append((.attempt, "\(attempt)")) }
    return fields
  }
}
