import TactusModel

/// When the daemon is asked again: at once after a silence, and only so often in a storm of events.
struct TopPace {
  /// From one round of questions to the next.
  static let shortest = Duration.milliseconds(250)
  /// From one try to connect to the next.
  static let retry = Duration.seconds(1)

  private var last: MonotonicInstant?

  /// A round begins.
  mutating func begin(at instant: MonotonicInstant) { last = instant }

  /// When the next round may begin.
  func next(after now: MonotonicInstant) -> MonotonicInstant { last.map { max(now, $0 + Self.shortest) } ?? now }
}
