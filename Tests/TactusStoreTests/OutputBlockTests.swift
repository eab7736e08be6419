import Foundation
import Synchronization
import TactusModel
import TactusPorts
import TactusSimulation
import TactusTestSupport
import Testing

@testable import TactusStore

/// Output takes about as much room as it has bytes, and is read back unchanged.
@Suite("Output in blocks")
struct OutputBlockTests {
  private let a = JobID(high: 0x7001, low: 1)
  private let b = JobID(high: 0x7002, low: 2)

  private func size(of path: String) throws -> Int {
    try ["", "-wal"].map { path + $0 }.filter { FileManager.default.fileExists(atPath: $0) }.reduce(0) { sum, path in
      sum + ((try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0)
    }
  }

  private func lines(_ count: Int, _ bytes: [UInt8], isPartial: Bool = false) -> [OutputLine] {
    Array(
      repeating: OutputLine(stream: .stdout, at: .at(1), bytes: bytes, isPartial: isPartial), count: count)
  }

  /// Stores batches one after the other, each in its own commit; returns the largest size of the files.
  private func store(_ batches: [[OutputLine]], at path: String) throws -> Int {
    let simulation = Simulation(seed: 1, startingAt: .zero)
    let store = try simulation.outputStore(at: path)
    let stored = Mutex(0)
    var largest = 0
    for batch in batches {
      store.append(batch, to: a) { isStored in stored.withLock { $0 += isStored ? 1 : 0 } }
      simulation.run(until: simulation.now)
      largest = max(largest, try size(of: path))
    }
    #expect(stored.withLock { $0 } == batches.count)
    let extent = Mutex<[TactusPorts.OutputStream: Int64]>([:])
    // A failure becomes an empty extent, which the test refuses.
    store.extent(of: a) { result in extent.withLock { $0 = (try? result.get()) ?? [:] } }
    simulation.run(until: simulation.now)
    let written = batches.joined().reduce(0) { $0 + $1.bytes.count + ($1.isPartial ? 0 : 1) }
    #expect(extent.withLock { $0 } == [.stdout: Int64(written)])
    store.call { $0.close() }
    return largest
  }

  @Test("Three million empty lines take at most twice their bytes")
  func emptyLines() throws {
    let file = TemporaryFile(named: "logs.db")
    let largest = try store(Array(repeating: lines(100_000, []), count: 30), at: file.path)
    #expect(largest <= 6_000_000, "\(largest)")
  }

  @Test("A million lines of one byte take at most twice their bytes")
  func oneByte() throws {
    let file = TemporaryFile(named: "logs.db")
    let largest = try store(Array(repeating: lines(100_000, [0x61]), count: 10), at: file.path)
    #expect(largest <= 4_000_000, "\(largest)")
  }

  @Test("One line without a newline takes at most twice its bytes")
  func oneLine() throws {
    let file = TemporaryFile(named: "logs.db")
    let piece = (0..<Limits.logLineBytes).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let largest = try store(Array(repeating: lines(4, piece, isPartial: true), count: 16), at: file.path)
    #expect(largest <= 2 * 64 * Limits.logLineBytes, "\(largest)")
  }

  @Test("Empty lines that arrive one by one share blocks")
  func oneByOne() throws {
    let file = TemporaryFile(named: "logs.db")
    let batches = (0..<20_000).map { number in
      [OutputLine(stream: .stdout, at: Instant(microseconds: Int64(number) * 1000), bytes: [], isPartial: false)]
    }
    _ = try store(batches, at: file.path)
    // Three bytes each, because each has a different instant.
    #expect(try size(of: file.path) <= 100_000)
  }

  @Test("Added lines are read back unchanged, from whichever position", arguments: [1, 2, 3, 4, 5] as [UInt64])
  func roundTrip(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let file = TemporaryFile(named: "logs.db")
    let simulation = Simulation(seed: seed, startingAt: .zero)
    let store = try simulation.outputStore(at: file.path)
    var written: [JobID: [OutputLine]] = [a: [], b: []]
    var now: Int64 = 1_700_000_000_000_000
    for _ in 0..<300 {
      let id = Bool.random(using: &generator) ? a : b
      let batch = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
        now += Int64.random(in: -2_000_000...5_000_000, using: &generator) * Int64.random(in: 0...1, using: &generator)
        let length = [0, 1, 15, 16, 300, 9000].randomElement(using: &generator) ?? 0
        return OutputLine(
          stream: Bool.random(using: &generator) ? .stdout : .stderr, at: Instant(microseconds: now),
          bytes: (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) },
          isPartial: Int.random(in: 0..<5, using: &generator) == 0)
      }
      store.append(batch, to: id) { _ in }
      written[id, default: []] += batch
      if Int.random(in: 0..<3, using: &generator) == 0 { simulation.run(until: simulation.now) }
    }
    simulation.run(until: simulation.now)
    for (id, lines) in written {
      for start in [0, 1, lines.count / 2, lines.count - 1, lines.count] {
        let found = Mutex<[(position: Int64, line: OutputLine)]>([])
        store.lines(of: id, after: Int64(start), limit: .max) { result in
          found.withLock { $0 = (try? result.get()) ?? [] }  // A failure becomes an empty list, which the test refuses.
        }
        simulation.run(until: simulation.now)
        #expect(found.withLock { $0.map(\.line) } == Array(lines[start...]), "seed \(seed), from \(start)")
        #expect(found.withLock { $0.map(\.position) } == (start..<lines.count).map { Int64($0 + 1) })
      }
    }
    store.call { $0.close() }
  }

  @Test("Bytes that are not lines are recognized, and never trap", arguments: [1, 2] as [UInt64])
  func damage(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var block = OutputBlock(first: 1)
    for number in 0..<200 {
      block.add(
        OutputLine(
          stream: .stderr, at: .at(number), bytes: Array(repeating: 0x61, count: number % 20), isPartial: false))
    }
    for _ in 0..<20_000 {
      var content = block.content
      for _ in 0...Int.random(in: 0...3, using: &generator) {
        content[Int.random(in: content.indices, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      }
      let count = Bool.random(using: &generator) ? block.count : Int.random(in: 0...(1 << 20), using: &generator)
      let damaged = OutputBlock(first: .max - 5, count: count, newest: .zero, written: [:], content: content)
      _ = damaged.lines(after: 0, limit: .max)
    }
  }

  @Test("Output of the previous version is still read, and new lines are added behind it")
  func olderFile() throws {
    let file = TemporaryFile(named: "logs.db")
    let old = try Connection(path: file.path)
    try old.prepareForWriting(synchronous: "NORMAL")
    try old.migrate(Array(OutputSchema.migrations.prefix(1)), file: file.path)
    try old.execute(
      """
      INSERT INTO lines VALUES (x'\(String(repeating: "0", count: 12))7001\(String(repeating: "0", count: 15))1', 1, 5, 'stdout', 0, x'6f6c64'),
        (x'\(String(repeating: "0", count: 12))7001\(String(repeating: "0", count: 15))1', 2, 6, 'stderr', 1, x'6f')
      """)
    old.close()
    let simulation = Simulation(seed: 1, startingAt: .zero)
    let store = try simulation.outputStore(at: file.path)
    store.append([OutputLine(stream: .stdout, at: .at(1), bytes: [0x6e], isPartial: false)], to: a) { _ in }
    simulation.run(until: simulation.now)
    let found = Mutex<[(position: Int64, line: OutputLine)]>([])
    let extent = Mutex<[TactusPorts.OutputStream: Int64]>([:])
    // A failure becomes an empty value, which the test refuses.
    store.lines(of: a, after: 0, limit: 10) { result in found.withLock { $0 = (try? result.get()) ?? [] } }
    // As above.
    store.extent(of: a) { result in extent.withLock { $0 = (try? result.get()) ?? [:] } }
    simulation.run(until: simulation.now)
    #expect(found.withLock { $0.map(\.position) } == [1, 2, 3])
    #expect(found.withLock { $0.map { String(decoding: $0.line.bytes, as: UTF8.self) } } == ["old", "o", "n"])
    #expect(found.withLock { $0.map(\.line.isPartial) } == [false, true, false])
    #expect(extent.withLock { $0 } == [.stdout: 6, .stderr: 1])
    store.call { $0.close() }
    #expect(Auditor.hasOutput(file: file.path))
  }

  @Test("The output of another store is refused, and left unchanged")
  func foreign() throws {
    let file = TemporaryFile(named: "logs.db")
    try Simulation(seed: 1, startingAt: .zero).outputStore(at: file.path, of: "one").call { $0.close() }
    let before = try Data(contentsOf: URL(filePath: file.path))
    let error = #expect(throws: StoreError.self) {
      try Simulation(seed: 1, startingAt: .zero).outputStore(at: file.path, of: "another")
    }
    #expect(error?.message.contains("belongs to another store, one") == true)
    #expect(try Data(contentsOf: URL(filePath: file.path)) == before)
    try Simulation(seed: 1, startingAt: .zero).outputStore(at: file.path, of: "one").call { $0.close() }
  }
}
