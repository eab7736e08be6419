/// An entry of the event stream.
public struct Event: Hashable, Sendable {
  /// The number within the store's epoch: dense, from 1.
  public var sequence: Int64
  /// The time of the change, by the wall clock.
  public var at: Instant
  /// The kind of change.
  public var type: Word<EventType>
  /// The workflow's name; nil for events of the daemon.
  public var workflow: WorkflowName?
  /// The job; nil for events of workflows and of the daemon.
  public var job: JobID?
  /// The new status of the job; nil if the event is not about one.
  public var status: Word<JobStatus>?
  /// The reason why the job ended; nil if it completed or did not end.
  public var errorCode: Word<ErrorCode>?
  /// Details for people; nil without any.
  public var detail: String?

  /// Creates an event that was read from a store, with words of any version.
  public init(
    sequence: Int64, at: Instant, type: Word<EventType>, workflow: WorkflowName?, job: JobID?,
    status: Word<JobStatus>?, errorCode: Word<ErrorCode>?, detail: String?
  ) {
    self.sequence = sequence
    self.at = at
    self.type = type
    self.workflow = workflow
    self.job = job
    self.status = status
    self.errorCode = errorCode
    self.detail = detail
  }

  /// Creates an event with words of this version.
  public init(
    sequence: Int64, at: Instant, type: EventType, workflow: WorkflowName? = nil, job: JobID? = nil,
    status: JobStatus? = nil, errorCode: ErrorCode? = nil, detail: String? = nil
  ) {
    self.init(
      sequence: sequence, at: at, type: Word(type), workflow: workflow, job: job, status: status.map(Word.init),
      errorCode: errorCode.map(Word.init), detail: detail)
  }
}

/// The types of events.
public enum EventType: String, CaseIterable, Sendable {
  /// A job was created.
  case jobPending = "job.pending"
  /// A held job got a start time, or a scheduled one another.
  case jobScheduled = "job.scheduled"
  /// A job was released.
  case jobQueued = "job.queued"
  /// A job started.
  case jobRunning = "job.running"
  /// A job succeeded.
  case jobCompleted = "job.completed"
  /// A job failed.
  case jobFailed = "job.failed"
  /// A job was canceled.
  case jobCanceled = "job.canceled"
  /// A workflow was created.
  case workflowCreated = "workflow.created"
  /// A workflow has a new generation.
  case workflowChanged = "workflow.changed"
  /// A workflow was terminated.
  case workflowTerminated = "workflow.terminated"
  /// A workflow was resumed.
  case workflowResumed = "workflow.resumed"
  /// A workflow was deleted.
  case workflowDeleted = "workflow.deleted"
  /// A workflow failed for the first time, or for the first time after a success.
  case workflowFailing = "workflow.failing"
  /// A workflow succeeded for the first time after failures.
  case workflowRecovered = "workflow.recovered"
  /// The preparation of an image began.
  case workflowBuildStarted = "workflow.build_started"
  /// The preparation of an image progressed.
  case workflowBuildProgress = "workflow.build_progress"
  /// The image is available.
  case workflowBuildCompleted = "workflow.build_completed"
  /// The image is unavailable.
  case workflowBuildFailed = "workflow.build_failed"
  /// The daemon is ready.
  case daemonStarted = "daemon.started"
  /// The daemon begins to drain.
  case daemonStopping = "daemon.stopping"
  /// The daemon reloaded its files.
  case daemonReloaded = "daemon.reloaded"

  /// Returns the event for a job's new status.
  public init(_ status: JobStatus) {
    switch status {
    case .pending: self = .jobPending
    case .queued: self = .jobQueued
    case .running: self = .jobRunning
    case .completed: self = .jobCompleted
    case .failed: self = .jobFailed
    case .canceled: self = .jobCanceled
    }
  }
}

/// A position in the event stream that survives restarts; the epoch identifies the store.
public struct EventPosition: Hashable, Sendable, CustomStringConvertible {
  /// The epoch of the store.
  public var epoch: String
  /// The number of the newest event seen; 0 before the first.
  public var sequence: Int64

  /// Creates a position.
  public init(epoch: String, sequence: Int64) {
    self.epoch = epoch
    self.sequence = sequence
  }

  /// The text form: `epoch:sequence`.
  public var description: String { "\(epoch):\(sequence)" }
}
