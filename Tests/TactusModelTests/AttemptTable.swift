import TactusModel

/// The attempt machine as a table: a second definition that the code and docs/state-machine.md are compared with.
struct AttemptTable {
  /// A row of the table.
  struct Row {
    /// The state before; nil for every state but done.
    let state: Attempt.State?
    /// Whether the attempt has a stop reason; nil if it makes no difference.
    let hasReason: Bool?
    let event: String
    let next: Attempt.State
    let effects: [String]

    init(_ state: Attempt.State?, _ hasReason: Bool?, _ event: String, _ next: Attempt.State, _ effects: [String]) {
      (self.state, self.hasReason, self.event, self.next, self.effects) = (state, hasReason, event, next, effects)
    }

    /// The row as docs/state-machine.md shows it.
    var text: String {
      let reason = hasReason.map { $0 ? "yes" : "no" } ?? "any"
      let shown = effects.isEmpty ? "–" : effects.joined(separator: ", ")
      return "| \(state.map { "\($0)" } ?? "any") | \(reason) | \(event) | \(next) | \(shown) |"
    }

    /// Returns the effects with their values.
    func effects(_ attempt: Attempt, _ event: Attempt.Event) -> [Attempt.Effect] {
      var ending = Ending.succeeded
      if case .ended(let own) = event { ending = own }
      if state == .parked { ending = Attempt.exhausted(attempt.hindrance) }
      var reason = attempt.stopReason
      if case .stopRequested(let first) = event { reason = reason ?? first }
      return effects.compactMap { [reason] word in
        Self.plain[word] ?? (word == "recordEnd" ? .recordEnd(ending, reason) : nil)
      }
    }

    private static let plain: [String: Attempt.Effect] = [
      "start": .start, "recordStart": .recordStart, "armDeadline": .armDeadline, "recordStop": .recordStop(.timeout),
      "terminate": .terminate, "armGrace": .armGrace, "kill": .kill, "armKill": .armKill,
      "nameSurvivors": .nameSurvivors, "disarm": .disarm, "forget": .forget,
      "cancelStart": .cancelStart, "armRetry": .armRetry, "park": .park,
      "freeSlot": .freeSlot, "awaitProvider": .awaitProvider, "armDispatchTimeout": .armDispatchTimeout,
      "requeue": .requeue, "examine": .examine, "recordExit": .recordExit,
    ]
  }

  static let rows: [Row] = [
    Row(.claiming, false, "claimed", .starting, ["start"]),
    Row(.claiming, true, "claimed", .finishing, ["recordEnd"]),
    Row(.claiming, nil, "claimRefused", .done, ["disarm", "forget"]),
    Row(.claiming, nil, "stopRequested", .claiming, []),
    Row(.starting, false, "started", .running, ["recordStart", "armDeadline"]),
    Row(.starting, true, "started", .terminating, ["recordStart", "terminate", "armGrace"]),
    Row(.starting, nil, "ended", .finishing, ["disarm", "recordEnd"]),
    Row(.starting, nil, "stopRequested", .starting, ["cancelStart"]),
    Row(.starting, false, "refused", .retrying, ["armRetry"]),
    Row(.starting, true, "refused", .finishing, ["disarm", "recordEnd"]),
    Row(.retrying, false, "retryPassed", .starting, ["start"]),
    Row(.retrying, false, "stopRequested", .finishing, ["disarm", "recordEnd"]),
    Row(.starting, false, "unavailable", .parking, ["park"]),
    Row(.starting, true, "unavailable", .finishing, ["disarm", "recordEnd"]),
    Row(.parking, nil, "parked", .parked, ["freeSlot", "awaitProvider"]),
    Row(.parking, nil, "parkRefused", .finishing, ["disarm", "recordEnd"]),
    Row(.parking, false, "parkFailed", .retrying, ["armRetry"]),
    Row(.parking, true, "parkFailed", .finishing, ["disarm", "recordEnd"]),
    Row(.parking, nil, "stopRequested", .parking, []),
    Row(.parked, nil, "unprovided", .parked, ["armDispatchTimeout"]),
    Row(.parked, nil, "crowded", .parked, ["disarm"]),
    Row(.parked, nil, "available", .claiming, ["disarm", "requeue"]),
    Row(.parked, nil, "dispatchTimeoutPassed", .finishing, ["recordEnd"]),
    Row(.running, false, "deadlinePassed", .overdue, ["examine"]),
    Row(.overdue, false, "examined", .terminating, ["recordStop", "disarm", "terminate", "armGrace"]),
    Row(.overdue, false, "stopRequested", .terminating, ["disarm", "terminate", "armGrace"]),
    Row(.overdue, false, "exited", .exited, ["disarm", "recordExit", "armKill"]),
    Row(.overdue, false, "ended", .finishing, ["disarm", "recordEnd"]),
    Row(.running, false, "stopRequested", .terminating, ["disarm", "terminate", "armGrace"]),
    Row(.running, false, "exited", .exited, ["disarm", "recordExit", "armKill"]),
    Row(.running, false, "ended", .finishing, ["disarm", "recordEnd"]),
    Row(.terminating, true, "gracePassed", .killing, ["kill", "armKill"]),
    Row(.terminating, true, "exited", .exited, ["disarm", "armKill"]),
    Row(.killing, true, "killPassed", .killing, ["nameSurvivors"]),
    Row(.terminating, true, "ended", .finishing, ["disarm", "recordEnd"]),
    Row(.killing, true, "exited", .exited, ["disarm", "armKill"]),
    Row(.killing, true, "ended", .finishing, ["disarm", "recordEnd"]),
    Row(.exited, nil, "killPassed", .exited, ["nameSurvivors"]),
    Row(.exited, nil, "ended", .finishing, ["disarm", "recordEnd"]),
    Row(.finishing, nil, "recorded", .done, ["disarm", "forget"]),
    Row(nil, nil, "withdrawn", .done, ["disarm", "forget"]),
  ]

  /// Returns the row for an attempt and an event; nil if the event has no effect.
  func row(_ attempt: Attempt, _ event: Attempt.Event) -> Row? {
    Self.rows.first {
      ($0.state ?? (attempt.state == .done ? nil : attempt.state)) == attempt.state && $0.event == event.word
        && ($0.hasReason == nil || $0.hasReason == (attempt.stopReason != nil))
    }
  }

  /// Every event, with every stop reason and both kinds of ending.
  static let events: [Attempt.Event] =
    [
      .claimed, .claimRefused, .refused, .retryPassed, .started, .ended(.succeeded),
      .ended(.failed(.exitNonzero, "exit code 1")),
      .deadlinePassed, .gracePassed, .killPassed, .recorded, .unavailable, .parked, .parkRefused, .parkFailed,
      .unprovided("no engine"),
      .crowded, .available, .dispatchTimeoutPassed, .withdrawn, .exited, .examined,
    ] + StopReason.allCases.map(Attempt.Event.stopRequested)

  /// Every attempt that some sequence of events leads to, including the orphan's.
  static let reachable: Set<Attempt> = {
    var found: Set<Attempt> = [Attempt(), Attempt.orphan().attempt]
    var fresh = found
    while !fresh.isEmpty {
      let next = fresh.flatMap { attempt in
        events.map { event in
          var copy = attempt
          _ = copy.handle(event)
          return copy
        }
      }
      fresh = Set(next).subtracting(found)
      found.formUnion(fresh)
    }
    return found
  }()
}

extension Attempt.Event {
  /// The event without its values.
  var word: String { String("\(self)".prefix { $0 != "(" }) }
}

extension Attempt.Effect {
  /// The effect without its values.
  var word: String { String("\(self)".prefix { $0 != "(" }) }
}
