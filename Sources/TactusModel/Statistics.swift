/// What ended in a window of time, and how: of everything, or of one workflow, queue or kind.
public struct Statistics: Hashable, Sendable {
  /// Ends of one bucket of the window.
  public struct Bucket: Hashable, Sendable {
    /// When it begins; it ends where the next one begins.
    public var from: Instant
    /// Jobs that ended in it, by status.
    public var ends: [JobStatus: Int] = [:]
    /// Their run times.
    public var duration = Distribution()
  }

  /// The window's beginning.
  public let from: Instant
  /// The window's end; not part of it.
  public let until: Instant
  /// Jobs that ended in the window, by status.
  public private(set) var ends: [JobStatus: Int] = [:]
  /// Run times of those that ran.
  public private(set) var duration = Distribution()
  /// Start delays of those that ran.
  public private(set) var startDelay = Distribution()
  /// The window in equal parts, oldest first.
  public private(set) var buckets: [Bucket]

  /// How many parts a window has.
  public static let bucketCount = 24

  /// Nothing ended yet.
  public init(from: Instant, until: Instant) {
    self.from = from
    self.until = until
    let span = until - from
    buckets = (0..<Self.bucketCount).map { Bucket(from: from + span * $0 / Self.bucketCount) }
  }

  /// Counts the end of a job; one outside the window is left out.
  /// - Parameters:
  ///   - completedAt: when it ended, by the wall clock, as the window is.
  ///   - ran: how long it ran; nil if it never started.
  ///   - delay: how late it started; nil if it never started.
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

  /// COMPLETED among COMPLETED and FAILED, 0 … 1; nil if there were neither.
  public var successRate: Double? {
    let (good, bad) = (ends[.completed] ?? 0, ends[.failed] ?? 0)
    return good + bad > 0 ? Double(good) / Double(good + bad) : nil
  }
}
