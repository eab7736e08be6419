/// The preparation of a container workflow's image; it is informational, and each job still pulls for itself.
public enum BuildStatus: String, CaseIterable, Sendable {
  /// It has not begun.
  case queued = "QUEUED"
  /// The engine is looking for the image, or pulls it.
  case started = "STARTED"
  /// The image is available.
  case completed = "COMPLETED"
  /// The image is unavailable.
  case failed = "FAILED"
}

/// The steps of a preparation.
public enum BuildStep: Hashable, Sendable {
  /// It began.
  case started
  /// The progress of a pull, in words: `2 of 5 layers`.
  case progress(String)
  /// The image is available.
  case completed
  /// The image is unavailable, for this reason.
  case failed(String)

  /// The status after this step.
  public var status: BuildStatus {
    switch self {
    case .started, .progress: .started
    case .completed: .completed
    case .failed: .failed
    }
  }

  /// The event that reports this step.
  public var event: EventType {
    switch self {
    case .started: .workflowBuildStarted
    case .progress: .workflowBuildProgress
    case .completed: .workflowBuildCompleted
    case .failed: .workflowBuildFailed
    }
  }

  /// The progress or the reason of a failure; nil for the other steps.
  public var detail: String? {
    switch self {
    case .started, .completed: nil
    case .progress(let text), .failed(let text): text
    }
  }
}
