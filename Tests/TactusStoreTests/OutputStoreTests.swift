import Synchronization
import TactusModel
import TactusPorts
import TactusSimulation
import TactusTestSupport
import Testing

@testable import TactusStore

@Suite("The output of jobs")
struct OutputStoreTests {
  private let simulation = Simulation(seed: 1, startingAt: .zero)
  private let file = TemporaryFile(named: "logs.db")
  private let store: OutputStore
  private let a = JobID(high: 0x7001, low: 1)
  private let b = JobID(high: 0x7002, low: 2)

  init() throws { store = try simulation.outputStore(at: file.path) }

  private func line(_ text: String, _ stream: OutputStream = .stdout, at second: Int = 0) -> OutputLine {
    OutputLine(stream: stream, at: .at(second), bytes: Array(text.utf8), isPartial: false)
  }

  /// Appends batches in one turn; returns the answers in the order in which they arrived.
  private func append(_ batches: [(JobID, [OutputLine])]) -> [Bool] {
    let answers = Mutex<[Bool]>([])
    for (id, lines) in batches { store.append(lines, to: id) { stored in answers.withLock { $0.append(stored) } } }
    settle()
    return answers.withLock { $0 }
  }

  private func read(
    _ id: JobID, after position: Int64 = 0, limit: Int = 1000
  ) throws -> [(position: Int64, line: OutputLine)] {
    let answer = Mutex<Result<[(position: Int64, line: OutputLine)], Refusal>?>(nil)
    store.lines(of: id, after: position, limit: limit) { result in answer.withLock { $0 = result } }
    settle()
    return try #require(answer.withLock { $0 }).get()
  }

  private func settle() { simulation.run(until: simulation.now) }

  @Test("Lines are read back in the order of each job, with their stream and instant")
  func order() throws {
    let first = [line("one", at: 1), line("oops", .stderr, at: 2)]
    #expect(
      append([(a, first), (b, [line("other", at: 3)]), (a, [line("two", at: 4)]), (a, [])]) == [true, true, true, true])
    #expect(try read(a).map(\.line) == first + [line("two", at: 4)])
    #expect(try read(a).map(\.position) == [1, 2, 3])
    #expect(try read(b).map(\.line) == [line("other", at: 3)])
    #expect(try read(JobID(high: 0x7003, low: 3)).isEmpty)
    store.call { $0.close() }
  }

  @Test("A wait for a job's next line is answered once, after its commit, and not for other jobs")
  func waits() throws {
    let reported = Mutex<[String]>([])
    @Sendable func report(_ name: String) -> @Sendable () -> Void { { reported.withLock { $0.append(name) } } }
    _ = append([(a, [line("one")])])
    store.wait(for: a, after: 0, number: 1, isCanceled: { false }, answer: report("there already"))
    store.wait(for: a, after: 1, number: 2, isCanceled: { false }, answer: report("next"))
    store.wait(for: a, after: 1, number: 3, isCanceled: { true }, answer: report("canceled before"))
    store.wait(for: a, after: 1, number: 4, isCanceled: { false }, answer: report("canceled later"))
    store.cancelWait(4)
    _ = append([(b, [line("other")])])
    settle()
    #expect(reported.withLock { $0 } == ["there already", "canceled before", "canceled later"])
    _ = append([(a, [line("two")])])
    _ = append([(a, [line("three")])])
    #expect(reported.withLock { $0.last } == "next" && reported.withLock { $0.count } == 4)
    store.call { $0.close() }
  }

  @Test("Pages join without gaps, whatever their size", arguments: [1, 7, 100, 1000])
  func pages(limit: Int) throws {
    let lines = (0..<100).map { line("\($0)", $0.isMultiple(of: 2) ? .stderr : .stdout) }
    _ = append([(a, lines)])
    var found: [OutputLine] = []
    var position: Int64 = 0
    while true {
      let page = try read(a, after: position, limit: limit)
      #expect(page.count <= limit)
      guard let last = page.last else { break }
      found += page.map(\.line)
      position = last.position
    }
    #expect(found == lines)
    store.call { $0.close() }
  }

  @Test("Bytes are stored unchanged: NUL, invalid UTF-8, empty lines, pieces of 64 KiB")
  func bytes() throws {
    let piece = (0..<Limits.logLineBytes).map { UInt8(truncatingIfNeeded: $0 * 7) }
    let contents: [([UInt8], Bool)] = [
      ([0, 0xFF, 0xC0, 0x80, 0], false), ([], false), (piece, true), (piece.reversed(), true), ([0x0D], false),
    ]
    let lines = contents.map { OutputLine(stream: .stdout, at: .at(-1), bytes: $0.0, isPartial: $0.1) }
    #expect(append([(a, lines)]) == [true])
    #expect(try read(a).map(\.line) == lines)
    store.call { $0.close() }
  }

  @Test("Lines outlive the daemon, and a closed store reports that it stores nothing")
  func closing() throws {
    let answers = Mutex<[Bool]>([])
    let keep: @Sendable (Bool) -> Void = { stored in answers.withLock { $0.append(stored) } }
    store.append([line("before")], to: a, answer: keep)
    store.call { $0.close() }
    store.append([line("after")], to: a, answer: keep)
    settle()
    #expect(answers.withLock { $0 } == [true, false])
    let again = Simulation(seed: 2, startingAt: .zero)
    let reopened = try again.outputStore(at: file.path)
    let found = Mutex<[OutputLine]>([])
    reopened.lines(of: a, after: 0, limit: 10) { result in
      found.withLock { $0 = (try? result.get().map(\.line)) ?? [] }  // The test refuses an empty list.
    }
    again.run(until: again.now)
    #expect(found.withLock { $0 } == [line("before")])
    reopened.call { $0.close() }
  }

  @Test("A closed store refuses to read")
  func readingClosed() throws {
    let waited = Mutex(false)
    _ = append([(a, [line("one")])])
    store.wait(for: a, after: 1, number: 1, isCanceled: { false }, answer: { waited.withLock { $0 = true } })
    settle()
    store.call { $0.close() }
    #expect(waited.withLock { $0 }, "nobody waits for a store that is closed")
    #expect(throws: Refusal.unavailable(.closed)) { try read(a) }
    // The freed handle is not used by what was posted before the close either.
    let answers = Mutex<[Bool]>([])
    store.append([line("two")], to: a) { stored in answers.withLock { $0.append(stored) } }
    store.discard(a) { discarded in answers.withLock { $0.append(discarded) } }
    store.wait(for: a, after: 0, number: 2, isCanceled: { false }, answer: {})
    settle()
    #expect(answers.withLock { $0 } == [false, false])
  }
}

extension Simulation {
  /// Creates a store of output in this world.
  func outputStore(
    at path: String, of storeID: String = "store", health: @escaping @Sendable (OutputTrouble?) -> Void = { _ in }
  ) throws -> OutputStore {
    try OutputStore(
      file: path, storeID: storeID, queue: queue("tactus.logs", level: .leaf), time: self, alarms: self, health: health)
  }
}
