internal import Synchronization
public import TactusModel

/// Creates job ids from a seed, on any queue.
public final class SeededIDs: Sendable {
  private let state: Mutex<(SeededGenerator, JobIDSequence)>

  /// Creates a source of ids.
  public init(seed: UInt64) { state = Mutex((SeededGenerator(seed: seed), JobIDSequence())) }

  /// The next id, created at an instant.
  public func make(at instant: Instant) -> JobID {
    state.withLock { $0.1.next(at: instant, using: &$0.0) }
  }
}
