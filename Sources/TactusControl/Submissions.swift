internal import Synchronization
internal import TactusModel
internal import TactusPorts

/// Limits how fast each user may submit, and how often refusals of a user are logged.
///
/// Any queue. Users do not share their limits; all connections of a user do. The counts are in memory only, so a
/// restart gives every user a full burst. The monotonic clock refills them, so a clock step changes nothing.
final class Submissions: Sendable {
  /// The counts of all users, by their numbers.
  private struct State {
    /// The rates of submissions, of users that submitted lately.
    var submissions: [UInt32: TokenBucket] = [:]
    /// The rates of logged refusals, of users that were refused lately.
    var refusals: [UInt32: TokenBucket] = [:]
    /// The refusals of each user that were not logged, since the last one that was.
    ///
    /// A user stays here until another refusal of that user is logged.
    var unreported: [UInt32: Int] = [:]
  }

  /// The submissions of one user per second; twice as many at once.
  private let rate: Int
  /// Its monotonic clock refills the buckets.
  private let time: any TimeSource
  /// The counts; the lock is held for one look-up, or for one walk over the users.
  private let state = Mutex(State())

  /// The logged refusals of one user: ten at once, then one per second.
  private static let refusals = (rate: 1, burst: 10)
  /// The most users with a bucket; users whose bucket is full again are forgotten first.
  ///
  /// A bucket that is not full is kept above this number also. Buckets of submissions are full after 2 s without one,
  /// those of refusals after 10 s.
  private static let users = 1024

  /// Creates limits; every user begins with a full burst.
  ///
  /// - Parameters:
  ///   - rate: the submissions of one user per second, 1 … 1,000,000.
  ///   - time: the clocks.
  init(rate: Int, time: any TimeSource) {
    self.rate = rate
    self.time = time
  }

  /// Counts a submission of a user; returns nil if it may proceed, else how long to wait.
  ///
  /// The wait is in whole microseconds, at least 1. A submission that has to wait costs nothing, so repeated attempts
  /// do not prolong the wait.
  func delay(of user: UInt32) -> Duration? {
    let now = time.monotonic
    return state.withLock { state in
      Self.forget(&state.submissions, now)
      return state.submissions[user, default: TokenBucket(rate: rate, burst: 2 * rate, now: now)].take(now: now)
    }
  }

  /// Counts a refusal of a user; returns the number of unlogged ones before it, or nil if this one is not logged.
  ///
  /// The caller logs the refusal if the result is not nil. The count then begins anew.
  func refusal(of user: UInt32) -> Int? {
    let now = time.monotonic
    return state.withLock { state in
      Self.forget(&state.refusals, now)
      if state.unreported.count >= Self.users {
        state.unreported = state.unreported.filter { state.refusals[$0.key] != nil }
      }
      let bucket = TokenBucket(rate: Self.refusals.rate, burst: Self.refusals.burst, now: now)
      guard state.refusals[user, default: bucket].take(now: now) == nil else {
        state.unreported[user, default: 0] += 1
        return nil
      }
      return state.unreported.removeValue(forKey: user) ?? 0
    }
  }

  /// Removes the users whose buckets are full, if there are 1,024 or more.
  ///
  /// They lose nothing: a new bucket is full also. While most buckets are in use, each call walks over all of them.
  private static func forget(_ buckets: inout [UInt32: TokenBucket], _ now: MonotonicInstant) {
    if buckets.count >= users { buckets = buckets.filter { !$0.value.isFull(now: now) } }
  }
}
