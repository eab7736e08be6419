import TactusModel
import TactusPorts
import Testing

extension LedgerConformance {
  @Suite("records the status of images")
  struct Building {
    private func build(_ stage: Stage) throws -> (status: BuildStatus?, error: String?) {
      let workflow = try stage.workflow("w")
      return (workflow.buildStatus?.known, workflow.buildError)
    }

    @Test("A new generation has its image prepared, and records each step once", arguments: LedgerFactory.all)
    func steps(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        let applied = try stage.apply(.sample(every: nil, kind: .container), at: 0)
        let preparation = try #require(applied.change.preparations.first)
        #expect(preparation.name.text == "w" && preparation.definition.generation == 1)
        #expect(try build(stage) == (.queued, nil))
        func record(_ step: BuildStep) throws -> Bool {
          try stage.ask { $0.recordBuild(preparation.definition, step, at: .at(1), answer: $1) }
        }
        #expect(try !record(.progress("1 of 2 layers")), "it has not begun")
        #expect(try record(.started))
        #expect(try !record(.started))
        #expect(try record(.progress("1 of 2 layers")))
        #expect(try record(.failed("no such image")))
        #expect(try build(stage) == (.failed, "no such image"))
        #expect(try !record(.failed("no such image")))
        #expect(try record(.completed))
        #expect(try build(stage) == (.completed, nil))
        #expect(
          try stage.events().filter { $0.contains("build") } == [
            "workflow.build_started", "workflow.build_progress", "workflow.build_failed", "workflow.build_completed",
          ])
        #expect(try stage.apply(.sample(every: nil, kind: .container), at: 2).change.preparations.isEmpty)
        let edited = try stage.apply(.sample(every: 60, kind: .container), at: 3)
        #expect(edited.change.preparations.map(\.definition.generation) == [2])
        #expect(try !record(.completed), "a step of an older generation is ignored")
        #expect(try build(stage) == (.queued, nil))
        // The daemon died before it prepared the image.
        #expect(try stage.recover(at: 4).change.preparations.map(\.definition.generation) == [2])
        try stage.apply(.sample(every: 60), at: 5)
        #expect(try build(stage) == (nil, nil))
        #expect(try stage.recover(at: 6).change.preparations.isEmpty)
      }
    }

    @Test("A running container shows that its image is available", arguments: LedgerFactory.all)
    func running(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(every: nil, kind: .container), at: 0)
        let id = try stage.run(at: 1).id
        let claim = try #require(try stage.claim([id], at: 2).first)
        var facts = StartFacts(at: .at(3))
        facts.containerID = "c"
        _ = try stage.ask { $0.recordStart(id, fence: claim.fence, facts: facts, answer: $1) }
        #expect(try build(stage) == (.completed, nil))
      }
    }
  }
}
