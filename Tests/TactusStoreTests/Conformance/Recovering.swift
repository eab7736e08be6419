import TactusModel
import TactusPorts
import Testing

extension LedgerConformance {
  @Suite("recovers at start-up")
  struct Recovering {
    @Test(
      "A queued automatic job is MISFIRED if a newer instant came, unless every instant must run",
      arguments: LedgerFactory.all, Misfire.allCases)
    func overtaken(_ factory: LedgerFactory, _ misfire: Misfire) throws {
      try factory.play { stage in
        try stage.apply(.sample(overlap: .allow, misfire: misfire), at: 0)
        let queued = try #require(try stage.release(at: 10).change.queued.first)
        let manual = try stage.run(at: 11).id
        #expect(try stage.recover(at: 15).change.queued.map(\.id) == [queued.id, manual], "nothing newer is due")
        let recovered = try stage.recover(at: 100)
        #expect(recovered.change.nextDue == .at(20))
        if misfire == .all {
          #expect(recovered.change.queued.map(\.id) == [queued.id, manual])
        } else {
          #expect(recovered.change.queued.map(\.id) == [manual])
          #expect(try stage.job(queued.id).errorCode == .misfired)
          #expect(try stage.job(queued.id).status == .canceled)
        }
      }
    }

    @Test("Claimed and running jobs are returned with their known facts", arguments: LedgerFactory.all)
    func remnants(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(every: nil, overlap: .allow), at: 0)
        let ids = try (1...3).map { try stage.run(at: $0).id }
        let claims = try stage.claim(Array(ids.prefix(2)), at: 5)
        try stage.start(claims[1], at: 6)
        try stage.cancel(claims[1].id, at: 7)
        let expected = [
          Remnant(
            id: ids[0], workflow: WorkflowName("w"), kind: .command, queue: QueueName(builtIn: .command), fence: 1,
            status: .queued,
            bootID: "boot", facts: nil, stopReason: nil),
          Remnant(
            id: ids[1], workflow: WorkflowName("w"), kind: .command, queue: QueueName(builtIn: .command), fence: 1,
            status: .running,
            bootID: "boot", facts: StartFacts(at: .at(6), processID: 42, processStart: 4242), stopReason: .canceled),
        ]
        let recovered = try stage.recover(at: 100)
        #expect(recovered.remnants.sorted { $0.id < $1.id } == expected)
        #expect(recovered.change.queued.map(\.id) == [ids[2]])
        #expect(Set(try stage.remnants()) == Set(expected))
      }
    }

    @Test("Queues and workflows with waiting rows are returned", arguments: LedgerFactory.all)
    func waiting(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        let overlapping = try stage.apply(.sample(), to: "a", at: 0)
        #expect(overlapping.effect == .created)
        for name in ["b", "c", "d"] { try stage.apply(.sample(every: nil), to: name, at: 0) }
        let running = try #require(try stage.begin(at: 10).first)
        try stage.release(at: 20)
        #expect(try stage.planned("a")?.wait == .overlap)
        #expect(try stage.recover(at: 21).waiting == [running.definition.workflow])
        #expect(try stage.recover(at: 21).change.backlogged.isEmpty)
        for name in ["b", "c", "d", "d"] { try stage.run(name, at: 22) }
        #expect(try stage.jobs(of: "d").map(\.phase?.known) == [.queued, .due])
      }
    }

    @Test("The jobs of a full queue wait by priority, and are queued as room is made", arguments: LedgerFactory.all)
    func backlog(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        let queue = QueueName(builtIn: .command)
        for (name, priority) in [("a", 0), ("b", 0), ("c", 0), ("low", -1), ("high", 1), ("none", 0)] {
          try stage.apply(.sample(every: nil, priority: priority), to: name, at: 0)
        }
        let queued = try ["a", "b", "c"].map { try stage.run($0, at: 1).id }
        let low = try stage.run("low", at: 2).id
        let none = try stage.run("none", at: 3).id
        let high = try stage.run("high", at: 4).id
        #expect(try stage.job(low).wait == .backlog)
        let recovered = try stage.recover(at: 5)
        #expect(recovered.change.backlogged == [queue])
        #expect(Set(recovered.change.queued.map(\.id)) == Set(queued))
        #expect(try stage.release(at: 5, queues: [queue]).change.backlogged == [queue])

        var order: [JobID] = []
        for id in queued {
          let claim = try #require(try stage.claim([id], at: 6).first)
          // A claimed job is still QUEUED. Only its start makes room.
          #expect(try stage.release(at: 6, queues: [queue]).change.queued.isEmpty)
          try stage.start(claim, at: 6)
          order += try stage.release(at: 6, queues: [queue]).change.queued.map(\.id)
        }
        #expect(order == [high, none, low])
        #expect(try stage.release(at: 7, queues: [queue]).change.backlogged.isEmpty)
      }
    }

    @Test("The end of a job releases no other one of its workflow that waits for room", arguments: LedgerFactory.all)
    func roomByPriority(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        let queue = QueueName(builtIn: .command)
        try stage.apply(.sample(every: nil, overlap: .allow), at: 0)
        try stage.apply(.sample(every: nil, priority: 1), to: "high", at: 0)
        let queued = try (1...4).map { try stage.run(at: $0).id }
        let high = try stage.run("high", at: 5).id
        let claim = try #require(try stage.claim([queued[0]], at: 6).first)
        try stage.start(claim, at: 6)
        let workflow = try #require(try stage.end(claim, at: 7).waiting)
        // There is room, but a job of another workflow has precedence.
        #expect(try stage.release(at: 7, workflows: [workflow]).change.queued.isEmpty)
        let released = try stage.release(at: 7, workflows: [workflow], queues: [queue])
        #expect(released.change.queued.map(\.id) == [high])
      }
    }

    @Test("Canceling a waiting job does not delay the others", arguments: LedgerFactory.all)
    func canceledInBacklog(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(every: nil, overlap: .allow), at: 0)
        let ids = try (1...5).map { try stage.run(at: $0).id }
        try stage.cancel(ids[3], at: 6)
        try stage.cancel(ids[0], at: 6)
        let released = try stage.release(at: 7, queues: [QueueName(builtIn: .command)])
        #expect(released.change.queued.map(\.id) == [ids[4]])
        #expect(released.change.backlogged.isEmpty)
      }
    }
  }
}
