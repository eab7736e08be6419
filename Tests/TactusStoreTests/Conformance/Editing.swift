import TactusModel
import TactusPorts
import Testing

extension LedgerConformance {
  @Suite("accepts edits")
  struct Editing {
    @Test("A job that waits for room is examined when an edit moves it to another queue", arguments: LedgerFactory.all)
    func backlogMoves(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(every: nil, overlap: .allow), at: 0)
        // The queue of commands has room for three.
        let jobs = try (1...4).map { try stage.run(at: $0).id }
        #expect(try stage.job(jobs[3]).wait == .known(.backlog))
        let edited = try stage.apply(.sample(every: nil, overlap: .allow, kind: .heartbeat), at: 5)
        let heartbeats = QueueName(builtIn: .heartbeat)
        #expect(edited.change.backlogged == [heartbeats] && edited.change.freedQueues == [heartbeats])
        let released = try stage.release(at: 5, queues: edited.change.freedQueues)
        #expect(released.change.queued.map(\.id) == [jobs[3]])
      }
    }

    @Test("A changed interval counts from the previous nominal instant", arguments: LedgerFactory.all)
    func interval(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(every: 10), at: 0)
        let planned = try #require(try stage.planned())
        let edited = try stage.apply(.sample(every: 7), at: 3)
        #expect(edited.effect == .changed)
        #expect(edited.generation == 2)
        #expect(edited.previous == Definition.sample(every: 10).canonical)
        #expect(edited.nextAt == .at(7))
        #expect(edited.change.nextDue == .at(7))
        #expect(try stage.planned()?.id == planned.id, "the planned job is moved, not created again")
        #expect(try stage.planned()?.nominalAt == .at(7))
        #expect(try stage.decisions().isEmpty, "the instants before the edit had not come yet")
      }
    }

    @Test("Instants that had passed without a job are answered as edited", arguments: LedgerFactory.all)
    func lateEdit(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(every: 10), at: 0)
        let edited = try stage.apply(.sample(every: 7), at: 35)
        #expect(edited.nextAt == .at(42))
        #expect(edited.change.queued.isEmpty)
        #expect(try stage.decisions() == [.sample(.edited, 10, 30, 3)])
        #expect(try stage.release(at: 35).change.queued.isEmpty)
        try stage.cycle(at: 42)
        #expect(try stage.jobs().first?.generation == 2)
      }
    }

    @Test(
      "Without its schedule a workflow plans nothing; a new schedule starts a new grid", arguments: LedgerFactory.all)
    func scheduleRemoved(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(every: 10), at: 0)
        let planned = try #require(try stage.planned())
        let removed = try stage.apply(.sample(every: nil), at: 35)
        #expect(removed.nextAt == nil)
        #expect(removed.change.nextDue == nil)
        #expect(try stage.planned() == nil)
        #expect(try stage.job(planned.id).status == .canceled)
        #expect(try stage.decisions() == [.sample(.edited, 10, 30, 3)])

        let added = try stage.apply(.sample(every: 5), at: 41)
        #expect(added.nextAt == .at(46))
        #expect(try stage.planned()?.nominalAt == .at(46))
        try stage.cycle(at: 46)
        #expect(try stage.planned()?.nominalAt == .at(51))
      }
    }

    @Test("An edit of a terminated workflow leaves it and its old instants terminated", arguments: LedgerFactory.all)
    func terminated(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(every: 10), at: 0)
        try stage.terminate(at: 15)
        let edited = try stage.apply(.sample(every: 7), at: 35)
        #expect(edited.effect == .changed)
        #expect(edited.nextAt == nil)
        #expect(try stage.workflow().state == .terminated)
        #expect(try stage.planned() == nil)
        #expect(try stage.decisions() == [.sample(.terminated, 10, 30, 3)])
        let resumed = try stage.resume(at: 50)
        #expect(resumed.nextDue == .at(56))
        #expect(try stage.decisions() == [.sample(.terminated, 10, 30, 3), .sample(.terminated, 42, 49, 2)])
      }
    }

    @Test("A terminated workflow may lose its schedule and get it back", arguments: LedgerFactory.all)
    func terminatedWithoutSchedule(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(every: 10), at: 0)
        try stage.terminate(at: 5)
        try stage.apply(.sample(every: nil), at: 25)
        #expect(try stage.decisions() == [.sample(.terminated, 10, 20, 2)])
        try stage.apply(.sample(every: 4), at: 30)
        try stage.resume(at: 43)
        #expect(try stage.planned()?.nominalAt == .at(46))
        #expect(try stage.decisions() == [.sample(.terminated, 10, 20, 2), .sample(.terminated, 34, 42, 3)])
      }
    }

    @Test(
      "An edit of policies leaves the plan unchanged, and applies to unreleased jobs", arguments: LedgerFactory.all)
    func policies(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(), at: 0)
        let manual = try stage.run(scheduledAt: 500, at: 1).id
        let planned = try #require(try stage.planned())
        let edited = try stage.apply(.sample(priority: 5), at: 35)
        #expect(edited.effect == .changed)
        #expect(edited.nextAt == .at(10))
        #expect(try stage.decisions().isEmpty)
        #expect(try stage.planned()?.id == planned.id)
        #expect(try stage.planned()?.priority == 5)
        #expect(try stage.job(manual).priority == 5)
        let released = try stage.release(at: 35).change.queued
        #expect(released.map(\.id) == [planned.id])
        #expect(try stage.job(planned.id).generation == 2)
        #expect(try stage.decisions() == [.sample(.coalesced, 10, 20, 2)])
      }
    }

    @Test("An edit may change the kind, and the planned job follows", arguments: LedgerFactory.all)
    func kind(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(kind: .command), at: 0)
        try stage.apply(.sample(kind: .heartbeat), at: 5)
        #expect(try stage.planned()?.kind == .heartbeat)
        #expect(try stage.planned()?.queue == QueueName(builtIn: .heartbeat))
        #expect(try stage.release(at: 10).change.queued.first?.kind == .heartbeat)
      }
    }

    @Test(
      "An edit of the schedule never starts a job, at whatever time and with whatever schedule",
      arguments: LedgerFactory.all
    )
    func neverStarts(_ factory: LedgerFactory) throws {
      for now in [0, 1, 9, 10, 11, 35, 40] {
        for startAt in [nil, -3, now, now + 1] as [Int?] {
          try factory.play { stage in
            try stage.apply(.sample(every: 10), at: 0)
            let edited = try stage.apply(.sample(every: 7, startAt: startAt), at: now)
            #expect(edited.change.queued.isEmpty)
            let next = try #require(edited.nextAt)
            #expect(next > .at(now))
            #expect(try stage.release(at: now).change.queued.isEmpty, "at \(now), StartAt \(startAt ?? -1)")
            #expect(try stage.planned()?.nominalAt == next)
          }
        }
      }
    }

    @Test("An edit of the schedule answers the instants that a waiting row covered", arguments: LedgerFactory.all)
    func waitingRow(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(every: 10, overlap: .queue), at: 0)
        let running = try #require(try stage.begin(at: 10).first)
        try stage.release(at: 20)
        #expect(try stage.planned()?.wait == .overlap)
        let edited = try stage.apply(.sample(every: 7, overlap: .queue), at: 31)
        #expect(try stage.decisions() == [.sample(.edited, 20, 30, 2)])
        #expect(edited.nextAt == .at(38))
        #expect(try stage.planned()?.phase == .scheduled)
        #expect(try stage.end(running, at: 32).waiting == nil)
      }
    }
  }
}
