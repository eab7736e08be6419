import TactusModel
import TactusSimulation
import TactusTestSupport
import Testing

/// The decision on a due row, whatever made it late.
struct ReleaseTests {
  private static let anchor = Instant(microseconds: 1_800_000_000_000_000)
  private static let grid = Grid(anchor: anchor, interval: .seconds(10), startsAtAnchor: true)

  /// The live and waiting jobs of the workflow.
  private struct Company: CaseIterable {
    var automatic = 0
    var manual = 0
    var others = false

    static let allCases = [
      Company(), Company(automatic: 1), Company(manual: 1), Company(others: true), Company(automatic: 1, manual: 1),
      Company(automatic: 2, manual: 1, others: true),
    ]
  }

  private static func situation(
    _ misfire: Misfire, _ overlap: Overlap, lateness: Duration, company: Company = Company(), hasRoom: Bool = true,
    isPlanned: Bool = true
  ) -> ReleaseSituation {
    ReleaseSituation(
      now: anchor + lateness, nominal: anchor, grid: isPlanned ? grid : nil,
      policies: Policies(
        queue: QueueName(builtIn: .command), overlap: overlap, misfire: misfire, misfireLimit: 3,
        startWithin: .seconds(25)),
      liveAutomatic: company.automatic, liveManual: company.manual, othersWait: company.others, queueHasRoom: hasRoom)
  }

  @Test(
    "Every combination of policies, live jobs and lateness decides like stepping along the grid",
    arguments: Misfire.allCases, Overlap.allCases)
  func table(_ misfire: Misfire, _ overlap: Overlap) {
    let latenesses: [Duration] = [
      .zero, .microseconds(1), .seconds(9), .seconds(10), .seconds(25), .seconds(26), .seconds(30), .seconds(35),
      .seconds(95), .seconds(1000),
    ]
    for lateness in latenesses {
      for company in Company.allCases {
        for hasRoom in [true, false] {
          for isPlanned in [true, false] {
            let situation = Self.situation(
              misfire, overlap, lateness: lateness, company: company, hasRoom: hasRoom, isPlanned: isPlanned)
            #expect(situation.decide() == ReleaseReference(situation: situation).expected, "\(situation)")
          }
        }
      }
    }
  }

  @Test("After ten missed instants, latest runs the newest and answers the nine before it")
  func latest() {
    let decision = Decision(reason: .coalesced, first: Self.anchor, last: Self.anchor + .seconds(80), count: 9)
    #expect(
      Self.situation(.latest, .queue, lateness: .seconds(95)).decide()
        == .run(nominal: Self.anchor + .seconds(90), decisions: [decision]))
  }

  @Test("After ten missed instants, all runs the oldest of the three within its limit")
  func all() {
    let decision = Decision(reason: .limit, first: Self.anchor, last: Self.anchor + .seconds(60), count: 7)
    #expect(
      Self.situation(.all, .queue, lateness: .seconds(95)).decide()
        == .run(nominal: Self.anchor + .seconds(70), decisions: [decision]))
  }

  @Test("After ten missed instants, skip runs the first that is not too late")
  func skip() {
    let decision = Decision(reason: .missed, first: Self.anchor, last: Self.anchor + .seconds(60), count: 7)
    #expect(
      Self.situation(.skip, .queue, lateness: .seconds(95)).decide()
        == .run(nominal: Self.anchor + .seconds(70), decisions: [decision]))
  }

  @Test("If all due instants are too late, skip runs nothing and waits for the next")
  func skipAll() {
    var situation = Self.situation(.skip, .queue, lateness: .seconds(95))
    situation.policies.startWithin = .seconds(4)
    let decision = Decision(reason: .missed, first: Self.anchor, last: Self.anchor + .seconds(90), count: 10)
    #expect(situation.decide() == .drop(decisions: [decision], next: Self.anchor + .seconds(100)))
  }

  @Test("Without StartWithin= a run may be late by its interval, but by at most a minute")
  func startWithin() {
    let policies = Policies(queue: QueueName(builtIn: .command))
    #expect(policies.startWithin(interval: .seconds(10)) == .seconds(10))
    #expect(policies.startWithin(interval: .seconds(86_400)) == .seconds(60))
    #expect(Policies(queue: policies.queue, startWithin: .seconds(3)).startWithin(interval: .seconds(1)) == .seconds(3))
  }

  @Test(
    "A manual run is never moved, dropped or replaced, however late it is",
    arguments: Misfire.allCases, Overlap.allCases)
  func manual(_ misfire: Misfire, _ overlap: Overlap) {
    for company in Company.allCases {
      let decided = Self.situation(
        misfire, overlap, lateness: .seconds(86_400), company: company, isPlanned: false
      ).decide()
      #expect([.run(nominal: Self.anchor, decisions: []), .wait(.overlap)].contains(decided))
    }
  }

  @Test("Repeated decisions give every due instant exactly one answer, in order, and none too early")
  func exactlyOneAnswer() {
    let seed = UInt64.random(in: .min ... .max)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<3000 {
      let situation = randomSituation(&generator)
      guard let grid = situation.grid else { continue }
      let walked = ReleaseReference(situation: situation).due
      var (row, answered) = (situation, [Instant]())
      while row.nominal <= row.now {
        guard answer(&row, grid, &answered) else { break }
      }
      // The answered instants are the first of the due ones, and all of them unless the row had to wait.
      #expect(answered == Array(walked.prefix(answered.count)), "seed \(seed): \(situation)")
      #expect(row.nominal == walked.first.map { grid.instant(answered.count, from: $0) }, "seed \(seed): \(situation)")
    }
  }

  /// Decides once and moves the row to the next instant; false if it has to wait.
  private func answer(_ row: inout ReleaseSituation, _ grid: Grid, _ answered: inout [Instant]) -> Bool {
    switch row.decide() {
    case .run(let nominal, let decisions):
      #expect(nominal <= row.now)
      answered += decisions.flatMap { $0.instants(of: grid) } + [nominal]
      row.nominal = nominal + grid.interval
    case .drop(let decisions, let next):
      answered += decisions.flatMap { $0.instants(of: grid) }
      #expect(next == answered.last.map { grid.first(after: $0) })
      row.nominal = next
    case .wait, .replace:
      return false
    }
    return true
  }

  @Test("Random situations decide like stepping along the grid")
  func againstReference() {
    let seed = UInt64.random(in: .min ... .max)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<5000 {
      let situation = randomSituation(&generator)
      #expect(situation.decide() == ReleaseReference(situation: situation).expected, "seed \(seed): \(situation)")
    }
  }

  private func randomSituation(_ generator: inout SeededGenerator) -> ReleaseSituation {
    let interval = Int64.random(in: 1...20, using: &generator)
    let grid = Grid(
      anchor: Instant(microseconds: .random(in: -50...50, using: &generator)), interval: .microseconds(interval),
      startsAtAnchor: .random(using: &generator))
    let nominal = grid.instant(Int.random(in: 0...5, using: &generator), from: grid.anchor)
    let isPlanned = Int.random(in: 0..<5, using: &generator) > 0
    let policies = Policies(
      queue: QueueName(builtIn: .command), overlap: Overlap.allCases.randomElement(using: &generator) ?? .queue,
      misfire: Misfire.allCases.randomElement(using: &generator) ?? .latest,
      misfireLimit: .random(in: 1...6, using: &generator),
      startWithin: Bool.random(using: &generator)
        ? .microseconds(Int64.random(in: 1...60, using: &generator)) : nil)
    let isFree = Bool.random(using: &generator)
    return ReleaseSituation(
      now: nominal + .microseconds(Int64.random(in: 0...200, using: &generator)), nominal: nominal,
      grid: isPlanned ? grid : nil, policies: policies,
      liveAutomatic: isFree ? 0 : .random(in: 0...2, using: &generator),
      liveManual: isFree ? 0 : .random(in: 0...1, using: &generator),
      othersWait: isFree ? false : .random(using: &generator),
      queueHasRoom: Int.random(in: 0..<4, using: &generator) > 0)
  }

  @Test("A hundred years of missed seconds are decided at once, without stepping along them")
  func centuries() {
    let grid = Grid(anchor: Self.anchor, interval: .seconds(1), startsAtAnchor: true)
    let years: Int64 = 100 * 365 * 86_400
    for misfire in Misfire.allCases {
      let situation = ReleaseSituation(
        now: Self.anchor + .seconds(years), nominal: Self.anchor, grid: grid,
        policies: Policies(queue: QueueName(builtIn: .command), misfire: misfire))
      guard case .run(_, let decisions) = situation.decide() else {
        Issue.record("nothing runs under \(misfire)")
        continue
      }
      #expect(decisions.count == 1)
    }
  }
}
