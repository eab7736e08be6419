internal import Synchronization
public import TactusModel

/// Makes job ids from a seed; may be called from any queue.
public final class SeededIDs: Sendable {
  private let generator: Mutex<SeededGenerator>

  /// A source of ids.
  public init(seed: UInt64) { generator = Mutex(SeededGenerator(seed: seed)) }

  /// The next id, made at an instant.
  public func make(at instant: Instant) -> JobID {
    generator.withLock { JobID(at: instant, using: &$0) }
  }
}
