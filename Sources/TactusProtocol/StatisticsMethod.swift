public import TactusModel

/// `io.tactus.Workflows.Statistics`: the jobs that ended in a window up to now, of all workflows or of a part.
public struct ReadStatistics: Request {
  /// The full name of the method.
  public static let method = "io.tactus.Workflows.Statistics"
  /// The names of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// Open to all users.
  public static let right = Right.look

  /// Only this workflow; at most one of workflow, queue and kind is given.
  public var workflow: String?
  /// Only this queue.
  public var queue: String?
  /// Only this kind.
  public var kind: Kind?
  /// The length of the window in seconds, 60 … 31622400; a day if absent.
  public var windowSeconds: Int64?

  /// Requests statistics.
  public init(workflow: String? = nil, queue: String? = nil, kind: Kind? = nil, windowSeconds: Int64? = nil) {
    self.workflow = workflow
    self.queue = queue
    self.kind = kind
    self.windowSeconds = windowSeconds
  }

  /// The statistics.
  public struct Reply: Codable, Hashable, Sendable {
    /// The begin of the window.
    public var from: Instant
    /// The end of the window: now.
    public var until: Instant
    /// Jobs that ended in the window.
    public var ends: WireEnds
    /// The share of COMPLETED jobs among COMPLETED and FAILED ones, 0 … 1; nil without such jobs.
    public var successRate: Double?
    /// The durations; nil if no job ran.
    public var duration: WirePercentiles?
    /// The start delays; nil if no job ran.
    public var startDelay: WirePercentiles?
    /// The 24 equal parts of the window, oldest first.
    public var buckets: [WireBucket]

    /// Converts the statistics of the ledger.
    public init(_ statistics: Statistics) {
      from = statistics.from
      until = statistics.until
      ends = WireEnds(statistics.ends)
      successRate = statistics.successRate
      duration = WirePercentiles(statistics.duration)
      startDelay = WirePercentiles(statistics.startDelay)
      buckets = statistics.buckets.map(WireBucket.init)
    }

    enum CodingKeys: String, CodingKey {
      case from, until, ends
      case successRate = "success_rate"
      case duration
      case startDelay = "start_delay"
      case buckets
    }
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case workflow, queue, kind
    case windowSeconds = "window_seconds"
  }
}

/// The number of jobs that ended in each status.
public struct WireEnds: Codable, Hashable, Sendable {
  /// COMPLETED.
  public var completed: Int
  /// FAILED.
  public var failed: Int
  /// CANCELED.
  public var canceled: Int

  /// Creates counts; an absent status counts 0.
  public init(_ ends: [JobStatus: Int]) {
    completed = ends[.completed] ?? 0
    failed = ends[.failed] ?? 0
    canceled = ends[.canceled] ?? 0
  }
}

/// Percentiles in milliseconds, each at most 0.8 % too large.
public struct WirePercentiles: Codable, Hashable, Sendable {
  /// The value that half of the jobs did not exceed.
  public var p50Ms: Int64
  /// The value that 95 of 100 jobs did not exceed.
  public var p95Ms: Int64
  /// The value that 99 of 100 jobs did not exceed.
  public var p99Ms: Int64
  /// The largest value.
  public var maxMs: Int64

  /// Computes the percentiles of a distribution; nil if it has no values.
  public init?(_ distribution: Distribution) {
    guard let median = distribution.percentile(0.5), let p95 = distribution.percentile(0.95),
      let p99 = distribution.percentile(0.99)
    else { return nil }
    p50Ms = median.milliseconds
    p95Ms = p95.milliseconds
    p99Ms = p99.milliseconds
    maxMs = distribution.largest.milliseconds
  }

  enum CodingKeys: String, CodingKey {
    case p50Ms = "p50_ms"
    case p95Ms = "p95_ms"
    case p99Ms = "p99_ms"
    case maxMs = "max_ms"
  }
}

/// A part of a window.
public struct WireBucket: Codable, Hashable, Sendable {
  /// The begin of the part.
  public var from: Instant
  /// Jobs that ended in it.
  public var ends: WireEnds
  /// Their durations; nil if no job ran.
  public var duration: WirePercentiles?

  /// Converts a part from the ledger.
  public init(_ bucket: Statistics.Bucket) {
    from = bucket.from
    ends = WireEnds(bucket.ends)
    duration = WirePercentiles(bucket.duration)
  }
}
