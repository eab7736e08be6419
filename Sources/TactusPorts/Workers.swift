public import TactusModel

/// The requests of the scheduling worker and the control socket to the execution worker.
///
/// Any queue. All calls return at once and take effect in order.
public protocol Execution: Sendable {
  /// Adds jobs that became QUEUED.
  func enqueue(_ jobs: [QueuedJob])
  /// Drops jobs whose rows were closed: they are not started, and events of claimed ones are ignored.
  func withdraw(_ ids: [JobID])
  /// Prepares the images of workflows.
  func prepare(_ preparations: [Preparation])
  /// Stops attempts; the reasons are durable.
  func stop(_ reasons: [JobID: StopReason])
}

/// The notices of the execution worker to the scheduling worker.
///
/// Any queue. All calls return at once and take effect in order.
public protocol Scheduling: Sendable {
  /// A job of this workflow ended: waiting jobs of the workflow may be released.
  func ended(_ workflow: WorkflowID)
  /// A job of this queue left QUEUED: jobs that wait for room may be released.
  func roomMade(in queue: QueueName)
  /// An end changed the plan, for example because it terminated its workflow.
  func follow(change: PlanChange)
}

/// The requests of clients to the scheduling worker.
///
/// Any queue. All calls return at once and are answered once, on any queue, after the commit that made the change
/// durable.
public protocol Planning: Sendable {
  /// Creates or edits a workflow; a dry run only answers what it would do.
  func apply(_ definition: Definition, to name: WorkflowName, dryRun: Bool, answer: @escaping Answer<Applied>)
  /// Creates a MANUAL job.
  func run(_ request: RunRequest, answer: @escaping Answer<JobID>)
  /// Gives a held job a start time, or a scheduled job another one.
  func schedule(_ id: JobID, for instant: Instant, answer: @escaping Answer<PlanChange>)
  /// Deletes a terminated workflow, which frees its name.
  func delete(_ name: WorkflowName, answer: @escaping Answer<Bool>)
  /// Terminates a workflow; its running jobs continue, or are canceled.
  func terminate(_ name: WorkflowName, cancelRunning: Bool, answer: @escaping Answer<PlanChange>)
  /// Has a terminated workflow plan again.
  func resume(_ name: WorkflowName, answer: @escaping Answer<PlanChange>)
  /// Cancels a job in any non-terminal status.
  func cancel(_ id: JobID, answer: @escaping Answer<PlanChange>)
  /// Ends a job as LOST whose provider does not answer.
  func abandon(_ id: JobID, answer: @escaping Answer<Ended>)
}
