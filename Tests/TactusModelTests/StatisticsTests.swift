import TactusModel
import TactusSimulation
import TactusTestSupport
import Testing

@Suite("Statistics")
struct StatisticsTests {
  private static let start = Instant(microseconds: 1_795_000_000_000_000)

  @Test("A percentile is at most 1/128 above the true value, and never below it", arguments: [1, 2, 3])
  func percentiles(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var distribution = Distribution()
    var values: [Int64] = []
    for _ in 0..<5000 {
      // All magnitudes from microseconds to days.
      let value = Int64.random(in: 0..<(1 << Int64.random(in: 1...37, using: &generator)), using: &generator)
      values.append(value)
      distribution.add(.microseconds(value))
    }
    values.sort()
    #expect(distribution.count == values.count)
    #expect(distribution.largest.microseconds == values.last)
    for share in [0.01, 0.5, 0.95, 0.99, 0.999, 1] {
      let exact = values[Int((Double(values.count) * share).rounded(.up)) - 1]
      let found = try #require(distribution.percentile(share)).microseconds
      #expect(found >= exact && found <= exact + exact / 128 + 1, "\(share): \(found) for \(exact)")
    }
  }

  @Test("Small values are exact, an empty distribution has no percentile, and a negative span counts as zero")
  func edges() {
    var distribution = Distribution()
    #expect(distribution.percentile(0.5) == nil)
    for value in 0..<256 { distribution.add(.microseconds(value)) }
    for share in 1...256 {
      #expect(distribution.percentile(Double(share) / 256) == .microseconds(share - 1))
    }
    distribution = Distribution()
    distribution.add(.seconds(-5))
    #expect(distribution.percentile(1) == .zero && distribution.largest == .zero)
    distribution.add(.seconds(1_000_000_000))
    #expect(distribution.percentile(1) == .seconds(1_000_000_000))
  }

  @Test("An end is counted in the bucket of its instant, and not at all outside the window")
  func buckets() {
    var statistics = Statistics(from: Self.start, until: Self.start + .seconds(2400))
    func add(_ second: Int64, _ status: JobStatus) {
      let at = Self.start + .seconds(second)
      let hasRun = status != .canceled
      statistics.add(
        status: status, completedAt: at, duration: hasRun ? .seconds(8) : nil, startDelay: hasRun ? .seconds(2) : nil)
    }
    for (second, status) in [
      (-1, .failed), (0, .completed), (99, .failed), (100, .completed), (2399, .canceled), (2400, .failed),
    ]
      as [(Int64, JobStatus)]
    {
      add(second, status)
    }
    #expect(statistics.ends == [.completed: 2, .failed: 1, .canceled: 1])
    #expect(statistics.successRate == 2.0 / 3)
    #expect(statistics.buckets.count == 24)
    #expect(statistics.buckets[0].ends == [.completed: 1, .failed: 1])
    #expect(statistics.buckets[1].ends == [.completed: 1] && statistics.buckets[1].from == Self.start + .seconds(100))
    #expect(statistics.buckets[23].ends == [.canceled: 1])
    #expect(statistics.duration.count == 3 && statistics.duration.largest == .seconds(8))
    #expect(statistics.startDelay.largest == .seconds(2))
  }

  @Test("A window of a year has the right number of buckets")
  func longWindow() {
    var statistics = Statistics(from: Self.start, until: Self.start + .seconds(366 * 86_400))
    for day in 0..<366 {
      let at = Self.start + .seconds(Int64(day) * 86_400)
      statistics.add(status: .completed, completedAt: at, duration: .zero, startDelay: .zero)
    }
    #expect(statistics.buckets.map { $0.ends[.completed] ?? 0 }.reduce(0, +) == 366)
    #expect(statistics.buckets.allSatisfy { (15...16).contains($0.ends[.completed] ?? 0) })
    #expect(Statistics(from: Self.start, until: Self.start + .seconds(60)).successRate == nil)
  }
}

@Suite("Token bucket")
struct TokenBucketTests {
  @Test("It gives its burst at once, and then its rate forever")
  func rate() {
    var now = MonotonicInstant(microseconds: 0)
    var bucket = TokenBucket(rate: 10, burst: 20, now: now)
    for _ in 0..<20 { #expect(bucket.take(now: now) == nil) }
    #expect(bucket.take(now: now) == .milliseconds(100))
    now = now + .milliseconds(99)
    #expect(bucket.take(now: now) == .milliseconds(1))
    now = now + .milliseconds(1)
    #expect(bucket.take(now: now) == nil)
    #expect(!bucket.isFull(now: now))
    // A thousand seconds of requests at twice the rate: half of them are granted.
    var given = 0
    for _ in 0..<20_000 {
      now = now + .milliseconds(50)
      if bucket.take(now: now) == nil { given += 1 }
    }
    #expect((9_999...10_001).contains(given))
    #expect(bucket.isFull(now: now + .seconds(2)))
    // After any idle time no more than the burst is available.
    now = now + .seconds(3600)
    var burst = 0
    while bucket.take(now: now) == nil { burst += 1 }
    #expect(burst == 20)
  }
}
