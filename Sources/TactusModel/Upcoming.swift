/// An upcoming run.
public struct Upcoming: Hashable, Sendable {
  /// The workflow.
  public var workflow: WorkflowName
  /// The kind of work.
  public var kind: Word<Kind>
  /// The origin: the schedule, or a request.
  public var trigger: Word<Trigger>
  /// The nominal instant.
  public var nominalAt: Instant
  /// The job, if it already exists; of a schedule only the next one does.
  public var job: JobID?

  /// Creates a run that was read from a store, with words of any version.
  public init(workflow: WorkflowName, kind: Word<Kind>, trigger: Word<Trigger>, nominalAt: Instant, job: JobID?) {
    self.workflow = workflow
    self.kind = kind
    self.trigger = trigger
    self.nominalAt = nominalAt
    self.job = job
  }

  /// Creates a run with words of this version.
  public init(workflow: WorkflowName, kind: Kind, trigger: Trigger, nominalAt: Instant, job: JobID?) {
    self.init(workflow: workflow, kind: Word(kind), trigger: Word(trigger), nominalAt: nominalAt, job: job)
  }
}
