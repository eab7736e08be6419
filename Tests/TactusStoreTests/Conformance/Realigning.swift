import TactusModel
import TactusPorts
import Testing

/// Backward clock steps.
///
/// ```
///   clock     |--- ahead ---> ... step back
///   planned                             |<------- moves earlier, never later
///   decisions      [ past part ][ future part: void ]
/// ```
extension LedgerConformance {
  @Suite("follows a clock that steps back")
  struct Realigning {
    @Test("A planned row moves back to the first grid instant after now", arguments: LedgerFactory.all)
    func moves(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(), at: 1000)
        let planned = try #require(try stage.planned())
        #expect(planned.nominalAt == .at(1010))
        #expect(try stage.realign(at: 503).nextDue == .at(510))
        #expect(try stage.planned()?.id == planned.id)
        #expect(try stage.planned()?.nominalAt == .at(510))
        try stage.cycle(at: 510)
        try stage.cycle(at: 520)
      }
    }

    @Test("A planned row never moves to a later instant, nor before its StartAt", arguments: LedgerFactory.all)
    func neverLater(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(), to: "due", at: 0)
        try stage.apply(.sample(startAt: 1000), to: "start", at: 0)
        for now in [35, 3, -50] {
          try stage.realign(at: now)
          #expect(try stage.planned("start")?.nominalAt == .at(1000))
          #expect(try #require(try stage.planned("due")?.nominalAt) <= .at(10))
        }
        #expect(try stage.planned("due")?.nominalAt == .at(-40))
      }
    }

    @Test(
      "Decisions about repeating instants are voided, and a decision that spans now keeps its past part",
      arguments: LedgerFactory.all)
    func decisions(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(), at: 0)
        try stage.cycle(at: 100)
        #expect(try stage.decisions() == [.sample(.coalesced, 10, 90, 9)])
        try stage.realign(at: 55)
        #expect(try stage.decisions() == [.sample(.coalesced, 10, 50, 5)])
        #expect(try stage.decisions(voided: true) == [.sample(.coalesced, 60, 90, 4)])
        #expect(try stage.planned()?.nominalAt == .at(60))
        // 100 already has its job: the late instants are coalesced around it.
        try stage.cycle(at: 60)
        try stage.cycle(at: 115)
        #expect(try stage.decisions() == [.sample(.coalesced, 10, 50, 5), .sample(.coalesced, 70, 90, 3)])
        #expect(try stage.jobs().filter { $0.status == .completed }.map(\.nominalAt) == [.at(100), .at(60), .at(110)])
        #expect(try stage.planned()?.nominalAt == .at(120))
      }
    }

    @Test(
      "A skip by a person survives a restart, and is voided if the clock was ahead",
      arguments: LedgerFactory.all)
    func skipped(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(), at: 0)
        try stage.cancel(#require(try stage.planned()).id, at: 5)
        try stage.realign(at: 6)
        #expect(try stage.decisions() == [.sample(.skippedByUser, 10, 10, 1)])
        #expect(try stage.planned()?.nominalAt == .at(20))
        try stage.realign(at: 4)
        #expect(try stage.decisions().isEmpty)
        #expect(try stage.decisions(voided: true) == [.sample(.skippedByUser, 10, 10, 1)])
        #expect(try stage.planned()?.nominalAt == .at(10))
      }
    }

    @Test("The unanswered instant of a terminated workflow also moves back", arguments: LedgerFactory.all)
    func terminated(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(), at: 0)
        try stage.cycle(at: 100)
        try stage.terminate(at: 101)
        try stage.realign(at: 55)
        try stage.resume(at: 125)
        #expect(
          try stage.decisions() == [
            .sample(.coalesced, 10, 50, 5), .sample(.terminated, 60, 90, 4), .sample(.terminated, 110, 120, 2),
          ])
      }
    }

    @Test("Failures count again after a resume by a clock that was ahead", arguments: LedgerFactory.all)
    func resumedAhead(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(), at: 0)
        try stage.terminate(at: 900)
        try stage.resume(at: 1000)
        try stage.realign(at: 5)
        #expect(try stage.workflow().resumedAt == .at(5))
        try stage.cycle(.failed(.exitNonzero, "exit code 1"), at: 10)
        #expect(try stage.workflow().consecutiveFailures == 1)
      }
    }
  }
}
