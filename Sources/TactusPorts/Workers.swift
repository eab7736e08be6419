public import TactusModel

/// What the scheduling worker and the control socket tell the execution worker.
///
/// All calls return at once and take effect in order.
public protocol Execution: Sendable {
  /// These jobs are QUEUED now.
  func enqueue(_ jobs: [QueuedJob])
  /// The rows of these jobs were closed: they are not to be started, and what was claimed is not heard of any more.
  func withdraw(_ ids: [JobID])
  /// The images of these workflows are to be prepared.
  func prepare(_ preparations: [Preparation])
  /// These attempts are to be stopped; the reasons are durable.
  func stop(_ reasons: [JobID: StopReason])
}

/// What the execution worker tells the scheduling worker.
///
/// All calls return at once and take effect in order.
public protocol Scheduling: Sendable {
  /// A job of this workflow ended: what waits for it may go.
  func ended(_ workflow: WorkflowID)
  /// A job of this queue left QUEUED: what waits for room may go.
  func roomMade(in queue: QueueName)
  /// The plan was changed by an end (its workflow was terminated).
  func follow(change: PlanChange)
}
