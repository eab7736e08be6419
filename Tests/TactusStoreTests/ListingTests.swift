import TactusModel
import TactusPorts
import TactusSimulation
import TactusTestSupport
import Testing

@testable import TactusStore

@Suite("Lists of jobs")
struct ListingTests {
  /// Creates some hundred jobs of every status, phase, trigger and kind.
  private func fixture() throws -> ArchiveFixture {
    let fixture = try ArchiveFixture()
    let stage = fixture.stage
    for (index, overlap) in Overlap.allCases.enumerated() {
      try stage.apply(.sample(every: 5 + index, overlap: overlap, failures: nil), to: "\(overlap)", at: 0)
    }
    try stage.apply(.sample(every: 3, failures: nil, kind: .heartbeat), to: "beat", at: 0)
    for round in 1...60 {
      let now = round * 7
      if round.isMultiple(of: 3) { try stage.run("\(Overlap.allCases[round % 4])", at: now) }
      if round.isMultiple(of: 5) { try stage.run("queue", scheduledAt: now + 1000, at: now) }
      for (number, claim) in try stage.begin(at: now).enumerated() {
        let ending: Ending =
          (round + number).isMultiple(of: 4)
          ? .failed(.exitNonzero, "exit code 1")
          : (round + number).isMultiple(of: 7) ? .failed(.lost, "lost") : .succeeded
        if round < 59 { try stage.end(claim, ending, at: now + 1) }
      }
      let names = Set(try Overlap.allCases.map { try stage.workflow("\($0)").id } + [stage.workflow("beat").id])
      let queued = try stage.release(
        at: now + 1, workflows: names, queues: [QueueName(builtIn: .command), QueueName(builtIn: .heartbeat)]
      ).change.queued
      if round < 58 {
        for claim in try stage.claim(queued.map(\.id), at: now + 2) {
          try stage.start(claim, at: now + 2)
          if round.isMultiple(of: 2) { _ = try stage.stop(claim, .canceled, at: now + 3) }
          try stage.end(claim, at: now + 3)
        }
      }
    }
    return fixture
  }

  /// Whether a job matches a filter, by a second implementation of the rules.
  private func matches(_ job: Job, _ filter: JobFilter) -> Bool {
    let isListed = job.status.known.map(filter.statuses.contains) == true
    if !filter.statuses.isEmpty && !isListed { return false }
    if let trigger = filter.trigger, job.trigger != trigger { return false }
    if let kind = filter.kind, job.kind != kind { return false }
    if let workflow = filter.workflow, job.workflow != workflow { return false }
    if let queue = filter.queue, job.queue != queue { return false }
    if let phase = filter.phase, job.phase != phase { return false }
    if let code = filter.errorCode, job.errorCode != code { return false }
    if let since = filter.since { guard let at = job.scheduledAt, at >= since else { return false } }
    if let until = filter.until { guard let at = job.scheduledAt, at < until else { return false } }
    return true
  }

  @Test("Every combination of filters lists its jobs newest first, whatever the page size", arguments: [1, 2, 3])
  func filters(seed: UInt64) throws {
    let fixture = try fixture()
    let all = try fixture.jobs(JobFilter())
    #expect(all.count > 100, "\(all.count)")
    for status in JobStatus.allCases { #expect(all.contains { $0.status == status }, "\(status)") }
    var generator = SeededGenerator(seed: seed)
    func maybe<Value>(_ value: Value?) -> Value? { Int.random(in: 0..<4, using: &generator) == 0 ? value : nil }
    var found = 0
    for _ in 0..<300 {
      var filter = JobFilter()
      if Bool.random(using: &generator) {
        filter.statuses = Set(JobStatus.allCases.filter { _ in Bool.random(using: &generator) })
      }
      filter.trigger = maybe(Trigger.allCases.randomElement(using: &generator))
      filter.kind = maybe([Kind.command, .heartbeat].randomElement(using: &generator))
      filter.workflow = maybe(["beat", "queue", "skip"].randomElement(using: &generator)).flatMap(WorkflowName.init)
      filter.queue = maybe(QueueName(builtIn: [.command, .heartbeat].randomElement(using: &generator) ?? .command))
      filter.phase = maybe(Phase.allCases.randomElement(using: &generator))
      filter.errorCode = maybe([ErrorCode.exitNonzero, .lost, .overlapReplaced].randomElement(using: &generator))
      filter.since = maybe(.at(Int.random(in: 0...450, using: &generator)))
      filter.until = maybe(.at(Int.random(in: 0...450, using: &generator)))
      filter.limit = Int.random(in: 1...60, using: &generator)
      let listed = try fixture.jobs(filter)
      #expect(listed.map(\.id) == all.filter { matches($0, filter) }.map(\.id), "\(filter)")
      found += listed.count
    }
    #expect(found > 1000)
  }

  @Test("Pages join without gaps or repeats while jobs are added and end")
  func cursor() throws {
    let fixture = try ArchiveFixture()
    try fixture.stage.apply(.sample(every: nil), at: 0)
    for second in 1...300 { try fixture.stage.run(scheduledAt: 5000 + second, at: second) }
    let before = try fixture.jobs(JobFilter()).map(\.id)
    var filter = JobFilter()
    filter.limit = 7
    filter.statuses = [.pending, .canceled]
    var seen: [JobID] = []
    var now = 1000
    repeat {
      let page = try fixture.ask { $0.jobs(matching: filter, answer: $1) }
      seen += page.jobs.map(\.id)
      filter.before = page.next
      now += 1
      try fixture.stage.run(scheduledAt: 9000, at: now)
      if let last = page.jobs.last { try fixture.stage.cancel(last.id, at: now) }
    } while filter.before != nil
    #expect(seen == before)
  }

  @Test("A filter combination with few matches ends its page early, and the pages find all of them")
  func budget() throws {
    let fixture = try ArchiveFixture()
    try fixture.stage.apply(.sample(every: nil), at: 0)
    let first = try fixture.stage.run(scheduledAt: 50, at: 1).id
    // With SQL instead of the ledger, because twenty thousand runs take a while.
    try fixture.specimen.execute(
      """
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
      INSERT INTO jobs (id, workflow_id, generation, kind, queue, priority, trigger, status, nominal_at, scheduled_at,
        created_at, queued_at, started_at, completed_at, root_id)
      SELECT randomblob(16), 1, 1, 'command', 'command', 0, 'AUTOMATIC', 'COMPLETED', i * 7, i * 7, i, i, i, i,
        zeroblob(16) FROM n
      """)
    var filter = JobFilter()
    filter.workflow = WorkflowName("w")
    filter.trigger = .manual
    let page = try fixture.ask { $0.jobs(matching: filter, answer: $1) }
    #expect(page.jobs.isEmpty && page.next != nil)
    #expect(try fixture.jobs(filter).map(\.id) == [first])
    // A single filter never ends a page early, however rare its matches.
    var alone = JobFilter()
    alone.trigger = .manual
    #expect(try fixture.ask { $0.jobs(matching: alone, answer: $1) }.jobs.map(\.id) == [first])
    alone.trigger = nil
    (alone.since, alone.until) = (.at(0), .at(100))
    #expect(try fixture.ask { $0.jobs(matching: alone, answer: $1) }.jobs.map(\.id) == [first])
  }

  @Test("Waiting jobs have a position, those for a slot before those for room, and an estimated wait")
  func places() throws {
    let fixture = try ArchiveFixture()
    try fixture.stage.apply(.sample(every: nil, overlap: .allow), at: 0)
    for second in stride(from: 0, to: 40, by: 10) {
      let id = try fixture.stage.run(at: second).id
      let claim = try #require(try fixture.stage.claim([id], at: second).first)
      try fixture.stage.start(claim, at: second)
      try fixture.stage.end(claim, at: second + 8)
    }
    let ids = try (0..<6).map { try fixture.stage.run(at: 100 + $0).id }
    let jobs = try fixture.jobs(JobFilter())
    // Three are QUEUED, as many as the queue allows, and the others wait for room. A run took 8 s, and there are 4
    // slots.
    for (index, id) in ids.enumerated() {
      let job = try #require(jobs.first { $0.id == id })
      #expect(job.phase == (index < 3 ? .queued : .due))
      #expect(job.place == Place(position: index + 1, estimatedWait: .seconds(2 * (index + 1))))
    }
    #expect(jobs.filter { !ids.contains($0.id) }.allSatisfy { $0.place == nil })
    #expect(try fixture.ask { $0.job(ids[4], answer: $1) }.place?.position == 5)
  }
}
