import TactusModel
import TactusPorts
import Testing

extension LedgerConformance {
  @Suite("notes exits before the end is recorded")
  struct Exiting {
    private func running(_ stage: Stage) throws -> ClaimedJob {
      try stage.apply(.sample(), at: 0)
      let claim = try #require(try stage.claim(stage.release(at: 10).change.queued.map(\.id), at: 11).first)
      _ = try stage.start(claim, at: 12)
      return claim
    }

    private func exit(_ claim: ClaimedJob, on stage: Stage, fence: Int64? = nil) throws -> Bool {
      try stage.ask { $0.recordExit(claim.id, fence: fence ?? claim.fence, answer: $1) }
    }

    @Test("After an exit every stop reason is refused", arguments: LedgerFactory.all)
    func late(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        let claim = try running(stage)
        #expect(try !exit(claim, on: stage, fence: claim.fence + 1))
        #expect(try exit(claim, on: stage))
        #expect(stage.refusal { try stage.cancel(claim.id, at: 13) } == .conflict(.exited(claim.id)))
        #expect(
          try !stage.ask {
            $0.recordStop(claim.id, fence: claim.fence, reason: .interrupted, at: .at(13), answer: $1)
          })
        #expect(try stage.terminate(cancelRunning: true, at: 14).stop.isEmpty)
        #expect(try stage.specimen.stopReason(of: claim.id) == nil)
        _ = try stage.end(claim, at: 15)
        #expect(try stage.job(claim.id).status == .completed)
      }
    }

    @Test("A stop reason recorded before the exit decides", arguments: LedgerFactory.all)
    func early(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        let claim = try running(stage)
        _ = try stage.cancel(claim.id, at: 13)
        #expect(try !exit(claim, on: stage))
        _ = try stage.end(claim, at: 15)
        #expect(try stage.job(claim.id).errorCode == .canceledByUser)
      }
    }

    @Test("Measured spans are kept, whatever the instants", arguments: LedgerFactory.all)
    func spans(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(), at: 0)
        let claim = try #require(try stage.claim(stage.release(at: 10).change.queued.map(\.id), at: 11).first)
        var facts = StartFacts(at: .at(-7190), processID: 42, processStart: 4200)
        facts.delay = .seconds(3)
        facts.monotonic = MonotonicInstant(microseconds: 77)
        #expect(try stage.ask { $0.recordStart(claim.id, fence: claim.fence, facts: facts, answer: $1) })
        #expect(try stage.ask { $0.remnants(answer: $1) }.first?.facts?.monotonic?.microseconds == 77)
        var report = Report()
        report.duration = .seconds(4)
        report.endedAt = .at(-9000)
        let ended: Ended = try stage.ask {
          $0.recordEnd(
            claim.id, fence: claim.fence, facts: nil, ending: .succeeded, stop: nil, report: report, at: .at(-9000),
            answer: $1)
        }
        #expect(ended.change.ended.first?.duration == .seconds(4))
        let job = try stage.job(claim.id)
        #expect(job.duration == .seconds(4) && job.startDelay == .seconds(3))
      }
    }

    @Test(
      "Without a measurement a span is the difference of the instants, but never negative", arguments: LedgerFactory.all
    )
    func clamped(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        let claim = try running(stage)
        var report = Report()
        report.endedAt = .at(-7000)
        let _: Ended = try stage.ask {
          $0.recordEnd(
            claim.id, fence: claim.fence, facts: nil, ending: .succeeded, stop: nil, report: report, at: .at(-7000),
            answer: $1)
        }
        #expect(try stage.job(claim.id).duration == .zero)
        #expect(try stage.job(claim.id).startDelay == .seconds(2))
      }
    }

    @Test(
      "Jobs are numbered in the order in which they started and ended, even if the clock steps back",
      arguments: LedgerFactory.all)
    func order(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(every: nil, overlap: .allow), at: 0)
        let ids = try [7200, 1].map { try stage.run(at: $0).id }
        let claims = try stage.claim(ids, at: 2)
        _ = try stage.start(#require(claims.first { $0.id == ids[0] }), at: 7200)
        _ = try stage.start(#require(claims.first { $0.id == ids[1] }), at: 3)
        let starts = try ids.map { try #require(try stage.job($0).startedEvent) }
        #expect(starts[0] < starts[1])
        _ = try stage.end(#require(claims.first { $0.id == ids[1] }), at: 7300)
        _ = try stage.end(#require(claims.first { $0.id == ids[0] }), at: 4)
        let ends = try ids.map { try #require(try stage.job($0).endedEvent) }
        #expect(ends[1] < ends[0] && starts[1] < ends[1])
      }
    }
  }
}
