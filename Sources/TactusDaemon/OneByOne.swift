internal import Synchronization

/// Does something with each of several elements, one after the other, in a loop.
///
/// A step answers at once or later, from any queue. Steps that called each other would nest as deep as the list is long,
/// and a client decides how long it is.
final class OneByOne<Element: Sendable, Value: Sendable>: Sendable {
  /// Does it with one element, and answers once.
  typealias Step = @Sendable (_ element: Element, _ answer: @escaping @Sendable (Value) -> Void) -> Void

  private let elements: [Element]
  private let step: Step
  private let isLast: @Sendable (Value) -> Bool
  private let end: @Sendable ([Value]) -> Void
  private let values = Mutex<[Value]>([])

  private init(
    _ elements: [Element], step: @escaping Step, isLast: @escaping @Sendable (Value) -> Bool,
    end: @escaping @Sendable ([Value]) -> Void
  ) {
    self.elements = elements
    self.step = step
    self.isLast = isLast
    self.end = end
  }

  /// Begins with the first element; `end` gets the answers, in the order of the elements.
  /// - Parameter isLast: whether an answer ends it, although elements are left.
  static func begin(
    _ elements: [Element], step: @escaping Step, until isLast: @escaping @Sendable (Value) -> Bool = { _ in false },
    end: @escaping @Sendable ([Value]) -> Void
  ) {
    OneByOne(elements, step: step, isLast: isLast, end: end).goOn()
  }

  private func goOn() {
    while true {
      let (count, isOver) = values.withLock { ($0.count, $0.last.map(isLast) ?? false) }
      guard count < elements.count, !isOver else { return end(values.withLock { $0 }) }
      let meeting = Meeting()
      step(elements[count]) { value in
        self.values.withLock { $0.append(value) }
        // The step has returned: nobody else goes on.
        if meeting.isSecond() { self.goOn() }
      }
      guard meeting.isSecond() else { return }
    }
  }
}

/// The return of a call and its answer, which may come in either order and from two threads: the second one goes on.
final class Meeting: Sendable {
  private let hasFirst = Atomic(false)

  /// Asked once by each of the two.
  func isSecond() -> Bool { hasFirst.exchange(true, ordering: .acquiringAndReleasing) }
}
