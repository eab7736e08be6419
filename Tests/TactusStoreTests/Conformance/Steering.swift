import TactusModel
import TactusPorts
import Testing

extension LedgerConformance {
  @Suite("is controlled by people")
  struct Steering {
    @Test(
      "Terminate withdraws unclaimed jobs and leaves running ones, and a second call changes nothing",
      arguments: LedgerFactory.all)
    func terminate(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(overlap: .allow), at: 0)
        let running = try #require(try stage.begin(at: 10).first)
        let queued = try #require(try stage.release(at: 20).change.queued.first)
        let manual = try stage.run(at: 21).id
        let planned = try #require(try stage.planned())
        let change = try stage.terminate(at: 25)
        #expect(change.withdrawn == [queued.id])
        #expect(change.stop.isEmpty)
        #expect(change.nextDue == nil)
        for id in [queued.id, planned.id] { #expect(try stage.job(id).errorCode == .workflowTerminated) }
        #expect(try stage.job(running.id).status == .running)
        #expect(try stage.job(manual).status == .queued)
        #expect(try stage.workflow().terminatedAt == .at(25))

        #expect(try stage.terminate(at: 30) == PlanChange())
        #expect(try stage.workflow().terminatedAt == .at(25))
        #expect(try stage.events().count { $0 == "workflow.terminated" } == 1)
        #expect(try stage.end(running, at: 31).isRecorded)
      }
    }

    @Test("Terminate stops claimed and running jobs if asked to", arguments: LedgerFactory.all)
    func terminateRunning(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(overlap: .allow), at: 0)
        let running = try #require(try stage.begin(at: 10).first)
        let claimed = try #require(try stage.claim([stage.run(at: 11).id], at: 11).first)
        let change = try stage.terminate(cancelRunning: true, at: 12)
        #expect(change.stop == [running.id: .workflowTerminated, claimed.id: .workflowTerminated])
        #expect(try stage.specimen.stopReason(of: claimed.id) == .workflowTerminated)
        #expect(try stage.job(running.id).phase == .stopping)
        try stage.end(running, at: 13)
        try stage.end(claimed, at: 13)
        for id in [running.id, claimed.id] { #expect(try stage.job(id).status == .canceled) }
      }
    }

    @Test(
      "Resume plans the next instant and answers those in between, and a second call changes nothing",
      arguments: LedgerFactory.all)
    func resume(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(), at: 0)
        try stage.cycle(.failed(.exitNonzero, "exit code 1"), at: 10)
        try stage.terminate(at: 15)
        let change = try stage.resume(at: 55)
        #expect(change.nextDue == .at(60))
        #expect(change.queued.isEmpty)
        #expect(try stage.decisions() == [.sample(.terminated, 20, 50, 4)])
        #expect(try stage.workflow().resumedAt == .at(55))
        #expect(try stage.workflow().consecutiveFailures == 0)
        try stage.resume(at: 58)
        #expect(try stage.workflow().resumedAt == .at(55))
        #expect(try stage.jobs().count { $0.status == .pending } == 1)
      }
    }

    @Test("A missing workflow or job is not found", arguments: LedgerFactory.all)
    func notFound(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        let missing = Refusal.notFound(.workflow(try stage.name("none")))
        #expect(stage.refusal { try stage.terminate("none", at: 0) } == missing)
        #expect(stage.refusal { try stage.resume("none", at: 0) } == missing)
        #expect(stage.refusal { try stage.run("none", at: 0) } == missing)
        let id = JobID(high: 0x7000, low: 1)
        #expect(stage.refusal { try stage.cancel(id, at: 0) } == .notFound(.job(id)))
      }
    }

    @Test("A manual job for now is queued at once, and a later one waits for its time", arguments: LedgerFactory.all)
    func run(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(every: nil, overlap: .allow, priority: 7), at: 0)
        let now = try stage.run(scheduledAt: -30, at: 1)
        #expect(now.change.queued.map(\.id) == [now.id])
        #expect(now.change.queued.first?.priority == 7)
        #expect(try stage.job(now.id).nominalAt == .at(-30), "the instant that the caller named")
        #expect(try stage.job(now.id).trigger == .manual)
        #expect(try stage.job(now.id).generation == 1)

        let later = try stage.run(scheduledAt: 100, at: 1)
        #expect(later.change.queued.isEmpty)
        #expect(later.change.nextDue == .at(100))
        #expect(try stage.release(at: 99).change.queued.isEmpty)
        #expect(try stage.release(at: 100).change.queued.map(\.id) == [later.id])
      }
    }

    @Test("A manual job waits for a live one, is never coalesced, and then runs in order", arguments: LedgerFactory.all)
    func manualWaits(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(overlap: .queue), at: 0)
        let running = try #require(try stage.begin(at: 10).first)
        let first = try stage.run(at: 11).id
        let second = try stage.run(at: 12).id
        #expect(try stage.job(first).wait == .overlap)
        let ended = try stage.end(running, at: 13)
        let workflow = try #require(ended.waiting)
        #expect(try stage.release(at: 13, workflows: [workflow]).change.queued.map(\.id) == [first])
        #expect(try stage.job(second).wait == .overlap)
        let next = try #require(try stage.claim([first], at: 13).first)
        try stage.end(next, startedAt: 13, at: 14)
        #expect(try stage.release(at: 14, workflows: [workflow]).change.queued.map(\.id) == [second])
      }
    }

    @Test("A terminated workflow still runs on demand", arguments: LedgerFactory.all)
    func runTerminated(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(), at: 0)
        try stage.terminate(at: 1)
        let job = try stage.run(at: 2)
        #expect(job.change.queued.map(\.id) == [job.id])
        let claim = try #require(try stage.claim([job.id], at: 2).first)
        try stage.end(claim, startedAt: 2, at: 3)
        #expect(try stage.job(job.id).status == .completed)
        #expect(try stage.workflow().state == .terminated)
      }
    }
  }
}
