import Dispatch
import Synchronization
public import TactusModel

/// A bounded set of threads for calls that may not return for a long time.
///
/// A call waits only while all threads are busy or its lane is full. The calls on one remote mount share a lane, so
/// that a mount that hangs leaves threads for all others. Any thread.
public final class Errands: Sendable {
  private let label: String
  private let limit: Int
  private let state = Mutex(State())

  private struct State {
    var idle: [DispatchQueue] = []
    var count = 0
    var lanes: [String: Int] = [:]
    var waiting: [Errand] = []
    var lastNumber: UInt64 = 0
    /// When a call last began or returned.
    var lastMoved = MonotonicInstant(microseconds: 0)
  }

  private struct Errand: Sendable {
    let number: UInt64
    let lane: String?
    let body: @Sendable () -> Void
  }

  /// Identifies a requested call; never reused.
  public struct Ticket: Hashable, Sendable {
    fileprivate let number: UInt64
  }

  /// Creates a set without threads, with a limit on their number.
  public init(label: String, limit: Int = Limits.errands) {
    (self.label, self.limit) = (label, limit)
  }

  /// How many calls are running.
  public var underWay: Int { state.withLock { $0.count - $0.idle.count } }

  /// When a call last began or returned.
  ///
  /// While this advances, waiting calls get their turn.
  public var lastMoved: MonotonicInstant { state.withLock { $0.lastMoved } }

  /// Runs the body on a thread of the set.
  ///
  /// Returns at once.
  ///
  /// - Parameter lane: a name shared by at most `Limits.errandsOfMount` running calls.
  @discardableResult
  public func run(lane: String? = nil, _ body: @escaping @Sendable () -> Void) -> Ticket {
    let (errand, queue) = state.withLock { state -> (Errand, DispatchQueue?) in
      state.lastNumber += 1
      let errand = Errand(number: state.lastNumber, lane: lane, body: body)
      guard Self.hasRoom(for: errand, state), let queue = takeQueue(&state) else {
        state.waiting.append(errand)
        return (errand, nil)
      }
      Self.enter(errand, &state)
      return (errand, queue)
    }
    if let queue { start(errand, on: queue) }
    return Ticket(number: errand.number)
  }

  /// Withdraws a waiting call.
  ///
  /// Returns false if it has begun.
  public func withdraw(_ ticket: Ticket) -> Bool {
    state.withLock { state in
      guard let place = state.waiting.firstIndex(where: { $0.number == ticket.number }) else { return false }
      state.waiting.remove(at: place)
      return true
    }
  }

  private func start(_ errand: Errand, on queue: DispatchQueue) {
    queue.async { self.work(errand, on: queue) }
  }

  private func work(_ errand: Errand, on queue: DispatchQueue) {
    errand.body()
    let next = state.withLock { state -> Errand? in
      Self.leave(errand, &state)
      guard let place = state.waiting.firstIndex(where: { Self.hasRoom(for: $0, state) }) else {
        state.idle.append(queue)
        return nil
      }
      let next = state.waiting.remove(at: place)
      Self.enter(next, &state)
      return next
    }
    if let next { start(next, on: queue) }
  }

  private func takeQueue(_ state: inout State) -> DispatchQueue? {
    if let queue = state.idle.popLast() { return queue }
    guard state.count < limit else { return nil }
    state.count += 1
    return DispatchQueue(label: "\(label).\(state.count)")
  }

  private static func hasRoom(for errand: Errand, _ state: State) -> Bool {
    errand.lane.map { state.lanes[$0, default: 0] < Limits.errandsOfMount } ?? true
  }

  private static func enter(_ errand: Errand, _ state: inout State) {
    state.lastMoved = SystemTime().monotonic
    if let lane = errand.lane { state.lanes[lane, default: 0] += 1 }
  }

  private static func leave(_ errand: Errand, _ state: inout State) {
    state.lastMoved = SystemTime().monotonic
    guard let lane = errand.lane, let count = state.lanes[lane] else { return }
    state.lanes[lane] = count > 1 ? count - 1 : nil
  }
}
