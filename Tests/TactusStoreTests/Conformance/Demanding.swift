import TactusModel
import TactusPorts
import Testing

extension LedgerConformance {
  @Suite("makes what is asked for")
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

    @Test("A held job waits for its time, gets it, and runs then", arguments: LedgerFactory.all)
    func held(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(every: nil), at: 0)
        let (id, change) = try Self.run(stage, .held, at: 1)
        #expect(change == PlanChange())
        let held = try stage.job(id)
        #expect(held.status == .pending && held.phase == .held && held.scheduledAt == nil && held.nominalAt == nil)
        // Neither time nor a restart nor a reload touches it.
        #expect(try stage.release(at: 1000).change.queued.isEmpty)
        #expect(try stage.recover(at: 1000).change.queued.isEmpty)
        try stage.realign(at: 1000)
        try stage.apply(.sample(every: nil, priority: 7), at: 1001)
        #expect(try stage.job(id).phase == .held && stage.job(id).priority == 7)
        #expect(try Self.schedule(stage, id, for: 1010, at: 1002).nextDue == .at(1010))
        #expect(try stage.job(id).phase == .scheduled && stage.job(id).nominalAt == .at(1010))
        // As long as it waits for its time it can be given another.
        #expect(try Self.schedule(stage, id, for: 1020, at: 1003).nextDue == .at(1020))
        #expect(try stage.release(at: 1019).change.queued.isEmpty)
        #expect(try stage.release(at: 1020).change.queued.map(\.id) == [id])
        #expect(
          try stage.events().filter { $0.hasPrefix("job.") } == [
            "job.pending", "job.scheduled", "job.scheduled", "job.queued",
          ])
      }
    }

    @Test("Only what waits for its time can be scheduled, and no planned job", arguments: LedgerFactory.all)
    func notScheduled(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(), at: 0)
        let planned = try #require(try stage.planned()).id
        let queued = try Self.run(stage, at: 1).id
        let waiting = try Self.run(stage, at: 2).id
        let canceled = try Self.run(stage, .held, at: 3).id
        try stage.cancel(canceled, at: 4)
        for (id, word) in [(planned, "use run"), (queued, "QUEUED"), (waiting, "PENDING"), (canceled, "CANCELED")] {
          let before = try stage.job(id)
          guard case .conflict(let reason) = stage.refusal(of: { try Self.schedule(stage, id, for: 50, at: 5) }) else {
            Issue.record("\(word): scheduled")
            continue
          }
          #expect(reason.contains(word), "\(reason)")
          #expect(try stage.job(id) == before)
        }
        let none = JobID(high: 1, low: 1)
        #expect(
          stage.refusal { try Self.schedule(stage, none, for: 50, at: 5) } == .notFound(entity: "job", id: "\(none)"))
      }
    }

    @Test("The same request with the same key is one job; another request is refused", arguments: LedgerFactory.all)
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
        let others: [(RunRequest.Start, String, String)] = [
          (.at(.at(50)), "k", "w"), (.held, "k", "w"), (.now, "k", "other"), (.at(.at(51)), "later", "w"),
        ]
        for (start, key, name) in others {
          guard
            case .conflict(let reason) = stage.refusal(of: { try Self.run(stage, start, key: key, name: name, at: 6) })
          else {
            Issue.record("\(start) \(key) \(name) was taken")
            continue
          }
          #expect(reason.contains("'\(key)'") && reason.contains("another key"), "\(reason)")
        }
        #expect(try stage.jobs().count == 3 && stage.jobs(of: "other").isEmpty)
        // A key is good for a week, and then it is a new one.
        let week = 8 * 86_400
        for number in 0..<3 { _ = try Self.run(stage, .held, key: "new \(number)", at: week) }
        #expect(try Self.run(stage, key: "k", at: week + 1).id != first.id)
      }
    }

    @Test("A refused request leaves its key unused", arguments: LedgerFactory.all)
    func unusedKey(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        #expect(
          stage.refusal { try Self.run(stage, key: "k", at: 1) } == .notFound(entity: "workflow", id: "w"))
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
        #expect(stage.refusal { try delete(at: 0) } == .notFound(entity: "workflow", id: "w"))
        try stage.apply(.sample(), at: 0)
        try stage.cycle(at: 10)
        let old = try stage.jobs().count
        #expect(stage.refusal { try delete(at: 11) } == .conflict(reason: "w is ACTIVE: terminate it first"))
        let manual = try Self.run(stage, .held, at: 11).id
        try stage.terminate(at: 12)
        guard case .conflict(let reason) = stage.refusal(of: { try delete(at: 13) }) else {
          Issue.record("deleted with an open job")
          return
        }
        #expect(reason.contains("\(manual)"))
        try stage.cancel(manual, at: 14)
        #expect(try delete(at: 15))
        #expect(try !stage.exists("w"))
        #expect(stage.refusal { try delete(at: 16) } == .notFound(entity: "workflow", id: "w"))
        #expect(stage.refusal { try stage.run(at: 16) } == .notFound(entity: "workflow", id: "w"))
        // Its jobs stay, and the name begins anew.
        #expect(try stage.jobs().count == old + 1)
        #expect(try stage.apply(.sample(every: 7), at: 20).effect == .created)
        #expect(try stage.workflow().generation == 1)
        try stage.cycle(at: 27)
      }
    }
  }
}
