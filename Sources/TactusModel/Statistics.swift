/// The ends of jobs in a window of time: of all jobs, or of one workflow, queue or kind.
public struct Statistics: Hashable, Sendable {
  /// One part of the window.
  public struct Bucket: Hashable, Sendable {
    /// The beginning; it ends where the next one begins.
    public var from: Instant
    /// The number of jobs that ended in it, by status.
    public var ends: [JobStatus: Int] = [:]
    /// The run times of these jobs.
    public var duration = Distribution()
  }

  /// The beginning of the window.
  public let from: Instant
  /// The end of the window, which is not part of it.
  public let until: Instant
  /// The number of jobs that ended in the window, by status.
  public private(set) var ends: [JobStatus: Int] = [:]
  /// The run times of jobs that ran.
  public private(set) var duration = Distribution()
  /// The start delays of jobs that ran.
  public private(set) var startDelay = Distribution()
  /// The window in equal parts, oldest first.
  public private(set) var buckets: [Bucket]

  /// The number of parts of a window.
  public static let bucketCount = 24

  /// Creates empty statistics of a window.
  public init(from: Instant, until: Instant) {
    self.from = from
    self.until = until
    let span = until - from
    buckets = (0..<Self.bucketCount).map { Bucket(from: from + span * $0 / Self.bucketCount) }
  }

  /// Counts the end of a job; an end outside the window is ignored.
  ///
  /// - Parameters:
  ///   - completedAt: the end by the wall clock, like the window.
  ///   - ran: the run time; nil if it never started.
  ///   - delay: the start delay; nil if it never started.
  public mutating func add(
    status: JobStatus, completedAt: Instant, duration ran: Duration?, startDelay delay: Duration?
  ) {
    guard completedAt >= from, completedAt < until else { return }
    let span = (until - from).microseconds
    let passed = (completedAt - from).microseconds
    let (high, low) = passed.multipliedFullWidth(by: Int64(Self.bucketCount))
    let index = min(Int(span.dividingFullWidth((high, low)).quotient), Self.bucketCount - 1)
    ends[status, default: 0] += 1
    buckets[index].ends[status, default: 0] += 1
    if let ran {
      duration.add(ran)
      buckets[index].duration.add(ran)
    }
    if let delay { startDelay.add(delay) }
  }

  /// The share of COMPLETED among COMPLETED and FAILED, 0 … 1; nil if both are zero.
  public var successRate: Double? {
    let (good, bad) = (ends[.completed] ?? 0, ends[.failed] ?? 0)
    return good + bad > 0 ? Double(good) / Double(good + bad) : nil
  }
}
