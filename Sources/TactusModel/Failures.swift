/// The count of consecutive failures of a workflow, and the effect of each end on it.
public struct Failures: Hashable, Sendable {
  /// Job-class failures since the last success or resume.
  public var consecutive: Int
  /// The count at which the workflow is terminated; nil for never.
  public var limit: Int?

  /// Creates a count.
  public init(consecutive: Int, limit: Int?) {
    self.consecutive = consecutive
    self.limit = limit
  }

  /// The consequences of an end beyond the count.
  public enum Consequence: Hashable, Sendable {
    /// No consequence.
    case none
    /// The first consecutive failure: since creation, resume, or the last success.
    case failing
    /// The first success after a failure.
    case recovered
    /// The limit is reached, and the workflow is terminated; wins over `failing` if both apply.
    case exhausted
  }

  /// Counts the end of a job: a job-class failure adds one, a success resets, anything else leaves the count unchanged.
  public mutating func count(status: JobStatus, errorCode: ErrorCode?) -> Consequence {
    switch status {
    case .completed:
      defer { consecutive = 0 }
      return consecutive > 0 ? .recovered : .none
    case .failed:
      guard errorCode?.class == .job else { return .none }
      consecutive += 1
      if let limit, consecutive >= limit { return .exhausted }
      return consecutive == 1 ? .failing : .none
    case .pending, .queued, .running, .canceled:
      return .none
    }
  }
}
