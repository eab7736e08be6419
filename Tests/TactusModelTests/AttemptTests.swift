import TactusModel
import TactusSimulation
import TactusTestSupport
import Testing

/// Compares the attempt machine with the table of docs/state-machine.md, and checks the rules for every path through
/// it.
struct AttemptTests {
  @Test("Every event in every reachable state does exactly what the table says")
  func table() {
    let table = AttemptTable()
    for before in AttemptTable.reachable {
      for event in AttemptTable.events {
        var after = before
        let effects = after.handle(event)
        let row = table.row(before, event)
        #expect(after.state == row?.next ?? before.state, "\(before) \(event)")
        #expect(effects == row?.effects(before, event) ?? [], "\(before) \(event)")
      }
    }
  }

  @Test("Every row of the table is used")
  func complete() {
    let table = AttemptTable()
    let met = AttemptTable.reachable.flatMap { attempt in
      AttemptTable.events.compactMap { table.row(attempt, $0)?.text }
    }
    #expect(Set(met) == Set(AttemptTable.rows.map(\.text)))
  }

  @Test("Every state is reachable, with and without a stop reason where both make sense")
  func states() {
    let situations = Set(AttemptTable.reachable.map { "\($0.state) \($0.stopReason == nil ? "-" : "reason")" })
    #expect(
      situations.sorted() == [
        "claiming -", "claiming reason", "done -", "done reason", "exited -", "exited reason", "finishing -",
        "finishing reason", "killing reason", "overdue -", "parked -", "parked reason", "parking -", "parking reason",
        "retrying -", "running -", "starting -",
        "starting reason", "terminating reason",
      ])
  }

  @Test("In the state done no event has an effect", arguments: AttemptTable.events)
  func absorbing(_ event: Attempt.Event) {
    for before in AttemptTable.reachable where before.state == .done {
      var after = before
      #expect(after.handle(event).isEmpty)
      #expect(after == before)
    }
  }

  @Test("The first stop reason stays, whatever follows", arguments: AttemptTable.events)
  func firstReason(_ event: Attempt.Event) {
    for before in AttemptTable.reachable where before.stopReason != nil {
      var after = before
      _ = after.handle(event)
      #expect(after.stopReason == before.stopReason)
    }
  }

  @Test("An end before any stop reason keeps its own result")
  func endFirst() {
    let ending = Ending.failed(.exitNonzero, "exit code 1")
    for reason in StopReason.allCases {
      var attempt = Attempt()
      _ = attempt.handle(.claimed)
      _ = attempt.handle(.started)
      #expect(attempt.handle(.ended(ending)) == [.disarm, .recordEnd(ending, nil)])
      #expect(attempt.handle(.stopRequested(reason)).isEmpty)
      #expect(attempt.handle(.deadlinePassed).isEmpty)
      #expect(attempt.stopReason == nil)
    }
  }

  @Test("An exit ends the time-out, and later stop reasons do not change the result while output is stored")
  func exitFirst() {
    let ending = Ending.succeeded
    for event in [Attempt.Event.deadlinePassed, .examined] + StopReason.allCases.map(Attempt.Event.stopRequested) {
      var attempt = Attempt()
      _ = attempt.handle(.claimed)
      _ = attempt.handle(.started)
      #expect(attempt.handle(.exited) == [.disarm, .recordExit, .armKill])
      #expect(attempt.handle(event).isEmpty)
      #expect(attempt.handle(.ended(ending)) == [.disarm, .recordEnd(ending, nil)])
    }
  }

  @Test("A time-out takes effect only after the runner has checked whether the attempt has ended")
  func overdue() {
    var running = Attempt()
    _ = running.handle(.claimed)
    _ = running.handle(.started)
    #expect(running.handle(.deadlinePassed) == [.examine])
    var ended = running
    #expect(ended.handle(.exited) == [.disarm, .recordExit, .armKill])
    #expect(ended.handle(.examined).isEmpty)
    #expect(running.handle(.examined) == [.recordStop(.timeout), .disarm, .terminate, .armGrace])
  }

  @Test("An attempt that is stopped before its start ends without a start", arguments: StopReason.allCases)
  func stoppedEarly(_ reason: StopReason) {
    var attempt = Attempt()
    #expect(attempt.handle(.stopRequested(reason)).isEmpty)
    #expect(attempt.handle(.claimed) == [.recordEnd(.succeeded, reason)])
    #expect(attempt.handle(.recorded) == [.disarm, .forget])
  }

  @Test("An orphan is terminated, then killed, and recorded as lost")
  func orphan() {
    var (attempt, effects) = Attempt.orphan()
    #expect(effects == [.disarm, .terminate, .armGrace])
    #expect(attempt.handle(.gracePassed) == [.kill, .armKill])
    #expect(attempt.handle(.ended(.succeeded)) == [.disarm, .recordEnd(.succeeded, .orphaned)])
    #expect(Outcome(.succeeded, stop: attempt.stopReason, report: Report()).errorCode == .lost)
  }

  @Test("On any path an attempt starts, ends and is forgotten at most once, in this order")
  func walks() {
    let seed = UInt64.random(in: .min ... .max)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<5000 {
      var attempt = Attempt()
      var effects: [Attempt.Effect] = []
      for _ in 0..<12 {
        guard let event = AttemptTable.events.randomElement(using: &generator) else { return }
        effects += attempt.handle(event)
      }
      let words = effects.map(\.word).filter {
        ["start", "armRetry", "park", "recordStart", "recordEnd", "forget"].contains($0)
      }
      // A provider that refuses, or is missing, cancels the start: another start may follow.
      let takingBack = ["armRetry", "park"]
      let once = words.enumerated().filter { index, word in
        !takingBack.contains(word)
          && !(word == "start" && takingBack.contains(words.dropFirst(index + 1).first ?? ""))
      }.map(\.element)
      #expect(
        [
          [], ["start"], ["start", "recordStart"], ["start", "recordStart", "recordEnd"], ["start", "recordEnd"],
          ["start", "recordStart", "recordEnd", "forget"], ["start", "recordEnd", "forget"], ["recordEnd"],
          ["recordEnd", "forget"], ["forget"], ["start", "forget"], ["start", "recordStart", "forget"],
        ].contains(once), "seed \(seed): \(effects)")
      #expect(effects.filter { $0 == .terminate }.count <= 1, "seed \(seed)")
      #expect(effects.filter { $0 == .kill }.count <= 1, "seed \(seed)")
      #expect((attempt.state == .done) == effects.contains(.forget), "seed \(seed)")
    }
  }
}
