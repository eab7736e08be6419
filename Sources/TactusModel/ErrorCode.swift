/// Why a job did not complete: a closed list; `error_message` carries the particular sentence.
public enum ErrorCode: String, CaseIterable, Sendable {
  /// The process ended with a code other than 0.
  case exitNonzero = "EXIT_NONZERO"
  /// The process was ended by a signal that Tactus did not send.
  case signaled = "SIGNALED"
  /// HTTP answered with a status that was not expected.
  case statusMismatch = "STATUS_MISMATCH"
  /// The answer was not as declared.
  case assertionFailed = "ASSERTION_FAILED"
  /// No connection, no TLS, no such name.
  case connectionFailed = "CONNECTION_FAILED"
  /// The job exceeded its time-out.
  case providerTimeout = "PROVIDER_TIMEOUT"
  /// It cannot run as defined.
  case validationError = "VALIDATION_ERROR"
  /// The provider failed while the job ran.
  case providerError = "PROVIDER_ERROR"
  /// It could not be handed to any provider.
  case dispatchExhausted = "DISPATCH_EXHAUSTED"
  /// The daemon was stopped and the drain time ran out.
  case interrupted = "INTERRUPTED"
  /// It was claimed or running at a crash, and is gone.
  case lost = "LOST"
  /// A person canceled it.
  case canceledByUser = "CANCELED_BY_USER"
  /// Its workflow was terminated.
  case workflowTerminated = "WORKFLOW_TERMINATED"
  /// A newer run of the same workflow took its place.
  case overlapReplaced = "OVERLAP_REPLACED"
  /// It was released, but a newer instant was due before it could start.
  case misfired = "MISFIRED"

  /// What a code says about whom.
  public enum Class: String, Sendable {
    /// The job itself failed: counts towards consecutive failures.
    case job
    /// The platform failed: never counts.
    case infrastructure
    /// Why a job was canceled.
    case cancellation
  }

  /// The class that decides whether a failure counts.
  public var `class`: Class {
    switch self {
    case .exitNonzero, .signaled, .statusMismatch, .assertionFailed, .connectionFailed, .providerTimeout,
      .validationError:
      .job
    case .providerError, .dispatchExhausted, .interrupted, .lost: .infrastructure
    case .canceledByUser, .workflowTerminated, .overlapReplaced, .misfired: .cancellation
    }
  }

  /// The terminal status that a job with this code has.
  public var status: JobStatus { self.class == .cancellation ? .canceled : .failed }
}
