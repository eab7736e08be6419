/// A point on the wall clock (`CLOCK_REALTIME`), in microseconds since 1970-01-01T00:00:00Z.
///
/// Deadlines that must not move when the clock is set use ``MonotonicInstant``. The compiler keeps the two types apart.
public struct Instant: Hashable, Comparable, Sendable {
  /// Microseconds since the epoch; negative before 1970.
  public let microseconds: Int64

  /// Creates an instant from microseconds since the epoch.
  public init(microseconds: Int64) { self.microseconds = microseconds }

  /// Orders by time.
  public static func < (left: Instant, right: Instant) -> Bool {
    left.microseconds < right.microseconds
  }

  /// Adds a span; saturates at the ends of the range.
  public static func + (instant: Instant, span: Duration) -> Instant {
    let (sum, overflow) = instant.microseconds.addingReportingOverflow(span.microseconds)
    guard overflow else { return Instant(microseconds: sum) }
    return Instant(microseconds: span.microseconds < 0 ? .min : .max)
  }

  /// Subtracts a span; saturates at the ends of the range.
  public static func - (instant: Instant, span: Duration) -> Instant {
    let (difference, overflow) = instant.microseconds.subtractingReportingOverflow(span.microseconds)
    guard overflow else { return Instant(microseconds: difference) }
    return Instant(microseconds: span.microseconds < 0 ? .max : .min)
  }

  /// Returns the span between two instants; saturates at the ends of the range.
  public static func - (left: Instant, right: Instant) -> Duration {
    .microseconds(left.microseconds.subtractingSaturated(right.microseconds))
  }
}

/// A point on `CLOCK_MONOTONIC`, in microseconds: for time-outs and grace periods; valid within one boot only.
public struct MonotonicInstant: Hashable, Comparable, Sendable {
  /// Microseconds since an arbitrary start, not counting suspension.
  public let microseconds: Int64

  /// Creates an instant from microseconds.
  public init(microseconds: Int64) { self.microseconds = microseconds }

  /// Orders by time.
  public static func < (left: MonotonicInstant, right: MonotonicInstant) -> Bool {
    left.microseconds < right.microseconds
  }

  /// Adds a span; saturates at the end of the range, which means "never".
  public static func + (instant: MonotonicInstant, span: Duration) -> MonotonicInstant {
    let (sum, overflow) = instant.microseconds.addingReportingOverflow(span.microseconds)
    return MonotonicInstant(microseconds: overflow ? .max : sum)
  }

  /// Returns the span between two instants; saturates at the ends of the range.
  public static func - (left: MonotonicInstant, right: MonotonicInstant) -> Duration {
    .microseconds(left.microseconds.subtractingSaturated(right.microseconds))
  }
}

extension Int64 {
  /// Returns the difference, or the nearest number if it overflows.
  package func subtractingSaturated(_ other: Int64) -> Int64 {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return overflow ? (self < other ? .min : .max) : difference
  }

  /// Returns the sum, or the nearest number if it overflows.
  package func addingSaturated(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : sum
  }

  /// Returns the product, or the nearest number if it overflows.
  package func multipliedSaturated(by other: Int64) -> Int64 {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? ((self < 0) == (other < 0) ? .max : .min) : product
  }
}

extension Duration {
  /// The span in whole microseconds, truncated toward zero; saturates beyond ±292,000 years.
  public var microseconds: Int64 {
    let (seconds, attoseconds) = components
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
    let (sum, carry) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000)
    return overflow || carry ? (seconds < 0 ? .min : .max) : sum
  }

  /// The span in whole milliseconds, truncated toward zero.
  public var milliseconds: Int64 { microseconds / 1000 }
}
