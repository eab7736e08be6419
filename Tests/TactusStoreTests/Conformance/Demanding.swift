import TactusModel
import TactusPorts
import Testing

extension LedgerConformance {
  @Suite("creates jobs on demand")
  struct Demanding {
    private static func run(
      _ stage: Stage, _ start: RunRequest.Start = .now, key: String? = nil, name: String = "w", at now: Int
    ) throws -> (id: JobID, change: PlanChange) {
      let request = RunRequest(try stage.name(name), start: start, idempotencyKey: key)
      return try stage.ask { $0.run(request, at: .at(now), answer: $1) }
    }

    private static func schedule(_ stage: Stage, _ id: JobID, for second: Int, at now: Int) throws -> PlanChange {
      try stage.ask { $0.schedule(id, for: .at(second), at: .at(now), answer: $1) }
    }

    @Test("A held job gets a start time, and runs at that time", arguments: LedgerFactory.all)
    func held(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(every: nil), at: 0)
        let (id, change) = try Self.run(stage, .held, at: 1)
        #expect(change == PlanChange())
        let held = try stage.job(id)
        #expect(held.status == .pending && held.phase == .held && held.scheduledAt == nil && held.nominalAt == nil)
        // Time, a restart and a reload leave it unchanged.
        #expect(try stage.release(at: 1000).change.queued.isEmpty)
        #expect(try stage.recover(at: 1000).change.queued.isEmpty)
        try stage.realign(at: 1000)
        try stage.apply(.sample(every: nil, priority: 7), at: 1001)
        #expect(try stage.job(id).phase == .held && stage.job(id).priority == 7)
        #expect(try Self.schedule(stage, id, for: 1010, at: 1002).nextDue == .at(1010))
        #expect(try stage.job(id).phase == .scheduled && stage.job(id).nominalAt == .at(1010))
        // While it waits, it can get another start time.
        #expect(try Self.schedule(stage, id, for: 1020, at: 1003).nextDue == .at(1020))
        #expect(try stage.release(at: 1019).change.queued.isEmpty)
        #expect(try stage.release(at: 1020).change.queued.map(\.id) == [id])
        #expect(
          try stage.events().filter { $0.hasPrefix("job.") } == [
            "job.pending", "job.scheduled", "job.scheduled", "job.queued",
          ])
      }
    }

    @Test("Only held and scheduled manual jobs can be scheduled, not planned ones", arguments: LedgerFactory.all)
    func notScheduled(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(), at: 0)
        let planned = try #require(try stage.planned()).id
        let queued = try Self.run(stage, at: 1).id
        let waiting = try Self.run(stage, at: 2).id
        let canceled = try Self.run(stage, .held, at: 3).id
        try stage.cancel(canceled, at: 4)
        let conflicts: [(JobID, Refusal.Conflict)] = [
          (planned, .planned(planned)), (queued, .notSchedulable(queued, .queued)),
          (waiting, .notSchedulable(waiting, .pending)), (canceled, .notSchedulable(canceled, .canceled)),
        ]
        for (id, conflict) in conflicts {
          let before = try stage.job(id)
          #expect(stage.refusal { try Self.schedule(stage, id, for: 50, at: 5) } == .conflict(conflict))
          #expect(try stage.job(id) == before)
        }
        let none = JobID(high: 1, low: 1)
        #expect(
          stage.refusal { try Self.schedule(stage, none, for: 50, at: 5) } == .notFound(.job(none)))
      }
    }

    @Test(
      "A repeated request with the same key is one job; another request with the key is refused",
      arguments: LedgerFactory.all)
    func keys(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(every: nil), at: 0)
        try stage.apply(.sample(every: nil), to: "other", at: 0)
        let first = try Self.run(stage, key: "k", at: 1)
        #expect(first.change.queued.map(\.id) == [first.id])
        let again = try Self.run(stage, key: "k", at: 2)
        #expect(again.id == first.id && again.change.queued.isEmpty)
        let later = try Self.run(stage, .at(.at(50)), key: "later", at: 3)
        #expect(try Self.run(stage, .at(.at(50)), key: "later", at: 4).id == later.id)
        #expect(try Self.run(stage, .held, key: "held", at: 4).id == Self.run(stage, .held, key: "held", at: 5).id)
        let others: [(RunRequest.Start, String, String, JobID)] = [
          (.at(.at(50)), "k", "w", first.id), (.held, "k", "w", first.id), (.now, "k", "other", first.id),
          (.at(.at(51)), "later", "w", later.id),
        ]
        for (start, key, name, job) in others {
          guard
            case .conflict(.keyInUse(key, _, job)) = stage.refusal(of: {
              try Self.run(stage, start, key: key, name: name, at: 6)
            })
          else {
            Issue.record("\(start) \(key) \(name) was taken")
            continue
          }
        }
        #expect(try stage.jobs().count == 3 && stage.jobs(of: "other").isEmpty)
        // A key is kept for a week. After that it is new again.
        let week = 8 * 86_400
        for number in 0..<3 { _ = try Self.run(stage, .held, key: "new \(number)", at: week) }
        #expect(try Self.run(stage, key: "k", at: week + 1).id != first.id)
      }
    }

    @Test("A refused request does not use up its key", arguments: LedgerFactory.all)
    func unusedKey(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        #expect(
          stage.refusal { try Self.run(stage, key: "k", at: 1) } == .notFound(.workflow(try stage.name("w"))))
        try stage.apply(.sample(every: nil), at: 2)
        let made = try Self.run(stage, key: "k", at: 3).id
        #expect(try stage.jobs().map(\.id) == [made])
      }
    }

    @Test(
      "A terminated workflow whose jobs have ended can be deleted, and its name is free", arguments: LedgerFactory.all)
    func delete(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        func delete(at now: Int) throws -> Bool {
          let name = try stage.name("w")
          return try stage.ask { $0.delete(name, at: .at(now), answer: $1) }
        }
        let w = try stage.name("w")
        #expect(stage.refusal { try delete(at: 0) } == .notFound(.workflow(w)))
        try stage.apply(.sample(), at: 0)
        try stage.cycle(at: 10)
        let old = try stage.jobs().count
        #expect(stage.refusal { try delete(at: 11) } == .conflict(.active(w)))
        let manual = try Self.run(stage, .held, at: 11).id
        try stage.terminate(at: 12)
        #expect(stage.refusal { try delete(at: 13) } == .conflict(.hasLiveJob(w, manual)))
        try stage.cancel(manual, at: 14)
        #expect(try delete(at: 15))
        #expect(try !stage.exists("w"))
        #expect(stage.refusal { try delete(at: 16) } == .notFound(.workflow(w)))
        #expect(stage.refusal { try stage.run(at: 16) } == .notFound(.workflow(w)))
        // Its jobs stay, and a new workflow can have the name.
        #expect(try stage.jobs().count == old + 1)
        #expect(try stage.apply(.sample(every: 7), at: 20).effect == .created)
        #expect(try stage.workflow().generation == 1)
        try stage.cycle(at: 27)
      }
    }
  }
}
