internal import Synchronization

/// Runs a step for each of several elements, one after the other, in a loop.
///
/// A step answers at once or later, on any queue. Steps that called each other would nest as deep as the list is long,
/// and the client decides how long it is.
///
/// The next step runs where the previous one returned or was answered, whichever was later. There is no time limit, and
/// only an answer can end the loop early. It keeps all elements, and the values so far.
final class OneByOne<Element: Sendable, Value: Sendable>: Sendable {
  /// Processes one element, and calls `answer` exactly once, on any queue.
  ///
  /// A step that never answers ends nothing: the following elements and `end` wait forever.
  typealias Step = @Sendable (_ element: Element, _ answer: @escaping @Sendable (Value) -> Void) -> Void

  /// All elements; the next one has the index that equals the number of values.
  private let elements: [Element]
  /// Processes one element.
  private let step: Step
  /// Whether a value ends the loop; called once for each value.
  private let isLast: @Sendable (Value) -> Bool
  /// Called once, with the values.
  private let end: @Sendable ([Value]) -> Void
  /// The answers so far, in the order of the elements.
  private let values = Mutex<[Value]>([])

  /// Creates a loop that has not begun; ``begin(_:step:until:end:)`` is the only way in.
  private init(
    _ elements: [Element], step: @escaping Step, isLast: @escaping @Sendable (Value) -> Bool,
    end: @escaping @Sendable ([Value]) -> Void
  ) {
    self.elements = elements
    self.step = step
    self.isLast = isLast
    self.end = end
  }

  /// Starts with the first element; `end` gets the answers, in the order of the elements.
  ///
  /// Any queue. If all answers are immediate, or the list is empty, `end` is called before this returns.
  ///
  /// - Parameters:
  ///   - elements: the list; callers limit its length.
  ///   - step: called once for each element until the loop ends, never twice at the same time.
  ///   - isLast: whether an answer ends the loop early. It runs under the lock of the values, so it must be short.
  ///   - end: called once. It has fewer values than elements only if `isLast` was true for the last of them.
  static func begin(
    _ elements: [Element], step: @escaping Step, until isLast: @escaping @Sendable (Value) -> Bool = { _ in false },
    end: @escaping @Sendable ([Value]) -> Void
  ) {
    OneByOne(elements, step: step, isLast: isLast, end: end).advance()
  }

  /// Runs steps until one of them answers later, or the loop ends.
  private func advance() {
    while true {
      let (count, isOver) = values.withLock { ($0.count, $0.last.map(isLast) ?? false) }
      guard count < elements.count, !isOver else { return end(values.withLock { $0 }) }
      let meeting = Meeting()
      step(elements[count]) { value in
        self.values.withLock { $0.append(value) }
        // The step has returned, so the loop has stopped: continue it here.
        if meeting.isSecond() { self.advance() }
      }
      guard meeting.isSecond() else { return }
    }
  }
}

/// The return of a call and its answer, in either order and from two threads; the second one continues.
///
/// It makes a loop of calls that answer at once, instead of a recursion. Each call has its own meeting.
final class Meeting: Sendable {
  /// Whether one of the two has happened.
  private let hasFirst = Atomic(false)

  /// Called once by each of the two; false for the first one, true for the second.
  ///
  /// The second one sees all that the first did before.
  func isSecond() -> Bool { hasFirst.exchange(true, ordering: .acquiringAndReleasing) }
}
