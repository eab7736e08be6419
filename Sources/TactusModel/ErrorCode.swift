/// The reason why a job did not complete: a closed list; `error_message` holds the details.
public enum ErrorCode: String, CaseIterable, Sendable {
  /// The process ended with a code other than 0.
  case exitNonzero = "EXIT_NONZERO"
  /// A signal that Tactus did not send ended the process.
  case signaled = "SIGNALED"
  /// The HTTP status was not an expected one.
  case statusMismatch = "STATUS_MISMATCH"
  /// The answer was not as declared.
  case assertionFailed = "ASSERTION_FAILED"
  /// No connection: the name, TCP or TLS failed.
  case connectionFailed = "CONNECTION_FAILED"
  /// The job exceeded its time-out.
  case providerTimeout = "PROVIDER_TIMEOUT"
  /// The job cannot run as defined.
  case validationError = "VALIDATION_ERROR"
  /// The provider failed while the job ran.
  case providerError = "PROVIDER_ERROR"
  /// The job could not be handed to any provider.
  case dispatchExhausted = "DISPATCH_EXHAUSTED"
  /// The daemon was stopped and the drain time ran out.
  case interrupted = "INTERRUPTED"
  /// The job was claimed or running at a crash, and is gone.
  case lost = "LOST"
  /// A person canceled it.
  case canceledByUser = "CANCELED_BY_USER"
  /// Its workflow was terminated.
  case workflowTerminated = "WORKFLOW_TERMINATED"
  /// A newer run of the same workflow replaced it.
  case overlapReplaced = "OVERLAP_REPLACED"
  /// It was released, but a newer instant was due before it could start.
  case misfired = "MISFIRED"

  /// The classes of codes, by what failed.
  public enum Class: String, Sendable {
    /// The job failed; counts towards consecutive failures.
    case job
    /// The platform failed; never counts.
    case infrastructure
    /// The job was canceled.
    case cancellation
  }

  /// The class, which decides whether a failure counts.
  public var `class`: Class {
    switch self {
    case .exitNonzero, .signaled, .statusMismatch, .assertionFailed, .connectionFailed, .providerTimeout,
      .validationError:
      .job
    case .providerError, .dispatchExhausted, .interrupted, .lost: .infrastructure
    case .canceledByUser, .workflowTerminated, .overlapReplaced, .misfired: .cancellation
    }
  }

  /// The terminal status of a job with this code.
  public var status: JobStatus { self.class == .cancellation ? .canceled : .failed }
}
