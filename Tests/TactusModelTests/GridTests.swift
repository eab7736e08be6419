import TactusModel
import TactusSimulation
import TactusTestSupport
import Testing

/// Compares `anchor + n × interval` with single steps along the grid.
struct GridTests {
  @Test("A grid anchored at creation extends to both sides, one with StartAt= begins there")
  func ends() {
    let anchor = Instant(microseconds: 1000)
    let both = Grid(anchor: anchor, interval: .microseconds(100), startsAtAnchor: false)
    let begun = Grid(anchor: anchor, interval: .microseconds(100), startsAtAnchor: true)
    #expect(both.first(after: Instant(microseconds: 850)) == Instant(microseconds: 900))
    #expect(both.newest(through: Instant(microseconds: 850)) == Instant(microseconds: 800))
    #expect(begun.first(after: Instant(microseconds: 850)) == anchor)
    #expect(begun.newest(through: Instant(microseconds: 999)) == nil)
    #expect(begun.newest(through: anchor) == anchor)
    for grid in [both, begun] {
      #expect(grid.first(after: anchor) == Instant(microseconds: 1100))
      #expect(grid.first(after: Instant(microseconds: 1099)) == Instant(microseconds: 1100))
      #expect(grid.newest(through: Instant(microseconds: 1100)) == Instant(microseconds: 1100))
    }
  }

  @Test("The first instant after, the newest before and the count agree with each other everywhere")
  func properties() {
    let seed = UInt64.random(in: .min ... .max)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<5000 {
      let grid = Grid(
        anchor: Instant(microseconds: .random(in: -1_000_000...1_000_000, using: &generator)),
        interval: .microseconds(Int64.random(in: 1...100_000, using: &generator)),
        startsAtAnchor: .random(using: &generator))
      let instant = Instant(microseconds: .random(in: -2_000_000...2_000_000, using: &generator))
      let next = grid.first(after: instant)
      #expect(next > instant, "seed \(seed)")
      #expect((next - grid.anchor).microseconds % grid.interval.microseconds == 0, "seed \(seed)")
      #expect(grid.newest(through: next) == next, "seed \(seed)")
      if let newest = grid.newest(through: instant) {
        #expect(newest <= instant && grid.instant(1, from: newest) == next, "seed \(seed)")
        #expect(grid.first(after: newest) == next, "seed \(seed)")
      } else {
        #expect(grid.startsAtAnchor && instant < grid.anchor && next == grid.anchor, "seed \(seed)")
      }
      let steps = Int.random(in: 0...50, using: &generator)
      let last = grid.instant(steps, from: next)
      #expect(grid.count(from: next, through: last) == steps + 1, "seed \(seed)")
      #expect(grid.count(from: next, through: Instant(microseconds: last.microseconds - 1)) == steps, "seed \(seed)")
    }
  }

  @Test("An empty range has no instants and no decision")
  func empty() {
    let grid = Grid(anchor: Instant(microseconds: 0), interval: .seconds(1), startsAtAnchor: true)
    let (early, late) = (Instant(microseconds: 0), Instant(microseconds: 1_000_000))
    #expect(grid.count(from: late, through: early) == 0)
    #expect(Decision(.missed, of: grid, from: late, through: early) == nil)
    #expect(Decision(.missed, of: grid, from: late, through: nil) == nil)
    #expect(
      Decision(.missed, of: grid, from: early, through: late)
        == Decision(reason: .missed, first: early, last: late, count: 2))
  }

  @Test("The widest grid that files allow stays within the range of instants")
  func extremes() throws {
    let far = try #require(Instant(rfc3339: "9999-12-31T23:59:59.999999Z"))
    let ancient = try #require(Instant(rfc3339: "0000-01-01T00:00:00Z"))
    for anchor in [far, ancient] {
      let grid = Grid(anchor: anchor, interval: Limits.interval.upperBound, startsAtAnchor: false)
      for instant in [far, ancient] {
        #expect(grid.first(after: instant) > instant)
        #expect(grid.newest(through: instant).map { $0 <= instant } == true)
      }
    }
  }

  @Test("A grid without an interval traps")
  func noStep() async {
    await #expect(processExitsWith: .failure) {
      _ = Grid(anchor: Instant(microseconds: 0), interval: .zero, startsAtAnchor: true)
    }
  }
}
