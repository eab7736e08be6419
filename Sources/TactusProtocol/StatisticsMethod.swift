public import TactusModel

/// `io.tactus.Workflows.Statistics`: what ended in a window up to now, and how: of one workflow, queue or kind, or of all.
public struct ReadStatistics: Request {
  /// The full name.
  public static let method = "io.tactus.Workflows.Statistics"
  /// Those of ``CodingKeys``.
  public static let parameters = CodingKeys.allCases.map(\.rawValue)
  /// Numbers.
  public static let right = Right.look

  /// Only this workflow; at most one of the three is given.
  public var workflow: String?
  /// Only this queue.
  public var queue: String?
  /// Only this kind.
  public var kind: Kind?
  /// 60 … 31622400; a day if absent.
  public var windowSeconds: Int64?

  /// Asks for numbers.
  public init(workflow: String? = nil, queue: String? = nil, kind: Kind? = nil, windowSeconds: Int64? = nil) {
    self.workflow = workflow
    self.queue = queue
    self.kind = kind
    self.windowSeconds = windowSeconds
  }

  /// The numbers.
  public struct Reply: Codable, Hashable, Sendable {
    /// The window's beginning.
    public var from: Instant
    /// The window's end: now.
    public var until: Instant
    /// Jobs that ended in the window.
    public var ends: WireEnds
    /// COMPLETED among COMPLETED and FAILED, 0 … 1; nil if there were neither.
    public var successRate: Double?
    /// Run times; nil if nothing ran.
    public var duration: WirePercentiles?
    /// Start delays; nil if nothing ran.
    public var startDelay: WirePercentiles?
    /// The window in 24 equal parts, oldest first.
    public var buckets: [WireBucket]

    /// Statistics as the ledger counted them.
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

/// How many jobs ended in each way.
public struct WireEnds: Codable, Hashable, Sendable {
  /// COMPLETED.
  public var completed: Int
  /// FAILED.
  public var failed: Int
  /// CANCELED.
  public var canceled: Int

  /// Counts by status; a status that is absent counts 0.
  public init(_ ends: [JobStatus: Int]) {
    completed = ends[.completed] ?? 0
    failed = ends[.failed] ?? 0
    canceled = ends[.canceled] ?? 0
  }
}

/// How long most things took, in milliseconds: each at most 0.8 % too large.
public struct WirePercentiles: Codable, Hashable, Sendable {
  /// Half of them took no longer.
  public var p50Ms: Int64
  /// 95 of 100 took no longer.
  public var p95Ms: Int64
  /// 99 of 100 took no longer.
  public var p99Ms: Int64
  /// None took longer.
  public var maxMs: Int64

  /// Those of a distribution; nil if it has no values.
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

/// One part of a window.
public struct WireBucket: Codable, Hashable, Sendable {
  /// When it begins.
  public var from: Instant
  /// Jobs that ended in it.
  public var ends: WireEnds
  /// Their run times; nil if nothing ran.
  public var duration: WirePercentiles?

  /// A bucket as the ledger counted it.
  public init(_ bucket: Statistics.Bucket) {
    from = bucket.from
    ends = WireEnds(bucket.ends)
    duration = WirePercentiles(bucket.duration)
  }
}
