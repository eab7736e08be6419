import TactusModel
import TactusPorts
import Testing

extension LedgerConformance {
  @Suite("counts failures")
  struct Failing {
    private let failure = Ending.failed(.exitNonzero, "exit code 1")

    @Test(
      "Consecutive failures are counted, a success resets the count, and both changes are reported",
      arguments: LedgerFactory.all)
    func counting(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(failures: 3), at: 0)
        var counts: [Int] = []
        for (index, ending) in [failure, failure, .succeeded, failure, .succeeded].enumerated() {
          try stage.cycle(ending, at: 10 * (index + 1))
          counts.append(try stage.workflow().consecutiveFailures)
        }
        #expect(counts == [1, 2, 0, 1, 0])
        #expect(
          try stage.events().filter { $0.hasPrefix("workflow.") } == [
            "workflow.created", "workflow.failing", "workflow.recovered", "workflow.failing", "workflow.recovered",
          ])
        #expect(try stage.workflow().state == .active)
      }
    }

    @Test(
      "At the limit the workflow is terminated, and its planned and queued jobs are withdrawn",
      arguments: LedgerFactory.all)
    func exhausted(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(overlap: .allow, failures: 2), at: 0)
        try stage.cycle(failure, at: 10)
        let running = try #require(try stage.begin(at: 20).first)
        let queued = try #require(try stage.release(at: 30).change.queued.first)
        let ended = try stage.end(running, failure, at: 31)
        #expect(ended.change.ended.first?.consequence == .exhausted)
        #expect(ended.change.withdrawn == [queued.id])
        #expect(ended.change.nextDue == nil)
        let workflow = try stage.workflow()
        #expect(workflow.state == .terminated && workflow.terminatedReason == .consecutiveFailures)
        #expect(workflow.consecutiveFailures == 2)
        #expect(try stage.planned() == nil)
        #expect(try stage.job(queued.id).errorCode == .workflowTerminated)
        try stage.resume(at: 45)
        #expect(try stage.workflow().consecutiveFailures == 0)
        #expect(try stage.decisions() == [.sample(.terminated, 40, 40, 1)])
      }
    }

    @Test("A first failure that reaches the limit is reported as both", arguments: LedgerFactory.all)
    func limitOfOne(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(failures: 1), at: 0)
        try stage.cycle(failure, at: 10)
        #expect(
          try stage.events().filter { $0.hasPrefix("workflow.") }
            == ["workflow.created", "workflow.failing", "workflow.terminated"])
      }
    }

    @Test(
      "A terminated workflow is not terminated again, and its manual jobs still count", arguments: LedgerFactory.all)
    func beyond(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(failures: 1), at: 0)
        try stage.cycle(failure, at: 10)
        let claim = try #require(try stage.claim([stage.run(at: 11).id], at: 11).first)
        try stage.start(claim, at: 11)
        #expect(try stage.end(claim, failure, at: 12).change.ended.map(\.consequence) == [.none])
        #expect(try stage.workflow().consecutiveFailures == 2)
        #expect(try stage.events().count { $0 == "workflow.terminated" } == 1)
      }
    }

    @Test("Without a limit failures count forever", arguments: LedgerFactory.all)
    func noLimit(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(failures: nil), at: 0)
        for index in 1...20 { try stage.cycle(failure, at: 10 * index) }
        #expect(try stage.workflow().consecutiveFailures == 20)
        #expect(try stage.workflow().state == .active)
      }
    }

    @Test("Every error code counts according to its class", arguments: LedgerFactory.all, ErrorCode.allCases)
    func classes(_ factory: LedgerFactory, _ code: ErrorCode) throws {
      try factory.play { stage in
        try stage.apply(.sample(), at: 0)
        try stage.cycle(.failed(code, "why"), at: 10)
        let job = try #require(try stage.jobs().first)
        #expect(job.status == code.status && job.errorCode == code)
        #expect(try stage.workflow().consecutiveFailures == (code.class == .job ? 1 : 0))
      }
    }

    @Test("A time-out counts as a failure, a cancel does not", arguments: LedgerFactory.all)
    func stops(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(), at: 0)
        for (index, reason) in [StopReason.timeout, .canceled, .interrupted, .orphaned].enumerated() {
          let claim = try #require(try stage.begin(at: 10 * (index + 1)).first)
          _ = try stage.stop(claim, reason, at: 10 * (index + 1) + 1)
          try stage.end(claim, failure, at: 10 * (index + 1) + 2)
        }
        #expect(try stage.workflow().consecutiveFailures == 1)
      }
    }

    @Test(
      "After a resume, jobs that started before it do not count, and later ones do", arguments: LedgerFactory.all)
    func resumed(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(overlap: .allow, failures: 2), at: 0)
        let before = try #require(try stage.begin(at: 10).first)
        try stage.terminate(at: 11)
        let unstarted = try #require(try stage.claim([stage.run(at: 12).id], at: 12).first)
        let repaired = try #require(try stage.claim([stage.run(at: 12).id], at: 12).first)
        try stage.resume(at: 15)
        try stage.end(before, failure, at: 16)
        try stage.end(unstarted, .failed(.validationError, "no such file"), at: 16)
        #expect(try stage.workflow().consecutiveFailures == 0)
        try stage.end(repaired, failure, startedAt: 15, at: 17)
        #expect(try stage.workflow().consecutiveFailures == 1, "it was started at the instant of the resume")
        try stage.cycle(failure, at: 20)
        #expect(try stage.workflow().terminatedReason == .consecutiveFailures)
      }
    }
  }
}
