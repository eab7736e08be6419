import TactusModel

/// Limits the rate of queries: at once after a quiet time, and rarely during many events.
struct TopPace {
  /// The shortest time from one round of queries to the next.
  static let shortest = Duration.milliseconds(250)
  /// The time from one attempt to connect to the next.
  static let retry = Duration.seconds(1)

  private var last: MonotonicInstant?

  /// Records the begin of a round.
  mutating func begin(at instant: MonotonicInstant) { last = instant }

  /// Returns the time at which the next round may begin.
  func next(after now: MonotonicInstant) -> MonotonicInstant { last.map { max(now, $0 + Self.shortest) } ?? now }
}
