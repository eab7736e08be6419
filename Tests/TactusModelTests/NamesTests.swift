import TactusModel
import TactusSimulation
import TactusTestSupport
import Testing

/// Names and ids.
struct NamesTests {
  @Test(
    "A workflow's name has 1 to 64 characters of its alphabet",
    arguments: ["a", "0", "a-b_c.d", "a..", String(repeating: "z", count: 64)])
  func good(_ text: String) {
    #expect(WorkflowName(text)?.text == text)
    #expect(QueueName(text)?.description == text)
  }

  @Test(
    "Any other text is not a name",
    arguments: [
      "", "-a", ".a", "_a", "A", "a b", "a/b", "ä", "a\u{301}", "a\n", "a\0", String(repeating: "z", count: 65), "..",
    ])
  func bad(_ text: String) {
    #expect(WorkflowName(text) == nil)
    #expect(QueueName(text) == nil)
  }

  @Test("A name that parses as a job id is refused, because verbs accept either")
  func ids() {
    #expect(WorkflowName("0190f5e8-6c7a-7abc-8def-0123456789ab") == nil)
    #expect(WorkflowName("0190f5e8-6c7a-4abc-8def-0123456789ab") != nil)
    // The end of an id is looked up only if no workflow has that name.
    #expect(WorkflowName("deadbeef") != nil)
  }

  @Test("Every kind has a queue with its name")
  func builtIn() {
    #expect(Kind.allCases.map { QueueName(builtIn: $0).text } == ["heartbeat", "command", "container"])
    #expect(QueueLimits(builtIn: .command, cores: 0) == QueueLimits(maxRunning: 2, maxQueued: 1000))
    #expect(QueueLimits(builtIn: .command, cores: 8).maxRunning == 16)
    #expect(QueueLimits(builtIn: .heartbeat, cores: 8).maxRunning == 256)
  }
}

/// UUID version 7 as the id of an attempt.
struct JobIDTests {
  @Test("An id has the form 8-4-4-4-12, and is read in upper and lower case")
  func roundTrip() {
    let seed = UInt64.random(in: .min ... .max)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<2000 {
      let instant = Instant(microseconds: .random(in: 0...4_102_444_800_000_000, using: &generator))
      let id = JobID(at: instant, using: &generator)
      let text = id.description
      #expect(text.split(separator: "-").map(\.count) == [8, 4, 4, 4, 12], "seed \(seed)")
      #expect(JobID(text) == id, "seed \(seed)")
      #expect(JobID(text.uppercased()) == id, "seed \(seed)")
      #expect(JobID(high: id.high, low: id.low) == id)
      #expect(Array(text)[14] == "7" && "89ab".contains(Array(text)[19]), "seed \(seed)")
      // RFC 9562, section 5.7: the first 48 bits are the milliseconds.
      #expect(Int64(id.high >> 16) == instant.microseconds / 1000, "seed \(seed)")
    }
  }

  @Test("Ids sort by the microsecond of their creation, also as text")
  func order() {
    var generator = SeededGenerator(seed: 1)
    let ids = (0..<3000).map { JobID(at: Instant(microseconds: 1_800_000_000_000_000 + $0), using: &generator) }
    #expect(ids == ids.sorted())
    #expect(ids.map(\.description) == ids.map(\.description).sorted())
    #expect(Set(ids).count == ids.count)
  }

  @Test("Ids of one source keep their order when the clock is set back, and do not only count up")
  func sequence() {
    var generator = SeededGenerator(seed: 4)
    var sequence = JobIDSequence()
    let start: Int64 = 1_800_000_000_000_000
    let instants = [0, 7_200_000_000, 0, 1, 1, 5] + (0..<3000).map { Int64($0) } + [7_200_000_001]
    let ids = instants.map { sequence.next(at: Instant(microseconds: start + $0), using: &generator) }
    #expect(ids == ids.sorted() && Set(ids).count == ids.count)
    #expect(Set(ids.map(\.low)).count == ids.count)
    for id in ids { #expect(JobID(id.description) == id, "it is still a UUID of version 7") }
  }

  @Test("Ids of one instant differ")
  func burst() {
    var generator = SeededGenerator(seed: 2)
    let ids = (0..<10_000).map { _ in JobID(at: Instant(microseconds: 5), using: &generator) }
    #expect(Set(ids).count == ids.count)
  }

  @Test("An instant before 1970 gives an id of 1970")
  func ancient() {
    var generator = SeededGenerator(seed: 3)
    #expect(JobID(at: Instant(microseconds: -1), using: &generator).high >> 16 == 0)
  }

  @Test(
    "A text that is not an id of this version is refused",
    arguments: [
      "", "0190f5e8", "0190f5e8-6c7a-7abc-8def-0123456789a", "0190f5e8-6c7a-7abc-8def-0123456789abc",
      "0190f5e8-6c7a-4abc-8def-0123456789ab", "0190f5e8-6c7a-7abc-cdef-0123456789ab",
      "0190f5e806c7a-7abc-8def-0123456789ab", "0190f5e8-6c7a-7abc-8def-0123456789aG",
      "{190f5e8-6c7a-7abc-8def-0123456789ab}", "0190f5e86c7a7abc8def0123456789ab0000",
    ])
  func refused(_ text: String) {
    #expect(JobID(text) == nil)
  }
}
