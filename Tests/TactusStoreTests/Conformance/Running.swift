import TactusModel
import TactusPorts
import Testing

extension LedgerConformance {
  @Suite("follows attempts")
  struct Running {
    /// Creates the workflow of most tests, with one claimed job.
    private func claimed(_ stage: Stage) throws -> ClaimedJob {
      try stage.apply(.sample(), at: 0)
      return try #require(try stage.claim(stage.release(at: 10).change.queued.map(\.id), at: 11).first)
    }

    @Test("A job is claimed once, and the claim has everything that its start needs", arguments: LedgerFactory.all)
    func claimTwice(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        let claim = try claimed(stage)
        #expect(claim.fence == 1)
        #expect(claim.workflow?.text == "w")
        #expect(claim.text == Definition.sample().text)
        #expect(claim.definition.generation == 1)
        #expect(claim.trigger == .automatic)
        #expect(claim.attempt == 1)
        #expect(claim.nominalAt == .at(10))
        #expect(claim.scheduledAt == .at(10))
        #expect(try stage.claim([claim.id], at: 12).isEmpty, "a second claim gets no job")
        #expect(try stage.job(claim.id).phase == .dispatching)
        #expect(try stage.claim([JobID(high: 0x7000, low: 1)], at: 12).isEmpty, "a claim of a missing job gets no job")
      }
    }

    @Test("A claim of many jobs returns those that can be claimed, in order", arguments: LedgerFactory.all)
    func claimMany(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(every: nil, overlap: .allow), at: 0)
        let ids = try (1...3).map { try stage.run(at: $0).id }
        try stage.cancel(ids[1], at: 4)
        #expect(try stage.claim(ids.reversed(), at: 5).map(\.id) == [ids[2], ids[0]])
      }
    }

    @Test("Each step from claim to end is recorded with its instant", arguments: LedgerFactory.all)
    func life(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        let claim = try claimed(stage)
        #expect(try stage.start(claim, at: 12))
        let running = try stage.job(claim.id)
        #expect(running.status == .running && running.phase == .running)
        #expect(running.startedAt == .at(12))
        #expect(running.processID == 42)
        #expect(running.startDelay == .seconds(2))
        let ended = try stage.end(claim, at: 15)
        #expect(ended.isRecorded)
        #expect(ended.change.nextDue == .at(20))
        let job = try stage.job(claim.id)
        #expect(job.status == .completed && job.phase == nil && job.errorCode == nil)
        #expect(job.completedAt == .at(15))
        #expect(
          try stage.events() == [
            "workflow.created", "job.pending", "job.queued", "job.pending", "job.running", "job.completed",
          ])
      }
    }

    @Test("A job that waits for a provider is unclaimed until it is claimed again", arguments: LedgerFactory.all)
    func park(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        let claim = try claimed(stage)
        #expect(try !stage.ask { $0.park(claim.id, fence: claim.fence + 1, answer: $1) })
        #expect(try stage.ask { $0.park(claim.id, fence: claim.fence, answer: $1) })
        #expect(try stage.job(claim.id).phase == .waitingForProvider)
        #expect(try !stage.ask { $0.park(claim.id, fence: claim.fence, answer: $1) }, "once")
        #expect(try stage.ask { $0.remnants(answer: $1) }.isEmpty, "no job was started")
        #expect(try stage.ask { $0.recover(at: .at(12), answer: $1) }.change.queued.map(\.id) == [claim.id])
        let back = try stage.ask { $0.requeue(claim.id, fence: claim.fence, answer: $1) }
        #expect(back?.id == claim.id)
        #expect(try stage.job(claim.id).phase == .queued)
        let second = try #require(try stage.claim([claim.id], at: 13).first)
        #expect(second.fence == 2)
        #expect(try stage.ask { $0.park(claim.id, fence: 2, answer: $1) })
        // A restart of the daemon puts it into the queue unchanged.
        #expect(try stage.claim([claim.id], at: 14).map(\.fence) == [3])
        _ = try stage.ask { $0.park(claim.id, fence: 3, answer: $1) }
        #expect(try stage.cancel(claim.id, at: 15).withdrawn == [claim.id])
        #expect(try stage.job(claim.id).errorCode == .canceledByUser)
        #expect(try stage.ask { $0.requeue(claim.id, fence: 3, answer: $1) } == nil)
      }
    }

    @Test("A job that is to be stopped does not wait for a provider", arguments: LedgerFactory.all)
    func parkStopped(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        let claim = try claimed(stage)
        _ = try stage.cancel(claim.id, at: 12)
        #expect(try !stage.ask { $0.park(claim.id, fence: claim.fence, answer: $1) })
        #expect(try stage.job(claim.id).phase == .dispatching)
      }
    }

    @Test(
      "A silent provider makes a claimed or running job unverified, and its answer restores the phase",
      arguments: LedgerFactory.all)
    func silence(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        let claim = try claimed(stage)
        func silence(_ isSilent: Bool, fence: Int64 = 1) throws -> Bool {
          try stage.ask { $0.recordSilence(claim.id, fence: fence, isSilent: isSilent, answer: $1) }
        }
        #expect(try !silence(true, fence: 2))
        #expect(try silence(true))
        #expect(try stage.job(claim.id).phase == .unverified)
        #expect(try stage.ask { $0.remnants(answer: $1) }.map(\.id) == [claim.id], "it holds its slot")
        #expect(try silence(false))
        #expect(try stage.job(claim.id).phase == .dispatching)
        #expect(try !silence(false), "once")
        #expect(try stage.start(claim, at: 12))
        #expect(try silence(true))
        let job = try stage.job(claim.id)
        #expect(job.status == .running && job.phase == .unverified)
        #expect(try stage.cancel(claim.id, at: 13).stop == [claim.id: .canceled])
        #expect(try stage.job(claim.id).phase == .unverified)
        #expect(try silence(false))
        #expect(try stage.job(claim.id).phase == .stopping)
      }
    }

    @Test(
      "The end of an unverified start is recorded, even if the answer of its provider was not",
      arguments: LedgerFactory.all)
    func silentStart(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        try stage.apply(.sample(every: nil), at: 0)
        let claim = try #require(try stage.claim([stage.run(at: 1).id], at: 1).first)
        _ = try stage.ask { $0.recordSilence(claim.id, fence: claim.fence, isSilent: true, answer: $1) }
        #expect(try stage.job(claim.id).phase == .unverified)
        #expect(try stage.end(claim, startedAt: 2, at: 3).isRecorded)
        let job = try stage.job(claim.id)
        #expect(job.status == .completed && job.startedAt == .at(2))
      }
    }

    @Test(
      "Only an unverified job can be abandoned, and it is LOST whatever its stop reason", arguments: LedgerFactory.all)
    func abandon(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        let claim = try claimed(stage)
        func abandon(_ id: JobID) throws -> Ended { try stage.ask { $0.abandon(id, at: .at(14), answer: $1) } }
        guard case .conflict? = stage.refusal(of: { try abandon(claim.id) }) else {
          Issue.record("a claimed job was abandoned")
          return
        }
        _ = try stage.start(claim, at: 12)
        _ = try stage.ask { $0.recordSilence(claim.id, fence: claim.fence, isSilent: true, answer: $1) }
        _ = try stage.cancel(claim.id, at: 13)
        let ended = try abandon(claim.id)
        #expect(ended.change.withdrawn == [claim.id] && ended.isRecorded)
        let job = try stage.job(claim.id)
        #expect(job.status == .failed && job.errorCode == .lost && job.completedAt == .at(14))
        guard case .conflict? = stage.refusal(of: { try abandon(claim.id) }) else {
          Issue.record("a job was abandoned twice")
          return
        }
        guard case .notFound? = stage.refusal(of: { try abandon(JobID(high: 0x7000, low: 1)) }) else {
          Issue.record("a missing job was abandoned")
          return
        }
      }
    }

    @Test("A record with another fence is refused", arguments: LedgerFactory.all, [Int64(0), 2, -1])
    func fences(_ factory: LedgerFactory, _ fence: Int64) throws {
      try factory.play { stage in
        let claim = try claimed(stage)
        #expect(try !stage.start(claim, fence: fence, at: 12))
        #expect(try !stage.stop(claim, fence: fence, .canceled, at: 12))
        #expect(try !stage.end(claim, fence: fence, at: 12).isRecorded)
        #expect(try stage.job(claim.id).phase == .dispatching)
        #expect(try stage.specimen.stopReason(of: claim.id) == nil)
      }
    }

    @Test("A record after the end changes nothing", arguments: LedgerFactory.all)
    func late(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        let claim = try claimed(stage)
        try stage.start(claim, at: 12)
        try stage.end(claim, at: 13)
        let job = try stage.job(claim.id)
        #expect(try !stage.start(claim, at: 14))
        #expect(try !stage.stop(claim, .timeout, at: 14))
        #expect(try !stage.end(claim, .failed(.exitNonzero, "late"), at: 14).isRecorded)
        #expect(try stage.job(claim.id) == job)
        #expect(try stage.workflow().consecutiveFailures == 0)
      }
    }

    @Test("A start is recorded once", arguments: LedgerFactory.all)
    func startTwice(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        let claim = try claimed(stage)
        #expect(try stage.start(claim, at: 12))
        #expect(try !stage.start(claim, at: 13))
        #expect(try stage.job(claim.id).startedAt == .at(12))
      }
    }

    @Test("Recording an end adds a start that could not be recorded earlier", arguments: LedgerFactory.all)
    func repairedStart(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        let claim = try claimed(stage)
        #expect(try stage.end(claim, .succeeded, startedAt: 12, at: 15).isRecorded)
        let job = try stage.job(claim.id)
        #expect(job.status == .completed)
        #expect(job.startedAt == .at(12))
        #expect(try stage.events().suffix(2) == ["job.running", "job.completed"])
      }
    }

    @Test("An attempt that could not be started ends without a start", arguments: LedgerFactory.all)
    func neverStarted(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        let claim = try claimed(stage)
        try stage.end(claim, .failed(.validationError, "no such file"), at: 12)
        let job = try stage.job(claim.id)
        #expect(job.status == .failed && job.errorCode == .validationError && job.startedAt == nil)
        #expect(job.errorMessage == "no such file")
      }
    }

    @Test(
      "The first durable stop reason decides, whatever the ending", arguments: LedgerFactory.all, StopReason.allCases
    )
    func stopReason(_ factory: LedgerFactory, _ reason: StopReason) throws {
      try factory.play { stage in
        let claim = try claimed(stage)
        try stage.start(claim, at: 12)
        #expect(try stage.stop(claim, reason, at: 13))
        let second: StopReason = reason == .timeout ? .canceled : .timeout
        #expect(try !stage.stop(claim, second, at: 14), "the first reason stays")
        #expect(try stage.remnants().first?.stopReason == reason)
        try stage.end(claim, .failed(.exitNonzero, "exit code 143"), stop: second, at: 15)
        let job = try stage.job(claim.id)
        #expect(job.errorCode == reason.errorCode)
        #expect(job.status == reason.errorCode.status)
        #expect(job.errorMessage == reason.sentence)
      }
    }

    @Test("A stop reason that could not be made durable decides when the end is recorded", arguments: LedgerFactory.all)
    func workerReason(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        let claim = try claimed(stage)
        try stage.start(claim, at: 12)
        try stage.end(claim, .succeeded, stop: .timeout, at: 15)
        #expect(try stage.job(claim.id).errorCode == .providerTimeout)
      }
    }

    @Test(
      "An obstacle to the end of a job is recorded, and cleared by its end",
      arguments: LedgerFactory.all)
    func obstacle(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        let claim = try claimed(stage)
        #expect(
          try stage.ask { $0.recordObstacle(claim.id, fence: claim.fence, obstacle: "waits for a path", answer: $1) })
        #expect(try stage.job(claim.id).errorMessage == "waits for a path")
        try stage.start(claim, at: 12)
        #expect(
          try !stage.ask { $0.recordObstacle(claim.id, fence: claim.fence + 1, obstacle: "not its own", answer: $1) })
        #expect(
          try stage.ask { $0.recordObstacle(claim.id, fence: claim.fence, obstacle: "cannot be killed", answer: $1) })
        let running = try stage.job(claim.id)
        #expect(running.status == .running && running.errorMessage == "cannot be killed")
        try stage.end(claim, .succeeded, stop: nil, at: 15)
        #expect(try stage.job(claim.id).errorMessage == nil)
      }
    }

    @Test("Measurements are stored", arguments: LedgerFactory.all)
    func report(_ factory: LedgerFactory) throws {
      try factory.play { stage in
        let claim = try claimed(stage)
        try stage.start(claim, at: 12)
        var report = Report()
        report.endedAt = .at(14)
        report.exitCode = 3
        report.signal = 9
        report.httpStatus = 503
        report.timings = HTTPTimings(
          nameLookup: .milliseconds(1), connect: .milliseconds(2), tls: .milliseconds(3), firstByte: .milliseconds(4),
          total: .milliseconds(5), certificateExpiresAt: .at(86_400))
        report.cpuTime = .microseconds(123_456)
        report.peakMemoryBytes = 1 << 40
        report.logBytes = 7
        report.logDroppedBytes = 8
        report.endedProcesses = 9
        let measured = report
        _ = try stage.ask {
          $0.recordEnd(
            claim.id, fence: claim.fence, facts: nil, ending: .failed(.exitNonzero, "é\u{0}\"'"), stop: nil,
            report: measured, at: .at(15), answer: $1)
        }
        let job = try stage.job(claim.id)
        #expect(job.completedAt == .at(14), "the runner saw the end first")
        var expected = report
        expected.endedAt = nil
        expected.duration = .seconds(2)
        #expect(job.report == expected)
        #expect(job.errorMessage == "é\u{0}\"'")
      }
    }
  }
}
