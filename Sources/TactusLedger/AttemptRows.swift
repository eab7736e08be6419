public import TactusModel
public import TactusPorts

/// Statements about one job by its id: what a request needs to know, its claim, start, stop and end.
///
/// Some are about the live jobs of a workflow.
///
/// A statement with a fence token changes nothing if the row has another one, because its attempt is over then.
public protocol AttemptRows {
  /// Returns what a cancel needs to know of a job; nil if it does not exist.
  func job(_ id: JobID) throws -> JobRow?

  /// Returns what a change of the start time needs to know; nil if the job does not exist.
  func schedulable(_ id: JobID) throws -> (status: JobStatus, phase: Phase?, trigger: Trigger, workflow: WorkflowID?)?

  /// Returns what giving up a job needs to know; nil if it does not exist.
  ///
  /// It reads no more, because this is the way out for a row that is damaged elsewhere.
  func abandonable(_ id: JobID) throws -> (status: JobStatus, phase: Phase?, fence: Int64)?

  /// Claims a job in the phase `queued` or `waiting_for_provider`: QUEUED/dispatching, with the next fence token.
  ///
  /// - Returns: the claim, with the definition that the job is bound to; nil if it is missing or in another phase.
  /// - Throws: ``UnreadableRow`` with `missingGeneration`, if that definition is gone.
  func claim(_ id: JobID, bootID: String, at now: Instant) throws -> ClaimedJob?

  /// Records a start: QUEUED/dispatching becomes RUNNING, or RUNNING/stopping if it has a stop reason.
  ///
  /// `started_event` becomes the number of the next event, so the caller writes `job.running` at once.
  ///
  /// - Returns: what the start concerns; nil for another fence or phase.
  func start(_ id: JobID, fence: Int64, facts: StartFacts) throws -> StartedRow?

  /// Puts a claimed or parked job without a stop reason back into its queue, and removes a recorded obstacle.
  ///
  /// - Returns: the job to enqueue; nil for another fence or phase, or with a stop reason.
  func requeue(_ id: JobID, fence: Int64) throws -> QueuedJob?

  /// Makes QUEUED/dispatching wait for a provider, unless it has a stop reason; returns whether it did.
  func park(_ id: JobID, fence: Int64) throws -> Bool

  /// Returns the fence token of the last claim, 0 without one; nil if the job does not exist.
  func fence(of id: JobID) throws -> Int64?

  /// Whether a QUEUED or RUNNING job has no stop reason; nil for another fence or a job that has ended.
  func isUnstopped(_ id: JobID, fence: Int64) throws -> Bool?

  /// Records the first stop reason of a QUEUED or RUNNING job, and makes `running` `stopping`.
  ///
  /// - Returns: false if it has a reason already, or has ended.
  func stop(_ id: JobID, reason: StopReason, at now: Instant) throws -> Bool

  /// Removes a stop reason.
  func forgetStop(of id: JobID) throws

  /// Makes a claimed or RUNNING job `unverified`; returns whether it did.
  func setUnverified(_ id: JobID, fence: Int64) throws -> Bool

  /// Gives an `unverified` job the phase that its durable facts imply; returns whether it did.
  ///
  /// This is `dispatching` if it is QUEUED, `stopping` if it is RUNNING with a stop reason, else `running`.
  func setVerified(_ id: JobID, fence: Int64) throws -> Bool

  /// Records what keeps a claimed or RUNNING job from ending; returns whether it did.
  func setObstacle(_ obstacle: String, of id: JobID, fence: Int64) throws -> Bool

  /// Returns what the end of an attempt needs; nil if the job does not exist.
  func attempt(_ id: JobID) throws -> AttemptRow?

  /// Writes the outcome and the measurements of an attempt.
  ///
  /// `ended_event` becomes the number of the next event, so the caller writes the event of the end at once. A job that
  /// FAILED without a start gets the same number as `started_event`.
  ///
  /// - Parameters:
  ///   - id: the job.
  ///   - outcome: the terminal status, its reason and the report.
  ///   - duration: nil if it never started.
  ///   - endedAt: the time of the end.
  func end(_ id: JobID, with outcome: Outcome, after duration: Duration?, at endedAt: Instant) throws

  /// Ends a job that was never claimed.
  ///
  /// `ended_event` becomes the number of the next event, so the caller writes the event of the end at once.
  func close(_ id: JobID, as code: ErrorCode, message: String, at now: Instant) throws

  /// Returns what is logged of a job that is closed, with its queue if it is QUEUED; nil if it does not exist.
  ///
  /// A word of another version is no error here.
  func closing(_ id: JobID) throws -> (queue: QueueName?, labels: JobLabels)?

  /// Returns the QUEUED automatic jobs of a workflow that are not claimed.
  func unclaimed(of workflow: WorkflowID) throws -> [JobID]

  /// Returns the claimed and RUNNING jobs of a workflow without a stop reason.
  func unstopped(of workflow: WorkflowID, automaticOnly: Bool) throws -> [JobID]

  /// Returns any job of a workflow that has not ended; nil if all have.
  func firstOpen(of workflow: WorkflowID) throws -> JobID?
}

/// The state of a job, for a cancel.
public struct JobRow: Hashable, Sendable {
  /// The status.
  public var status: JobStatus
  /// The phase; nil after the end.
  public var phase: Phase?
  /// The workflow; nil if it has none.
  public var workflow: WorkflowID?
  /// The nominal instant; nil for a held job.
  public var nominalAt: Instant?
  /// The first stop reason.
  public var stopReason: StopReason?

  /// Creates a row.
  public init(
    status: JobStatus, phase: Phase?, workflow: WorkflowID?, nominalAt: Instant?, stopReason: StopReason?
  ) {
    self.status = status
    self.phase = phase
    self.workflow = workflow
    self.nominalAt = nominalAt
    self.stopReason = stopReason
  }
}

/// What a recorded start concerns.
public struct StartedRow: Hashable, Sendable {
  /// The workflow; nil if the job has none.
  public var workflow: WorkflowID?
  /// The queue, which has room again; nil if its name cannot be read.
  public var queue: QueueName?
  /// The generation that the job is bound to.
  public var generation: Int

  /// Creates a row.
  public init(workflow: WorkflowID?, queue: QueueName?, generation: Int) {
    self.workflow = workflow
    self.queue = queue
    self.generation = generation
  }
}

/// What the end of an attempt needs to know.
public struct AttemptRow: Hashable, Sendable {
  /// The workflow; nil if it has none.
  public var workflow: WorkflowID?
  /// The status before the end.
  public var status: JobStatus
  /// The token of the last claim.
  public var fence: Int64
  /// The durable stop reason, which decides the outcome.
  public var stopReason: StopReason?
  /// The recorded start; nil if none was recorded.
  public var startedAt: Instant?
  /// The time of creation.
  public var createdAt: Instant
  /// The queue; nil if its name cannot be read.
  public var queue: QueueName?
  /// The values that the log shows, without the name of the workflow.
  public var labels: JobLabels
  /// Whether any row of its workflow is PENDING/due.
  public var hasWaiting: Bool

  /// Creates a row.
  public init(
    workflow: WorkflowID?, status: JobStatus, fence: Int64, stopReason: StopReason?, startedAt: Instant?,
    createdAt: Instant, queue: QueueName?, labels: JobLabels, hasWaiting: Bool
  ) {
    self.workflow = workflow
    self.status = status
    self.fence = fence
    self.stopReason = stopReason
    self.startedAt = startedAt
    self.createdAt = createdAt
    self.queue = queue
    self.labels = labels
    self.hasWaiting = hasWaiting
  }
}
