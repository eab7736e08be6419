/// The count of failures in a row that a workflow carries, and what each end does to it.
public struct Failures: Hashable, Sendable {
  /// Job-class failures since the last success or resume.
  public var consecutive: Int
  /// When the workflow is terminated for them; nil means never.
  public var limit: Int?

  /// Puts a count together.
  public init(consecutive: Int, limit: Int?) {
    self.consecutive = consecutive
    self.limit = limit
  }

  /// What an end means beyond the count itself.
  public enum Consequence: Hashable, Sendable {
    /// Nothing to tell.
    case none
    /// The first failure in a row: since the workflow was made, resumed, or last succeeded.
    case failing
    /// The first success after a failure.
    case recovered
    /// The limit is reached: the workflow ends here. Also told when the same end is the first failure.
    case exhausted
  }

  /// Counts the end of a job: job-class failures add one, a success clears, anything else leaves it as it is.
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
