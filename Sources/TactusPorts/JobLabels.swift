public import TactusModel

/// The values that identify a job in messages and output in the journal.
public struct JobLabels: Hashable, Sendable {
  /// The attempt.
  public var id: JobID
  /// The workflow's name; nil if it has no workflow.
  public var workflow: WorkflowName?
  /// The kind of work; nil if unknown.
  public var kind: Word<Kind>?
  /// The origin; nil if unknown.
  public var trigger: Word<Trigger>?
  /// The number of the attempt, from 1; nil if unknown.
  public var attempt: Int?

  /// Creates labels from words of any version; unknown values are nil.
  public init(
    _ id: JobID, workflow: WorkflowName? = nil, kind: Word<Kind>? = nil, trigger: Word<Trigger>? = nil,
    attempt: Int? = nil
  ) {
    self.id = id
    self.workflow = workflow
    self.kind = kind
    self.trigger = trigger
    self.attempt = attempt
  }

  /// Creates labels from words of this version.
  public init(
    _ id: JobID, workflow: WorkflowName? = nil, kind: Kind, trigger: Trigger? = nil, attempt: Int? = nil
  ) {
    self.init(id, workflow: workflow, kind: Word(kind), trigger: trigger.map { Word($0) }, attempt: attempt)
  }

  /// The journal fields of the known values, in order.
  public var fields: [(name: JournalField, value: String)] {
    var fields: [(name: JournalField, value: String)] = [(.job, "\(id)")]
    if let workflow { fields.append((.workflow, workflow.text)) }
    if let kind { fields.append((.kind, kind.rawValue)) }
    if let trigger { fields.append((.trigger, trigger.rawValue)) }
    if let attempt { fields.append((.attempt, "\(attempt)")) }
    return fields
  }
}
