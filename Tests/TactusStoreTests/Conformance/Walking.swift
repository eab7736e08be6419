import TactusModel
import TactusPorts
import TactusSimulation
import TactusTestSupport
import Testing

extension LedgerConformance {
  @Suite("keeps one answer for each instant")
  struct Walking {
    @Test("Terminate and resume do not plan a skipped instant again", arguments: LedgerFactory.all)
    func skippedAndResumed(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(), at: 0)
        try stage.cancel(#require(try stage.planned()).id, at: 1)
        try stage.terminate(at: 2)
        try stage.resume(at: 3)
        #expect(try stage.planned()?.nominalAt == .at(20))
        try stage.cancel(#require(try stage.planned()).id, at: 4)
        #expect(try stage.decisions() == [.sample(.skippedByUser, 10, 10, 1), .sample(.skippedByUser, 20, 20, 1)])
      }
    }

    @Test(
      "A skipped instant stays skipped after an edit only if the new schedule names it", arguments: LedgerFactory.all)
    func skippedAndEdited(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(every: 10), at: 0)
        try stage.cancel(#require(try stage.planned()).id, at: 1)
        #expect(try stage.apply(.sample(every: 5, startAt: 0), at: 2).nextAt == .at(5))
        #expect(try stage.decisions() == [.sample(.skippedByUser, 10, 10, 1)])
        try stage.cycle(at: 5)
        #expect(try stage.planned()?.nominalAt == .at(15))
        try stage.cancel(#require(try stage.planned()).id, at: 6)
        #expect(try stage.apply(.sample(every: 7, startAt: 0), at: 6).nextAt == .at(7))
        #expect(try stage.decisions().isEmpty, "neither 10 nor 15 is nominal any more")
      }
    }

    @Test("A skipped instant is left out when later instants are answered together", arguments: LedgerFactory.all)
    func skippedAndLate(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(every: 10), at: 0)
        try stage.cancel(#require(try stage.planned()).id, at: 1)
        try stage.apply(.sample(every: 5, startAt: 0), at: 2)
        try stage.cycle(at: 20)
        #expect(
          try stage.decisions() == [
            .sample(.coalesced, 5, 5, 1), .sample(.skippedByUser, 10, 10, 1), .sample(.coalesced, 15, 15, 1),
          ])
        try stage.apply(.sample(every: 10, startAt: 0), at: 21)
        try stage.cancel(#require(try stage.planned()).id, at: 22)
        try stage.apply(.sample(every: 5, startAt: 0), at: 23)
        try stage.cycle(at: 32)
        #expect(try stage.jobs().last { $0.status == .completed }?.nominalAt == .at(20), "the newest was skipped")
        #expect(try stage.planned()?.nominalAt == .at(35))
      }
    }

    @Test(
      "Runs by a clock ahead, on a grid that was edited later, stay, and no instant repeats",
      arguments: LedgerFactory.all)
    func editedAhead(_ factory: LedgerFactory) throws {
      for step in [1, 45] {
        try factory.play { stage in
          try stage.apply(.sample(every: 10), at: 0)
          for now in [10, 20, 30, 40, 50] { try stage.cycle(at: now) }
          try stage.apply(.sample(every: 7), at: 51)
          try stage.realign(at: 20)
          for now in stride(from: 20, through: 110, by: step) { try stage.cycle(at: now) }
          let nominal = try stage.jobs().filter { $0.status == .completed }.compactMap(\.nominalAt)
          #expect(Set(nominal).count == nominal.count)
        }
      }
    }

    @Test(
      "Any sequence of clock steps and requests leaves every instant with one answer", arguments: LedgerFactory.all,
      [UInt64](1...6))
    func walk(_ factory: LedgerFactory, _ seed: UInt64) throws {
      try factory.play { stage in
        var generator = SeededGenerator(seed: seed)
        let names = ["latest": Misfire.latest, "all": .all, "skip": .skip]
        for (name, misfire) in names.sorted(by: { $0.key < $1.key }) {
          try stage.apply(.sample(misfire: misfire, failures: nil), to: name, at: 0)
        }
        var now = 0
        for turn in 0..<80 {
          let step = Int.random(in: -60...90, using: &generator)
          now += Bool.random(using: &generator) ? step : abs(step) / 10
          if step < 0 { try stage.realign(at: now) }
          try stage.cycle(at: now)
          let name = try #require(names.keys.sorted().randomElement(using: &generator))
          let action = Int.random(in: 0..<8, using: &generator)
          switch action {
          case 0: try stage.terminate(name, at: now)
          case 1: try stage.resume(name, at: now)
          case 2: if let planned = try stage.planned(name) { try stage.cancel(planned.id, at: now) }
          case 3:
            let interval = [nil, 5, 7, 10].randomElement(using: &generator) ?? nil
            let startAt = Bool.random(using: &generator) ? Int.random(in: -20...20, using: &generator) + now : nil
            try stage.apply(
              .sample(every: interval, startAt: startAt, misfire: names[name] ?? .all, failures: nil), to: name, at: now
            )
          default: break
          }
          let findings = try stage.specimen.findings()
          try #require(findings.isEmpty, "seed \(seed), turn \(turn), \(action) of \(name) at \(now): \(findings)")
        }
      }
    }
  }
}
