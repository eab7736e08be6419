public import TactusModel
public import TactusPorts

/// Statements about queues, and about all jobs that a starting daemon continues with.
public protocol BacklogRows {
  /// Returns the waiting row of a queue with the highest priority, then the earliest `scheduled_at`, then the least id.
  ///
  /// Only rows that wait for room count.
  func firstBacklogged(in queue: QueueName, except isLeftAlone: (JobID) -> Bool) throws -> PendingRow?

  /// Whether any row of a queue waits for room.
  func hasBacklog(in queue: QueueName) throws -> Bool

  /// Whether any row of a workflow waits for room.
  func hasBacklog(of workflow: WorkflowID) throws -> Bool

  /// Counts the QUEUED jobs of a queue, claimed ones included.
  func queuedCount(in queue: QueueName) throws -> Int

  /// Returns the queues with a row that waits for room.
  func backloggedQueues() throws -> Set<QueueName>

  /// Returns the workflows with a PENDING/due row.
  func waitingWorkflows() throws -> Set<WorkflowID>

  /// Returns the QUEUED jobs that wait for a slot or a provider, in no order; rows that cannot be read are left out.
  func queuedJobs() throws -> [QueuedJob]

  /// Returns the QUEUED automatic first attempts without a claim whose workflow has a newer planned job that is due.
  ///
  /// Workflows with `Misfire=all` are left out, because each of their instants runs.
  func overtaken(by now: Instant) throws -> [(id: JobID, workflow: WorkflowID)]

  /// Returns the claimed and RUNNING rows in no order, with all that is needed to find what they started.
  ///
  /// Parked jobs are no remnants, because nothing of them was started. Rows that cannot be read are left out.
  func remnants() throws -> [Remnant]
}
