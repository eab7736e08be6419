import TactusModel
import TactusPorts
import Testing

extension LedgerConformance {
  @Suite("cancels")
  struct Canceling {
    @Test("Canceling a planned job skips its instant and plans the next", arguments: LedgerFactory.all)
    func planned(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(), at: 0)
        let planned = try #require(try stage.planned())
        let change = try stage.cancel(planned.id, at: 3)
        #expect(change.nextDue == .at(20))
        #expect(try stage.job(planned.id).errorCode == .canceledByUser)
        #expect(try stage.decisions() == [.sample(.skippedByUser, 10, 10, 1)])
        #expect(try stage.planned()?.nominalAt == .at(20))
        try stage.cycle(at: 20)
      }
    }

    @Test("A planned job that waits is skipped like any other", arguments: LedgerFactory.all)
    func due(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(overlap: .queue), at: 0)
        let running = try #require(try stage.begin(at: 10).first)
        try stage.release(at: 20)
        let waiting = try #require(try stage.planned())
        #expect(waiting.phase == .due)
        #expect(try stage.cancel(waiting.id, at: 25).nextDue == .at(30))
        #expect(try stage.decisions() == [.sample(.skippedByUser, 20, 20, 1)])
        try stage.end(running, at: 26)
      }
    }

    @Test("A manual job that waits for its time is canceled, and answers no instant", arguments: LedgerFactory.all)
    func manual(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(), at: 0)
        let manual = try stage.run(scheduledAt: 10, at: 1).id
        #expect(try stage.cancel(manual, at: 2).withdrawn.isEmpty)
        #expect(try stage.job(manual).status == .canceled)
        #expect(try stage.decisions().isEmpty)
        #expect(try stage.planned()?.nominalAt == .at(10))
      }
    }

    @Test("A queued job is withdrawn", arguments: LedgerFactory.all)
    func queued(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(), at: 0)
        let queued = try #require(try stage.release(at: 10).change.queued.first)
        #expect(try stage.cancel(queued.id, at: 11).withdrawn == [queued.id])
        #expect(try stage.job(queued.id).status == .canceled)
        #expect(try stage.claim([queued.id], at: 12).isEmpty)
        #expect(try stage.decisions().isEmpty, "the released job is the answer")
      }
    }

    @Test("A claimed job keeps its status until it is confirmed gone", arguments: LedgerFactory.all)
    func claimed(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(), at: 0)
        let claim = try #require(try stage.claim(stage.release(at: 10).change.queued.map(\.id), at: 10).first)
        #expect(try stage.cancel(claim.id, at: 11).stop == [claim.id: .canceled])
        #expect(try stage.job(claim.id).phase == .dispatching)
        #expect(try stage.start(claim, at: 12), "it started before the stop reached its runner")
        #expect(try stage.job(claim.id).phase == .stopping)
        try stage.end(claim, at: 13)
        #expect(try stage.job(claim.id).errorCode == .canceledByUser)
      }
    }

    @Test("A running job is stopped, and a second cancel returns the first reason", arguments: LedgerFactory.all)
    func running(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(), at: 0)
        let claim = try #require(try stage.begin(at: 10).first)
        #expect(try stage.stop(claim, .timeout, at: 11))
        #expect(try stage.cancel(claim.id, at: 12).stop == [claim.id: .timeout])
        #expect(try stage.job(claim.id).phase == .stopping)
        try stage.end(claim, at: 13)
        #expect(try stage.job(claim.id).errorCode == .providerTimeout)
      }
    }

    @Test("A job that has ended cannot be canceled", arguments: LedgerFactory.all)
    func terminal(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(failures: nil), at: 0)
        try stage.cycle(.succeeded, at: 10)
        try stage.cycle(.failed(.exitNonzero, "exit code 1"), at: 20)
        try stage.cancel(#require(try stage.planned()).id, at: 25)
        let ended = try stage.jobs().filter(\.status.isTerminal)
        #expect(Set(ended.map(\.status.known)) == [.completed, .failed, .canceled])
        for job in ended {
          guard case .conflict = stage.refusal(of: { try stage.cancel(job.id, at: 26) }) else {
            Issue.record("\(job.status) was canceled")
            continue
          }
          #expect(try stage.job(job.id) == job)
        }
      }
    }
  }
}
