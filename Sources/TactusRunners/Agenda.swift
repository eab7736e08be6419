import TactusModel

/// What a runner does later, by instant; whoever holds it arms an alarm for the first.
struct Agenda<Runner: Actor> {
  typealias Body = (isolated Runner) -> Void

  private var entries: [(at: MonotonicInstant, body: Body)] = []

  /// When the next is due; nil if nothing is.
  var first: MonotonicInstant? { entries.first?.at }

  /// Adds what is to be done at an instant; of one instant, the first that came is done first.
  mutating func add(at instant: MonotonicInstant, _ body: @escaping Body) {
    let place = entries.firstIndex { $0.at > instant } ?? entries.endIndex
    entries.insert((instant, body), at: place)
  }

  /// Takes out what is due.
  mutating func take(until now: MonotonicInstant) -> [Body] {
    let due = entries.prefix { $0.at <= now }
    entries.removeFirst(due.count)
    return due.map(\.body)
  }

  /// Forgets everything.
  mutating func clear() { entries = [] }
}
