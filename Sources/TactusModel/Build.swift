/// How far the preparation of a container workflow's image is; it informs, and gates nothing: each job tries for itself.
public enum BuildStatus: String, CaseIterable, Sendable {
  /// It is still to begin.
  case queued = "QUEUED"
  /// The engine is asked for the image, or pulls it.
  case started = "STARTED"
  /// The image is there.
  case completed = "COMPLETED"
  /// The image is not there.
  case failed = "FAILED"
}

/// A step of a preparation.
public enum BuildStep: Hashable, Sendable {
  /// It began.
  case started
  /// How far the pull is: `2 of 5 layers`.
  case progress(String)
  /// The image is there.
  case completed
  /// It is not, for this reason.
  case failed(String)

  /// The status that it leads to.
  public var status: BuildStatus {
    switch self {
    case .started, .progress: .started
    case .completed: .completed
    case .failed: .failed
    }
  }

  /// The event that tells of it.
  public var event: EventType {
    switch self {
    case .started: .workflowBuildStarted
    case .progress: .workflowBuildProgress
    case .completed: .workflowBuildCompleted
    case .failed: .workflowBuildFailed
    }
  }

  /// What there is to say about it.
  public var detail: String? {
    switch self {
    case .started, .completed: nil
    case .progress(let text), .failed(let text): text
    }
  }
}
