/// One run that is to come.
public struct Upcoming: Hashable, Sendable {
  /// Of which workflow.
  public var workflow: WorkflowName
  /// What it runs.
  public var kind: Word<Kind>
  /// By the schedule, or asked for.
  public var trigger: Word<Trigger>
  /// When.
  public var nominalAt: Instant
  /// The job, if it is planned already; only the next one of a schedule is.
  public var job: JobID?

  /// Puts a run together as it was read.
  public init(workflow: WorkflowName, kind: Word<Kind>, trigger: Word<Trigger>, nominalAt: Instant, job: JobID?) {
    self.workflow = workflow
    self.kind = kind
    self.trigger = trigger
    self.nominalAt = nominalAt
    self.job = job
  }

  /// Puts a run of this version's words together.
  public init(workflow: WorkflowName, kind: Kind, trigger: Trigger, nominalAt: Instant, job: JobID?) {
    self.init(workflow: workflow, kind: Word(kind), trigger: Word(trigger), nominalAt: nominalAt, job: job)
  }
}
