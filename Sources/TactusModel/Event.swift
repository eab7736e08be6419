/// One entry of the event stream: what changed, when, and of what.
public struct Event: Hashable, Sendable {
  /// Its number within the store's epoch: dense, from 1.
  public var sequence: Int64
  /// When it happened.
  public var at: Instant
  /// What happened.
  public var type: Word<EventType>
  /// The workflow's name; nil for events of the daemon.
  public var workflow: WorkflowName?
  /// The job; nil for events of workflows and of the daemon.
  public var job: JobID?
  /// The job's new status.
  public var status: Word<JobStatus>?
  /// Why it ended.
  public var errorCode: Word<ErrorCode>?
  /// What there is to say about it, for people.
  public var detail: String?

  /// Puts an event together as it was read.
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

  /// Puts an event of this version's words together.
  public init(
    sequence: Int64, at: Instant, type: EventType, workflow: WorkflowName? = nil, job: JobID? = nil,
    status: JobStatus? = nil, errorCode: ErrorCode? = nil, detail: String? = nil
  ) {
    self.init(
      sequence: sequence, at: at, type: Word(type), workflow: workflow, job: job, status: status.map(Word.init),
      errorCode: errorCode.map(Word.init), detail: detail)
  }
}

/// The words of the event stream.
public enum EventType: String, CaseIterable, Sendable {
  /// A job was made.
  case jobPending = "job.pending"
  /// A held job got its time, or a scheduled one another.
  case jobScheduled = "job.scheduled"
  /// A job was released.
  case jobQueued = "job.queued"
  /// A job began to run.
  case jobRunning = "job.running"
  /// A job succeeded.
  case jobCompleted = "job.completed"
  /// A job failed.
  case jobFailed = "job.failed"
  /// A job was canceled.
  case jobCanceled = "job.canceled"
  /// A workflow is new.
  case workflowCreated = "workflow.created"
  /// A workflow has a new generation.
  case workflowChanged = "workflow.changed"
  /// A workflow plans no more.
  case workflowTerminated = "workflow.terminated"
  /// A workflow plans again.
  case workflowResumed = "workflow.resumed"
  /// A workflow is gone.
  case workflowDeleted = "workflow.deleted"
  /// The first failure, or the first after a success.
  case workflowFailing = "workflow.failing"
  /// The first success after failures.
  case workflowRecovered = "workflow.recovered"
  /// The preparation of a workflow's image began.
  case workflowBuildStarted = "workflow.build_started"
  /// How far it is.
  case workflowBuildProgress = "workflow.build_progress"
  /// The image is there.
  case workflowBuildCompleted = "workflow.build_completed"
  /// The image is not there.
  case workflowBuildFailed = "workflow.build_failed"
  /// The daemon is ready.
  case daemonStarted = "daemon.started"
  /// The daemon drains.
  case daemonStopping = "daemon.stopping"
  /// The files were read again.
  case daemonReloaded = "daemon.reloaded"

  /// The event of a job's new status.
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

/// A place in the event stream that survives restarts: the epoch tells another store from this one.
public struct EventPosition: Hashable, Sendable, CustomStringConvertible {
  /// The store's epoch.
  public var epoch: String
  /// The newest event that was seen; 0 before the first.
  public var sequence: Int64

  /// Puts a position together.
  public init(epoch: String, sequence: Int64) {
    self.epoch = epoch
    self.sequence = sequence
  }

  /// `epoch:sequence`.
  public var description: String { "\(epoch):\(sequence)" }
}
