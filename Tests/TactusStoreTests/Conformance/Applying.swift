import TactusModel
import TactusPorts
import Testing

/// The behaviour of every ledger implementation.
@Suite("Any ledger")
enum LedgerConformance {}

extension LedgerConformance {
  @Suite("applies definitions")
  struct Applying {
    @Test("A new workflow plans its first grid instant after now, and starts nothing", arguments: LedgerFactory.all)
    func created(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        let applied = try stage.apply(.sample(every: 10), at: 0)
        #expect(applied.effect == .created)
        #expect(applied.generation == 1)
        #expect(applied.previous == nil)
        #expect(applied.nextAt == .at(10))
        #expect(applied.change.queued.isEmpty)
        #expect(applied.change.nextDue == .at(10))
        let planned = try #require(try stage.planned())
        #expect(planned.phase == .scheduled)
        #expect(planned.nominalAt == .at(10))
        #expect(planned.scheduledAt == .at(10))
        #expect(planned.generation == nil, "a job binds its definition when it is released")
        #expect(try stage.events() == ["workflow.created", "job.pending"])
      }
    }

    @Test(
      "StartAt in the future is the first instant; otherwise it anchors the grid",
      arguments: LedgerFactory.all, [(startAt: 100, first: 100), (-25, 5), (0, 10), (10, 10)])
    func startAt(_ factory: LedgerFactory, _ example: (startAt: Int, first: Int)) throws {
      try factory.play { stage in
        let applied = try stage.apply(.sample(every: 10, startAt: example.startAt), at: 0)
        #expect(applied.nextAt == .at(example.first))
        #expect(try stage.planned()?.nominalAt == .at(example.first))
      }
    }

    @Test("A workflow without a schedule plans nothing", arguments: LedgerFactory.all)
    func onDemand(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        let applied = try stage.apply(.sample(every: nil), at: 0)
        #expect(applied.nextAt == nil)
        #expect(applied.grid == nil)
        #expect(try stage.jobs().isEmpty)
      }
    }

    @Test(
      "A definition that differs only in comments is not a new generation, and its text is kept",
      arguments: LedgerFactory.all)
    func unchanged(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(), at: 0)
        let planned = try stage.planned()
        let again = try stage.apply(.sample(comment: "# why\n"), at: 3)
        #expect(again.effect == .unchanged)
        #expect(again.generation == 1)
        #expect(again.previous == Definition.sample().canonical)
        #expect(again.nextAt == .at(10))
        #expect(try stage.workflow().text == Definition.sample(comment: "# why\n").text)
        #expect(try stage.workflow().updatedAt == .at(0))
        #expect(try stage.planned() == planned)
      }
    }

    @Test("A dry run has the same answer as a real one, and changes nothing", arguments: LedgerFactory.all)
    func dryRun(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        let created = try stage.apply(.sample(), dryRun: true, at: 0)
        #expect(created.effect == .created)
        #expect(created.nextAt == .at(10))
        #expect(try !stage.exists("w"))

        try stage.apply(.sample(), at: 0)
        let before = (try stage.workflow(), try stage.jobs(), try stage.events())
        let changed = try stage.apply(.sample(every: 7), dryRun: true, at: 35)
        #expect(changed.effect == .changed)
        #expect(changed.generation == 2)
        #expect(changed.nextAt == .at(42))
        #expect(try stage.workflow() == before.0)
        #expect(try stage.jobs() == before.1)
        #expect(try stage.events() == before.2)
        #expect(try stage.decisions().isEmpty)
      }
    }

    @Test(
      "The side that created a workflow owns its definition; the other side gets the way out",
      arguments: LedgerFactory.all)
    func ownership(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(), to: "made", origin: .socket, at: 0)
        try stage.apply(.sample(), to: "filed", origin: .file, at: 0)
        for dryRun in [false, true] {
          let file = stage.refusal {
            try stage.apply(.sample(every: 7), to: "made", origin: .file, dryRun: dryRun, at: 1)
          }
          #expect(file == .conflict(.ownedBySocket(try stage.name("made"))))
          let socket = stage.refusal {
            try stage.apply(.sample(every: 7), to: "filed", origin: .socket, dryRun: dryRun, at: 1)
          }
          #expect(socket == .conflict(.ownedByFile(try stage.name("filed"))))
        }
        #expect(try stage.workflow("made").generation == 1)
        #expect(try stage.workflow("filed").generation == 1)
        // Verbs that do not change the definition are open to both sides.
        try stage.terminate("filed", at: 2)
        try stage.resume("filed", at: 3)
      }
    }
  }
}
