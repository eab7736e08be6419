internal import Synchronization
internal import TactusModel

/// Runs one read at a time, each user in turn, so that a user with many requests delays only their own.
///
/// Any queue. The connections bound how many wait, since each has one call under way, or at most 64 runs. Their memory
/// is counted for their user. A read that ends at once starts the next one in a loop, not by recursion.
///
/// - The reads of one user run in the order of their requests. The first waiting read of a user is delayed by the read
///   under way, and by at most one read of each other user.
/// - A read cannot be withdrawn. The read of a client that has left runs in its turn, and its call occupies its
///   connection until then.
/// - Nothing limits the time of a read. A read that never ends delays all others forever.
public final class Turns: Sendable {
  /// A read that starts when it is called, and calls `done` on any queue when it has ended.
  ///
  /// It calls `done` exactly once, also after a failure. A second call could start two reads at a time.
  public typealias Read = @Sendable (_ done: @escaping @Sendable () -> Void) -> Void

  /// The line, and whether a read is under way.
  private struct State {
    /// The reads that have not started, by user.
    var waiting = RoundRobin<UInt32, Read>()
    /// Whether a read was started that has not ended.
    var isBusy = false
  }

  /// Locked only to change the line; reads run without the lock.
  private let state = Mutex(State())

  /// Creates turns that nobody waits for.
  public init() {}

  /// Starts a read of a user when it is that user's turn.
  ///
  /// If no read is under way, it starts on this queue, before this returns. Else it starts on the queue where the read
  /// before it ends.
  public func take(for user: UInt32, _ read: @escaping Read) {
    state.withLock { $0.waiting.append(read, for: user) }
    beginNext()
  }

  /// Starts the next read, unless one is under way; continues while reads end before their call returns.
  private func beginNext() {
    while true {
      let next = state.withLock { state -> Read? in
        guard !state.isBusy else { return nil }
        let next = state.waiting.popNext()
        state.isBusy = next != nil
        return next
      }
      guard let next else { return }
      let meeting = Meeting()
      next {
        self.state.withLock { $0.isBusy = false }
        if meeting.isSecond() { self.beginNext() }
      }
      guard meeting.isSecond() else { return }
    }
  }
}
