/// The nominal instants of a schedule: `anchor + n × interval`.
///
/// They are never derived from a completion or from the current time, so a grid cannot drift.
public struct Grid: Hashable, Sendable {
  /// One instant of the grid.
  public let anchor: Instant
  /// The step; positive.
  public let interval: Duration
  /// Whether the grid begins at the anchor (`StartAt=`), or extends to both sides of it (anchored at creation).
  public let startsAtAnchor: Bool

  /// Creates a grid; traps if the interval is not positive, which the limits of unit files exclude.
  public init(anchor: Instant, interval: Duration, startsAtAnchor: Bool) {
    if interval.microseconds <= 0 { fatalError("a grid needs a positive interval, not \(interval)") }
    self.anchor = anchor
    self.interval = interval
    self.startsAtAnchor = startsAtAnchor
  }

  /// Returns the first instant of the grid after another instant.
  public func first(after instant: Instant) -> Instant {
    let step = interval.microseconds
    if startsAtAnchor && instant < anchor { return anchor }
    let steps = (instant - anchor).microseconds.flooredQuotient(by: step).addingSaturated(1)
    return self.instant(steps, from: anchor)
  }

  /// Returns the newest instant of the grid at or before another instant; nil before the grid begins.
  public func newest(through instant: Instant) -> Instant? {
    if startsAtAnchor && instant < anchor { return nil }
    return self.instant((instant - anchor).microseconds.flooredQuotient(by: interval.microseconds), from: anchor)
  }

  /// Returns the number of grid instants in a closed range whose lower bound is on the grid; 0 for an empty range.
  public func count(from first: Instant, through last: Instant) -> Int {
    guard first <= last else { return 0 }
    return Int(((last - first).microseconds / interval.microseconds).addingSaturated(1))
  }

  /// Returns the grid instant that is a number of steps from another one.
  public func instant(_ steps: Int, from instant: Instant) -> Instant {
    self.instant(Int64(steps), from: instant)
  }

  /// Saturates at the ends of the range, so that no row of a damaged store can trap.
  private func instant(_ steps: Int64, from instant: Instant) -> Instant {
    Instant(microseconds: instant.microseconds.addingSaturated(steps.multipliedSaturated(by: interval.microseconds)))
  }
}
