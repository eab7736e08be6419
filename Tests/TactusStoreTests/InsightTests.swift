import TactusModel
import TactusPorts
import TactusTestSupport
import Testing

@testable import TactusStore

@Suite("Explanations, upcoming runs and statistics")
struct InsightTests {
  private func explanation(_ fixture: ArchiveFixture, at second: Int, now: Int) throws -> Explanation {
    let name = try fixture.stage.name("w")
    return try fixture.ask { $0.explanation(of: name, at: .at(second), now: .at(now), answer: $1) }
  }

  private func explanations(
    _ fixture: ArchiveFixture, before: Int? = nil, limit: Int = 100
  ) throws -> [Explanation] {
    let name = try fixture.stage.name("w")
    return try fixture.ask {
      $0.explanations(of: name, before: before.map(Instant.at), limit: limit, now: .at(0), answer: $1)
    }
  }

  @Test("The newest job of a workflow is the one that started last by the order of events, not by the clock")
  func newestJob() throws {
    let fixture = try ArchiveFixture()
    let stage = fixture.stage
    try stage.apply(.sample(every: nil, overlap: .allow), at: 0)
    let name = try stage.name("w")
    #expect(throws: Refusal.self) { try fixture.ask { $0.newestJob(of: name, answer: $1) } }
    let ids = try [1, 2, 3].map { try stage.run(at: $0).id }
    #expect(try fixture.ask { $0.newestJob(of: name, answer: $1) }.id == ids[2], "no job has started")
    let claims = try stage.claim(ids, at: 4)
    func claim(_ index: Int) throws -> ClaimedJob { try #require(claims.first { $0.id == ids[index] }) }
    try stage.start(claim(1), at: 7200)
    try stage.start(claim(0), at: 5)
    #expect(try fixture.ask { $0.newestJob(of: name, answer: $1) }.id == ids[0])
    let _: Ended = try stage.ask {
      $0.recordEnd(
        ids[2], fence: 1, facts: nil, ending: .failed(.dispatchExhausted, "no room"), stop: nil, report: Report(),
        at: .at(6), answer: $1)
    }
    #expect(try fixture.ask { $0.newestJob(of: name, answer: $1) }.id == ids[2], "it failed to start")
  }

  @Test("Every nominal instant is explained newest first, and a single one has the same explanation")
  func instants() throws {
    let fixture = try ArchiveFixture()
    let stage = fixture.stage
    try stage.apply(.sample(), at: 0)
    try stage.cycle(at: 10)
    let running = try #require(try stage.begin(at: 20).first)
    // 30 … 60 pass while it runs. The newest of them runs afterwards, late.
    try stage.release(at: 35)
    try stage.end(running, at: 65)
    let released = try #require(try stage.release(at: 65, workflows: [stage.workflow().id]).change.queued.first)
    let claim = try #require(try stage.claim([released.id], at: 65).first)
    try stage.start(claim, at: 65)
    try stage.end(claim, at: 66)
    let planned = try #require(try stage.planned())
    try stage.cancel(planned.id, at: 67)
    try stage.terminate(at: 85)
    try stage.resume(at: 105)
    let found = try explanations(fixture)
    #expect(
      found.map { "\((($0.nominalAt ?? .at(0)) - Instant.zero).milliseconds / 1000) \($0.count) \($0.outcome)" } == [
        "110 1 planned", "80 3 terminated", "70 1 skippedByUser", "60 1 ran",
        "30 3 coalesced", "20 1 ran", "10 1 ran",
      ])
    #expect(found[3].job?.waited == .known(.overlap))
    #expect(found[3].job?.startDelay == .seconds(5))
    #expect(found[4].lastAt == .at(50) && found[4].decidedAt == .at(65))
    for (second, index) in [(110, 0), (90, 1), (70, 2), (60, 3), (40, 4), (20, 5), (10, 6)] {
      let alone = try explanation(fixture, at: second, now: 105)
      #expect(alone == found[index], "\(second)")
    }
    var pages: [Explanation] = []
    var before: Instant?
    let name = try stage.name("w")
    repeat {
      let page = try fixture.ask { [before] in
        $0.explanations(of: name, before: before, limit: 2, now: .at(0), answer: $1)
      }
      pages += page
      before = page.last?.nominalAt
    } while before != nil && pages.count < found.count
    #expect(pages == found)
  }

  @Test("An instant without an answer is explained: not nominal, too early, upcoming, or not planned")
  func none() throws {
    let fixture = try ArchiveFixture()
    try fixture.stage.apply(.sample(), at: 5)
    func reason(_ second: Int) throws -> (Explanation.Outcome, Explanation.Reason) {
      let explanation = try explanation(fixture, at: second, now: 6)
      return (explanation.outcome, explanation.reason)
    }
    let w = try fixture.stage.name("w")
    #expect(try reason(1) == (.none, .notYetCreated(w, .at(5))))
    #expect(try reason(17) == (.none, .notNominal(before: .at(15), after: .at(25))))
    #expect(try reason(15).0 == .planned)
    #expect(try reason(1015) == (.planned, .notYetPlanned(upTo: .at(15))))
    let manual = try fixture.stage.run(scheduledAt: 18, at: 7).id
    #expect(try explanation(fixture, at: 18, now: 8).job?.id == manual)
    try fixture.stage.terminate(at: 8)
    #expect(try reason(25).0 == .terminated)
    #expect(try reason(25).1 == .terminated(w, .user, since: .at(8), limit: 3))
    try fixture.stage.apply(.sample(every: nil), to: "v", at: 5)
    let v = try fixture.stage.name("v")
    let answer = try fixture.ask { $0.explanation(of: v, at: .at(9), now: .at(9), answer: $1) }
    #expect(answer.outcome == .none && answer.reason == .unscheduled(v))
    #expect(throws: Refusal.notFound(.workflow(try fixture.stage.name("u")))) {
      let u = try fixture.stage.name("u")
      _ = try fixture.ask { $0.explanation(of: u, at: .at(9), now: .at(9), answer: $1) }
    }
  }

  @Test("The explanation of a waiting job names the job that blocks it")
  func blocked() throws {
    let fixture = try ArchiveFixture()
    try fixture.stage.apply(.sample(every: nil), at: 0)
    let first = try fixture.stage.run(at: 1).id
    let second = try fixture.stage.run(at: 2).id
    let answer = try fixture.ask { $0.explanation(of: second, answer: $1) }
    var circumstances = Explanation.Circumstances()
    circumstances.blocker = first
    #expect(answer.outcome == .waiting && answer.reason == .state(circumstances))
    let queued = try fixture.ask { $0.explanation(of: first, answer: $1) }
    guard case .state(let found) = queued.reason else {
      Issue.record("\(queued)")
      return
    }
    #expect(found.running == 0 && found.maxRunning == 4 && found.queued == 1 && found.place?.position == 1)
  }

  @Test("Upcoming runs of all workflows are listed in order, without skipped ones and with manual ones")
  func upcoming() throws {
    let fixture = try ArchiveFixture()
    let stage = fixture.stage
    try stage.apply(.sample(every: 10), to: "ten", at: 0)
    try stage.apply(.sample(every: 7), to: "seven", at: 0)
    try stage.apply(.sample(every: nil), to: "never", at: 0)
    try stage.apply(.sample(every: 1), to: "ended", at: 0)
    try stage.terminate("ended", at: 0)
    try stage.run("never", scheduledAt: 15, at: 0)
    try stage.cancel(try #require(try stage.planned("seven")).id, at: 1)
    func runs(_ workflow: String?, _ limit: Int, now: Int) throws -> [String] {
      let name = try workflow.map(stage.name)
      return try fixture.ask { $0.upcoming(of: name, limit: limit, now: .at(now), answer: $1) }
        .map { "\($0.workflow) \(($0.nominalAt - Instant.zero).milliseconds / 1000)\($0.job == nil ? "" : " planned")" }
    }
    #expect(
      try runs(nil, 8, now: 1) == [
        "ten 10 planned", "seven 14 planned", "never 15 planned", "ten 20", "seven 21", "seven 28", "ten 30",
        "seven 35",
      ])
    #expect(try runs("seven", 2, now: 1) == ["seven 14 planned", "seven 21"])
    #expect(try runs("never", 5, now: 1) == ["never 15 planned"])
    #expect(try runs("ended", 5, now: 1).isEmpty)
    // A run that already waits is not upcoming. Its schedule continues.
    _ = try stage.begin(at: 10)
    try stage.release(at: 20)
    #expect(try stage.planned("ten")?.phase == .due)
    #expect(try runs("ten", 2, now: 20) == ["ten 30", "ten 40"])
    #expect(try runs(nil, 1000, now: 20).count == 1000)
  }

  @Test("Of many planned jobs that wait, the schedule with the next instant is listed, whichever was planned first")
  func upcomingBehindWaiting() throws {
    let fixture = try ArchiveFixture()
    let stage = fixture.stage
    // Each has a run that is live, and a planned job behind it that is due at 60; that of the slow one is older.
    try stage.apply(.sample(every: 30), to: "slow", at: 0)
    #expect(try stage.begin(at: 30).count == 1)
    try stage.apply(.sample(every: 10), to: "quick", at: 40)
    #expect(try stage.begin(at: 50).count == 1)
    try stage.release(at: 60)
    for name in ["slow", "quick"] { #expect(try stage.planned(name)?.phase == .due) }
    let runs = try fixture.ask { $0.upcoming(of: nil, limit: 1, now: .at(60), answer: $1) }
    #expect(runs.map { "\($0.workflow) \($0.nominalAt)" } == ["quick \(Instant.at(70))"])
  }

  @Test("A read that fails is refused with the reason and its code, and without the statement")
  func failedRead() throws {
    let fixture = try ArchiveFixture()
    try fixture.stage.apply(.sample(), at: 0)
    try fixture.specimen.execute("DROP INDEX jobs_by_phase")
    #expect(throws: Refusal.unavailable(.unreadable("no such index: jobs_by_phase (SQLite 1)"))) {
      try fixture.ask { $0.upcoming(of: nil, limit: 1, now: .at(1), answer: $1) }
    }
  }

  @Test("Statistics count jobs that ended in the window, of one workflow, queue or kind, or of all")
  func statistics() throws {
    let fixture = try ArchiveFixture()
    let stage = fixture.stage
    try stage.apply(.sample(), at: 0)
    try stage.apply(.sample(every: 20, failures: nil, kind: .heartbeat), to: "beat", at: 0)
    for second in stride(from: 10, through: 200, by: 10) {
      for claim in try stage.begin(at: second) {
        let isBeat = try stage.job(claim.id).kind == .heartbeat
        try stage.end(claim, isBeat ? .failed(.statusMismatch, "500") : .succeeded, at: second + 2)
      }
    }
    func ends(_ subject: StatisticsSubject, _ from: Int, _ until: Int) throws -> [JobStatus: Int] {
      try fixture.ask { $0.statistics(of: subject, from: .at(from), until: .at(until), answer: $1) }.ends
    }
    let w = try stage.name("w")
    #expect(try ends(.all, 0, 300) == [.completed: 20, .failed: 10])
    #expect(try ends(.workflow(w), 0, 300) == [.completed: 20])
    #expect(try ends(.workflow(w), 12, 32) == [.completed: 2])
    #expect(try ends(.queue(QueueName(builtIn: .heartbeat)), 0, 300) == [.failed: 10])
    #expect(try ends(.kind(.command), 0, 300) == [.completed: 20])
    let all = try fixture.ask { $0.statistics(of: .workflow(w), from: .at(0), until: .at(240), answer: $1) }
    #expect(all.duration.percentile(0.5) == .seconds(2) && all.startDelay.largest == .zero)
    #expect(all.buckets.map { $0.ends[.completed] ?? 0 } == [0] + Array(repeating: 1, count: 20) + [0, 0, 0])
    #expect(throws: Refusal.notFound(.workflow(try stage.name("none")))) {
      _ = try ends(.workflow(try stage.name("none")), 0, 1)
    }
  }
}
