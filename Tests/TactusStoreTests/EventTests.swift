import Synchronization
import TactusLedger
import TactusModel
import TactusPorts
import TactusTestSupport
import Testing

@testable import TactusStore

@Suite("The event stream")
struct EventTests {
  private func page(
    _ fixture: ArchiveFixture, _ after: Int64, _ filter: EventFilter = .init(), limit: Int
  ) throws
    -> EventPage
  { try fixture.ask { $0.events(after: after, matching: filter, limit: limit, answer: $1) } }

  @Test("Event numbers are dense, pages join without gaps, and filters leave out other events")
  func pages() throws {
    let fixture = try ArchiveFixture()
    #expect(try fixture.ask { $0.eventRange(answer: $1) }.newest == 0)
    for name in ["w", "v"] { try fixture.stage.apply(.sample(), to: name, at: 0) }
    for second in stride(from: 10, through: 100, by: 10) { try fixture.stage.cycle(at: second) }
    let range = try fixture.ask { $0.eventRange(answer: $1) }
    #expect(range.oldest == 1 && !range.epoch.isEmpty)
    var events: [Event] = []
    var after: Int64 = 0
    while true {
      let page = try page(fixture, after, limit: 7)
      #expect(page.firstKept == nil)
      events += page.events
      after = page.through
      if page.isLast { break }
    }
    #expect(events.map(\.sequence) == Array(1...range.newest))
    let w = try fixture.stage.name("w")
    #expect(
      try page(fixture, 0, EventFilter(workflow: w), limit: 1000).events == events.filter { $0.workflow == w })
    let job = try #require(try fixture.stage.jobs().first).id
    let mine = try page(fixture, 0, EventFilter(job: job), limit: 1000)
    #expect(mine.events.map(\.type.known) == [.jobPending, .jobQueued, .jobRunning, .jobCompleted])
    #expect(mine.through == range.newest && mine.isLast)
    #expect(mine.events.last?.status == .completed)
  }

  @Test("Each commit publishes the number of the newest event, even if it contains a refused write")
  func published() throws {
    let fixture = try ArchiveFixture()
    let reported = Mutex<[Int64]>([])
    fixture.specimen.store.call { $0.publish { number in reported.withLock { $0.append(number) } } }
    func newest() throws -> Int64 { try fixture.ask { $0.eventRange(answer: $1) }.newest }
    try fixture.stage.apply(.sample(), at: 0)
    #expect(reported.withLock { $0 } == [try newest()])
    // A dry run writes events and rolls them back. Their numbers are used again.
    try fixture.stage.apply(.sample(), to: "v", dryRun: true, at: 1)
    #expect(reported.withLock { $0.count } == 1)
    for name in ["v", "u"] { try fixture.stage.apply(.sample(), to: name, at: 2) }
    #expect(reported.withLock { $0.last } == (try newest()) && reported.withLock { $0.count } == 3)
    _ = try fixture.stage.ask { $0.record(.daemonReloaded, at: .at(3), answer: $1) }
    #expect(reported.withLock { $0.last } == (try newest()))
  }

  @Test("Pruning removes the oldest events beyond the limit in batches, and keeps the newest")
  func pruned() throws {
    let fixture = try ArchiveFixture()
    let limit = Int64(Limits.eventRows)
    func fill(_ from: Int64, _ through: Int64, at second: Int) throws {
      try fixture.specimen.execute(
        """
        WITH RECURSIVE n(i) AS (SELECT \(from) UNION ALL SELECT i + 1 FROM n WHERE i < \(through))
        INSERT INTO events (sequence, at, type) SELECT i, \(Instant.at(second).microseconds), 'daemon.reloaded' FROM n
        """)
    }
    func prune(keep: Duration?) throws -> EventRange {
      let newest = try fixture.ask { $0.eventRange(answer: $1) }.newest
      try fixture.specimen.store.call { store in
        Result { try store.verbs.pruneEvents(through: newest, keep: keep) }
      }.get()
      return try fixture.ask { $0.eventRange(answer: $1) }
    }
    try fill(1, 5000, at: 0)
    // This simulates a million events: only the numbers count.
    try fill(limit + 3000, limit + 3010, at: 1000)
    #expect(try prune(keep: nil).oldest == 2049)
    #expect(try prune(keep: nil).oldest == 3011)
    #expect(try prune(keep: nil).oldest == 3011)
    // By age, younger events stay, whatever their number. A page that begins earlier names the oldest kept event.
    #expect(try prune(keep: .seconds(1000)).oldest == 3011)
    #expect(try prune(keep: .seconds(999)).oldest == limit + 3000)
    #expect(try page(fixture, 10, limit: 5).firstKept == limit + 3000)
    try fill(limit + 3011, limit + 3011, at: 900_000)
    #expect(try prune(keep: .seconds(1)).oldest == limit + 3011)
    #expect(try prune(keep: .seconds(1)).newest == limit + 3011)
    _ = try fixture.stage.ask { $0.record(.daemonReloaded, at: .at(900_001), answer: $1) }
    #expect(try fixture.ask { $0.eventRange(answer: $1) }.newest == limit + 3012)
  }

  @Test("Old events are pruned automatically while new ones are written")
  func byItself() throws {
    let fixture = try ArchiveFixture()
    try fixture.stage.apply(.sample(every: nil), at: 0)
    for second in 0..<600 { try fixture.stage.run(scheduledAt: 5000 + second, at: second) }
    for second in 0..<600 { try fixture.stage.run(scheduledAt: 800_000 + second, at: 700_000 + second) }
    for second in 0..<600 { try fixture.stage.run(scheduledAt: 1_500_000 + second, at: 1_400_000 + second) }
    let range = try fixture.ask { $0.eventRange(answer: $1) }
    #expect(range.newest >= 1800 && range.oldest > 600, "\(range)")
    // Jobs whose first events were pruned are not counter-examples.
    try fixture.stage.cycle(at: 1_500_300)
    #expect(try fixture.specimen.findings() == [])
  }
}
