/// A distribution of durations: counts in buckets that grow with the value, so that a million values need a few
/// kilobytes.
///
/// A percentile is the upper bound of its bucket: at most 1/128 (0.8 %) above the true value, and never above the
/// largest.
/// Source: the log-linear buckets of HdrHistogram
public struct Distribution: Hashable, Sendable {
  /// The number of values.
  public private(set) var count = 0
  /// The largest value; zero without values.
  public private(set) var largest: Duration = .zero

  private var buckets: [Int64: Int] = [:]

  /// The leading bits of a value that are kept exactly.
  private static let precision: Int64 = 7

  /// Creates an empty distribution.
  public init() {}

  /// Adds a value; a negative one, from a clock that stepped back, counts as zero.
  public mutating func add(_ value: Duration) {
    let microseconds = max(0, value.microseconds)
    buckets[Self.bucket(of: microseconds), default: 0] += 1
    count += 1
    largest = max(largest, .microseconds(microseconds))
  }

  /// Returns the value that a share of all values (0 … 1) does not exceed; nil without values.
  public func percentile(_ share: Double) -> Duration? {
    guard count > 0 else { return nil }
    var rest = max(1, Int((Double(count) * share).rounded(.up)))
    for (bucket, count) in buckets.sorted(by: { $0.key < $1.key }) {
      rest -= count
      if rest <= 0 { return min(.microseconds(Self.upperBound(of: bucket)), largest) }
    }
    return largest
  }

  /// Returns the bucket of a value in microseconds.
  ///
  /// Values below 2^(precision + 1) have one bucket each. Above, every doubling has 2^precision buckets.
  private static func bucket(of value: Int64) -> Int64 {
    let shift = max(0, Int64(63 - value.leadingZeroBitCount) - precision)
    return (shift << precision) + (value >> shift)
  }

  private static func upperBound(of bucket: Int64) -> Int64 {
    let shift = max(0, (bucket >> precision) - 1)
    let mantissa = bucket - (shift << precision)
    return ((mantissa + 1) << shift) - 1
  }
}
