internal import Synchronization
internal import TactusModel

/// Lets one slow read go at a time, each user in turn: whoever asks for much waits for himself, not others for him.
///
/// Any queue. How many wait is bounded by the connections, each of which has one call under way, and what they keep is
/// counted for their user. Reads that are over at once begin the next one in a loop.
final class Turns: Sendable {
  /// A read that begins when it is called, and calls back from any queue when it is over.
  typealias Read = @Sendable (_ done: @escaping @Sendable () -> Void) -> Void

  private struct State {
    var waiting = RoundRobin<UInt32, Read>()
    var isBusy = false
  }

  private let state = Mutex(State())

  /// Begins a read of a user when it is his turn.
  func take(for user: UInt32, _ read: @escaping Read) {
    state.withLock { $0.waiting.append(read, for: user) }
    beginNext()
  }

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
