import TactusModel

/// A runner's pending actions, ordered by due time.
///
/// The owner arms an alarm for the first.
struct Agenda<Runner: Actor> {
  typealias Body = (isolated Runner) -> Void

  private var entries: [(at: MonotonicInstant, body: Body)] = []

  /// The due time of the next action; nil if the agenda is empty.
  var first: MonotonicInstant? { entries.first?.at }

  /// Adds an action.
  ///
  /// Actions with the same due time run in the order in which they were added.
  mutating func add(at instant: MonotonicInstant, _ body: @escaping Body) {
    let place = entries.firstIndex { $0.at > instant } ?? entries.endIndex
    entries.insert((instant, body), at: place)
  }

  /// Removes and returns the actions that are due.
  mutating func take(until now: MonotonicInstant) -> [Body] {
    let due = entries.prefix { $0.at <= now }
    entries.removeFirst(due.count)
    return due.map(\.body)
  }

  /// Removes all actions.
  mutating func clear() { entries = [] }
}
