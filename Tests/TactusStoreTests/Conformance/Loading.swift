import TactusModel
import TactusPorts
import Testing

extension LedgerConformance {
  @Suite("loads files")
  struct Loading {
    @Test(
      "A file creates a workflow, another text changes it, and the same text leaves it unchanged",
      arguments: LedgerFactory.all)
    func load(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        let first = try stage.load(["a": .sample(), "b": .sample()], present: ["a", "b"], at: 0)
        #expect(first.created.map(\.text) == ["a", "b"])
        #expect(first.change.nextDue == .at(10))
        #expect(try stage.workflow("a").origin == .file)
        let second = try stage.load(["a": .sample(), "b": .sample(every: 7)], present: ["a", "b"], at: 3)
        #expect(second.created.isEmpty)
        #expect(second.changed.map(\.text) == ["b"])
        #expect(second.removed.isEmpty)
      }
    }

    @Test(
      "A file that disappears terminates its workflow, and its return undoes only that", arguments: LedgerFactory.all)
    func removedAndBack(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.load(["w": .sample()], present: ["w"], at: 0)
        let planned = try #require(try stage.planned())
        let gone = try stage.load([:], present: [], at: 5)
        #expect(gone.removed.map(\.text) == ["w"])
        #expect(gone.change.nextDue == nil)
        #expect(try stage.workflow().terminatedReason == .removed)
        #expect(try stage.job(planned.id).errorCode == .workflowTerminated)
        #expect(try stage.load([:], present: [], at: 6).removed.isEmpty, "it is reported once")

        let back = try stage.load(["w": .sample()], present: ["w"], at: 35)
        #expect(back.created.map(\.text) == ["w"])
        #expect(back.changed.isEmpty)
        #expect(try stage.workflow().state == .active)
        #expect(try stage.workflow().resumedAt == nil)
        #expect(try stage.planned()?.nominalAt == .at(40))
        #expect(try stage.decisions() == [.sample(.terminated, 10, 30, 3)])
      }
    }

    @Test("A file may return with another text", arguments: LedgerFactory.all)
    func backWithAnother(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.load(["w": .sample(every: 10)], present: ["w"], at: 0)
        try stage.load([:], present: [], at: 5)
        let back = try stage.load(["w": .sample(every: 7)], present: ["w"], at: 35)
        #expect(back.created.map(\.text) == ["w"])
        #expect(back.changed.isEmpty, "a workflow that is back is reported once")
        #expect(try stage.workflow().generation == 2)
        #expect(try stage.planned()?.nominalAt == .at(42))
        #expect(try stage.decisions() == [.sample(.terminated, 10, 30, 3)])
      }
    }

    @Test(
      "A failed listing removes no workflow, nor does a name whose file was refused",
      arguments: LedgerFactory.all)
    func notRemoved(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.load(["a": .sample(), "b": .sample()], present: ["a", "b"], at: 0)
        #expect(try stage.load(["a": .sample()], present: nil, at: 1).removed.isEmpty)
        #expect(try stage.load(["a": .sample()], present: ["a", "b"], at: 2).removed.isEmpty)
        #expect(try stage.workflow("b").state == .active)
      }
    }

    @Test("A workflow that a person terminated stays terminated when its file returns", arguments: LedgerFactory.all)
    func userStays(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.load(["before": .sample(), "after": .sample()], present: ["before", "after"], at: 0)
        try stage.terminate("before", at: 1)
        try stage.load([:], present: [], at: 2)
        try stage.terminate("after", at: 3)
        let back = try stage.load(["before": .sample(), "after": .sample()], present: ["before", "after"], at: 4)
        #expect(back.created.isEmpty)
        for name in ["before", "after"] {
          #expect(try stage.workflow(name).state == .terminated)
          #expect(try stage.workflow(name).terminatedReason == .user)
        }
        try stage.resume("after", at: 5)
        #expect(try stage.workflow("after").state == .active)
      }
    }

    @Test(
      "A workflow terminated by failures stays terminated when its file is loaded again", arguments: LedgerFactory.all)
    func failuresStay(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.load(["w": .sample(failures: 1)], present: ["w"], at: 0)
        try stage.cycle(.failed(.exitNonzero, "exit code 1"), at: 10)
        try stage.load([:], present: [], at: 11)
        try stage.load(["w": .sample(failures: 1)], present: ["w"], at: 12)
        #expect(try stage.workflow().terminatedReason == .consecutiveFailures)
        #expect(try stage.workflow().consecutiveFailures == 1)
      }
    }

    @Test("Resume is refused while the file is missing", arguments: LedgerFactory.all)
    func resumeOfRemoved(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.load(["w": .sample()], present: ["w"], at: 0)
        try stage.load([:], present: [], at: 5)
        #expect(try stage.refusal { try stage.resume(at: 6) } == .conflict(.fileRemoved(stage.name("w"))))
      }
    }

    @Test(
      "A name that the socket owns is refused and never removed, and the other files are loaded",
      arguments: LedgerFactory.all)
    func foreignName(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(), to: "b", origin: .socket, at: 0)
        let loaded = try stage.load(
          ["a": .sample(), "b": .sample(every: 7), "c": .sample()], present: ["a", "b", "c"], at: 1)
        #expect(loaded.created.map(\.text) == ["a", "c"])
        #expect(loaded.refused.keys.map(\.text) == ["b"])
        #expect(try stage.workflow("b").generation == 1)
        #expect(try stage.load([:], present: [], at: 2).removed.map(\.text) == ["a", "c"])
        #expect(try stage.workflow("b").state == .active)
      }
    }
  }
}
