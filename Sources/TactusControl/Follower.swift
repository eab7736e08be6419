internal import Synchronization

/// A follower of events or output, until its client leaves.
///
/// Any queue. Each streaming call creates its own. Its number is the key of its wait in ``EventFeed`` and in the store
/// of output, one wait in each at a time.
final class Follower: Sendable {
  /// Unique in the process, from 1, and never used again.
  let number: UInt64
  /// Whether the client has left; never reset.
  private let gone = Atomic(false)
  /// The last number that was given to a follower.
  private static let numbers = Atomic<UInt64>(0)

  /// Creates a follower with the next number, whose client has not left.
  init() { number = Self.numbers.add(1, ordering: .relaxed).newValue }

  /// Whether the client has left, or the stream needs no more.
  ///
  /// Check it before each step of a long read. A read that is under way is not interrupted.
  var isGone: Bool { gone.load(ordering: .acquiring) }

  /// Notes that the client has left; repeated calls change nothing.
  ///
  /// This wakes no wait. Call it before ``EventFeed/cancel(_:)``: then the feed also ends a wait that it adds later.
  func leave() { gone.store(true, ordering: .releasing) }
}
