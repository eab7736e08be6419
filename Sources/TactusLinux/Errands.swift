import Dispatch
import Synchronization
public import TactusModel

/// A bounded set of threads for calls that may not return for a long time.
///
/// What is run waits in line only while all threads are busy. Any thread.
public final class Errands: Sendable {
  private let label: String
  private let limit: Int
  private let state = Mutex(State())

  private struct State {
    var idle: [DispatchQueue] = []
    var count = 0
    var waiting: [@Sendable () -> Void] = []
  }

  /// A set that has no thread yet, and at most so many at once.
  public init(label: String, limit: Int = Limits.errands) {
    (self.label, self.limit) = (label, limit)
  }

  /// How many calls are under way.
  public var underWay: Int { state.withLock { $0.count - $0.idle.count } }

  /// Runs the body on a thread of the set, and returns at once.
  public func run(_ body: @escaping @Sendable () -> Void) {
    let queue = state.withLock { state -> DispatchQueue? in
      if let queue = state.idle.popLast() { return queue }
      guard state.count < limit else {
        state.waiting.append(body)
        return nil
      }
      state.count += 1
      return DispatchQueue(label: "\(label).\(state.count)")
    }
    queue?.async { self.work(body, on: queue) }
  }

  private func work(_ body: () -> Void, on queue: DispatchQueue?) {
    body()
    let next = state.withLock { state -> (@Sendable () -> Void)? in
      if !state.waiting.isEmpty { return state.waiting.removeFirst() }
      if let queue { state.idle.append(queue) }
      return nil
    }
    if let next { queue?.async { self.work(next, on: queue) } }
  }
}
