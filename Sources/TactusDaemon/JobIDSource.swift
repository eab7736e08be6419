internal import Synchronization
internal import TactusModel

/// Makes ids with the system's random numbers.
final class JobIDSource: Sendable {
  private struct State {
    var sequence = JobIDSequence()
    // Kept, although it has no state: a variable of no size has no address, and ThreadSanitizer would look there.
    var generator = SystemRandomNumberGenerator()
  }

  private let state = Mutex(State())

  func make(at instant: Instant) -> JobID {
    state.withLock { $0.sequence.next(at: instant, using: &$0.generator) }
  }
}
