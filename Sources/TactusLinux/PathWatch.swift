public import TactusModel

/// The patience with one path that a child waits for.
///
/// The path is silent only if the child was blocked at two looks, and in between. A child that is late because the
/// machine was busy or stood still has moved on by the second look.
public struct PathWatch: Sendable {
  /// The answer to a look.
  public enum Verdict: Hashable, Sendable {
    /// The path did not answer in time.
    case silent
    /// Look again at this time.
    case open(until: MonotonicInstant)
  }

  private let patience: Duration
  /// The last look at a blocked child.
  private var last: (state: ChildState, at: MonotonicInstant, since: MonotonicInstant)?

  /// Watches a path that may take this long.
  public init(patience: Duration) { self.patience = patience }

  /// The time between two looks, at most a second.
  var interval: Duration { min(.seconds(1), patience / 2) }

  /// When a child that reached its path at this time is first looked at.
  public func firstLook(since: MonotonicInstant) -> MonotonicInstant { since + (patience - interval) }

  /// Looks at a child that has reached a path.
  public mutating func look(at progress: ChildProgress, now: MonotonicInstant) -> Verdict {
    judge(progress.process.map(ChildState.of) ?? ChildState(), since: progress.since, now: now)
  }

  /// Judges one look.
  ///
  /// - Parameter since: when the child reached its current path.
  mutating func judge(_ state: ChildState, since: MonotonicInstant, now: MonotonicInstant) -> Verdict {
    let first = firstLook(since: since)
    guard now >= first else { return .open(until: first) }
    guard !state.isOver, !state.isRunnable else {
      last = nil
      return .open(until: now + interval)
    }
    guard let previous = last, previous.since == since else {
      last = (state, now, since)
      return .open(until: now + interval)
    }
    let span = now - previous.at
    guard span >= interval else { return .open(until: previous.at + interval) }
    guard state.busy - previous.state.busy >= span / 2 else { return .silent }
    last = (state, now, since)
    return .open(until: now + interval)
  }
}
