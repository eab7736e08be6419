internal import Synchronization
internal import TactusModel
internal import TactusPorts

/// How fast each user may submit, and how often a refusal of one is told.
///
/// Any queue.
final class Submissions: Sendable {
  private struct State {
    var submissions: [UInt32: TokenBucket] = [:]
    var refusals: [UInt32: TokenBucket] = [:]
    var untold: [UInt32: Int] = [:]
  }

  private let rate: Int
  private let time: any TimeSource
  private let state = Mutex(State())

  /// Refusals of one user that are told: ten at once, then one per second.
  private static let refusals = (rate: 1, burst: 10)
  /// Users that are remembered; those whose bucket is full again are forgotten first.
  private static let users = 1024

  init(rate: Int, time: any TimeSource) {
    self.rate = rate
    self.time = time
  }

  /// Counts a submission of a user; nil if it may go on, else how long to wait.
  func delay(of user: UInt32) -> Duration? {
    let now = time.monotonic
    return state.withLock { state in
      Self.forget(&state.submissions, now)
      return state.submissions[user, default: TokenBucket(rate: rate, burst: 2 * rate, now: now)].take(now: now)
    }
  }

  /// Counts a refusal of a user; how many that were not told go with it, or nil if this one is not to be told.
  func refusal(of user: UInt32) -> Int? {
    let now = time.monotonic
    return state.withLock { state in
      Self.forget(&state.refusals, now)
      let bucket = TokenBucket(rate: Self.refusals.rate, burst: Self.refusals.burst, now: now)
      guard state.refusals[user, default: bucket].take(now: now) == nil else {
        state.untold[user, default: 0] += 1
        return nil
      }
      return state.untold.removeValue(forKey: user) ?? 0
    }
  }

  private static func forget(_ buckets: inout [UInt32: TokenBucket], _ now: MonotonicInstant) {
    if buckets.count >= users { buckets = buckets.filter { !$0.value.isFull(now: now) } }
  }
}
