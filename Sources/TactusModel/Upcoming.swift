/// One run that is to come.
public struct Upcoming: Hashable, Sendable {
  /// Of which workflow.
  public var workflow: WorkflowName
  /// What it runs.
  public var kind: Kind
  /// By the schedule, or asked for.
  public var trigger: Trigger
  /// When.
  public var nominalAt: Instant
  /// The job, if it is planned already; only the next one of a schedule is.
  public var job: JobID?

  /// Puts a run together.
  public init(workflow: WorkflowName, kind: Kind, trigger: Trigger, nominalAt: Instant, job: JobID?) {
    self.workflow = workflow
    self.kind = kind
    self.trigger = trigger
    self.nominalAt = nominalAt
    self.job = job
  }
}
