internal import Synchronization
public import TactusModel

/// Makes job ids from a seed; may be called from any queue.
public final class SeededIDs: Sendable {
  private let state: Mutex<(SeededGenerator, JobIDSequence)>

  /// A source of ids.
  public init(seed: UInt64) { state = Mutex((SeededGenerator(seed: seed), JobIDSequence())) }

  /// The next id, made at an instant.
  public func make(at instant: Instant) -> JobID {
    state.withLock { $0.1.next(at: instant, using: &$0.0) }
  }
}
