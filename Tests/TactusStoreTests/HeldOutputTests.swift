import Foundation
import Synchronization
import TactusModel
import TactusPorts
import TactusSimulation
import TactusTestSupport
import Testing

@testable import TactusStore

/// Output that cannot be stored at present is held, and none of it is lost.
@Suite("Output that cannot be stored")
struct HeldOutputTests {
  private final class Reported: Sendable {
    private let kept = Mutex<[OutputTrouble?]>([])
    var troubles: [OutputTrouble?] { kept.withLock { $0 } }
    func note(_ trouble: OutputTrouble?) { kept.withLock { $0.append(trouble) } }
  }

  private let simulation = Simulation(seed: 3, startingAt: .zero)
  private let a = JobID(high: 0x7001, low: 1)

  private func line(_ text: String) -> OutputLine {
    OutputLine(stream: .stdout, at: .zero, bytes: Array(text.utf8), isPartial: false)
  }

  private func run(_ seconds: Int = 0) { simulation.run(until: simulation.now + .seconds(seconds)) }

  private func texts(of id: JobID, in store: OutputStore) -> [String]? {
    let found = Mutex<[String]?>(nil)
    store.lines(of: id, after: 0, limit: 10_000) { result in
      // A failure becomes nil, which the test refuses.
      let lines = try? result.get().map { String(decoding: $0.line.bytes, as: UTF8.self) }
      found.withLock { $0 = lines }
    }
    run()
    return found.withLock { $0 }
  }

  @Test("A lock of another process delays output without loss, and its reason is reported once")
  func locked() throws {
    let file = TemporaryFile(named: "logs.db")
    let reported = Reported()
    let store = try simulation.outputStore(at: file.path, health: reported.note)
    let locker = try Connection(path: file.path)
    try locker.execute("BEGIN IMMEDIATE")
    let answers = Mutex<[Bool]>([])
    for number in 0..<10 {
      store.append([line("\(number)")], to: a) { stored in answers.withLock { $0.append(stored) } }
      run(number.isMultiple(of: 3) ? 1 : 0)
    }
    run(4)
    #expect(answers.withLock { $0 } == [])
    #expect(reported.troubles.count == 1)
    #expect(reported.troubles.first??.reason == "database is locked (SQLite 5)")
    #expect(reported.troubles.first??.isLost == false)
    try locker.execute("ROLLBACK")
    locker.close()
    run(2)
    #expect(answers.withLock { $0 } == Array(repeating: true, count: 10))
    #expect(texts(of: a, in: store) == (0..<10).map(String.init))
    #expect(reported.troubles.count == 2 && reported.troubles.last == .some(nil))
    store.call { $0.close() }
  }

  @Test("A stopping daemon waits for a while, and then reports held output as lost")
  func givenUp() throws {
    let file = TemporaryFile(named: "logs.db")
    let reported = Reported()
    let store = try simulation.outputStore(at: file.path, health: reported.note)
    let locker = try Connection(path: file.path)
    defer { locker.close() }
    try locker.execute("BEGIN IMMEDIATE")
    let answers = Mutex<[Bool]>([])
    for _ in 0..<3 { store.append([line("x")], to: a) { stored in answers.withLock { $0.append(stored) } } }
    run()
    store.call { $0.giveUp(after: .seconds(10)) }
    run(8)
    #expect(answers.withLock { $0 } == [])
    run(4)
    #expect(answers.withLock { $0 } == [false, false, false])
    #expect(reported.troubles.last??.isLost == true)
    store.append([line("late")], to: a) { stored in answers.withLock { $0.append(stored) } }
    run()
    #expect(answers.withLock { $0.count } == 4)
    store.call { $0.close() }
  }

  @Test("Held output is answered when the store is closed, and when it is discarded")
  func closed() throws {
    let file = TemporaryFile(named: "logs.db")
    let store = try simulation.outputStore(at: file.path)
    let locker = try Connection(path: file.path)
    defer { locker.close() }
    try locker.execute("BEGIN IMMEDIATE")
    let answers = Mutex<[String]>([])
    let b = JobID(high: 0x7002, low: 2)
    store.append([line("x")], to: a) { stored in answers.withLock { $0.append("a \(stored)") } }
    store.append([line("y")], to: b) { stored in answers.withLock { $0.append("b \(stored)") } }
    run()
    store.discard(a) { isGone in answers.withLock { $0.append("discard \(isGone)") } }
    run()
    #expect(answers.withLock { $0 } == ["a false", "discard false"])
    store.call { $0.close() }
    #expect(answers.withLock { $0.last } == "b false")
  }

  @Test(
    "A full file system holds output until there is room, and then stores all of it",
    .enabled(if: TemporaryMount.isPermitted, "needs the right to mount a file system"))
  func fullFileSystem() throws {
    let place = try TemporaryMount(kilobytes: 9000)
    let reported = Reported()
    let store = try simulation.outputStore(at: "\(place.path)/logs.db", health: reported.note)
    try place.fill()
    let answers = Mutex<[Int: [Bool]]>([:])
    let filling = String(repeating: "x", count: 5000)
    for number in 1...200 {
      let id = JobID(high: 0x7000, low: UInt64(number))
      store.append((0..<3).map { line("\(number) \($0) \(filling)") }, to: id) { stored in
        answers.withLock { $0[number, default: []].append(stored) }
      }
      if number.isMultiple(of: 5) { run() }
    }
    run(5)
    #expect(answers.withLock { $0.count } < 200)
    #expect(reported.troubles.count == 1)
    place.clear()
    run(2)
    #expect(answers.withLock { $0.count } == 200)
    #expect(answers.withLock { $0.values.allSatisfy { $0 == [true] } })
    for number in 1...200 {
      let texts = texts(of: JobID(high: 0x7000, low: UInt64(number)), in: store)
      #expect(texts == (0..<3).map { "\(number) \($0) \(filling)" }, "batch \(number)")
    }
    #expect(reported.troubles.last == .some(nil))
    store.call { $0.close() }
  }

  @Test("A file that was moved away holds output until it is back")
  func moved() throws {
    let file = TemporaryFile(named: "logs.db")
    let reported = Reported()
    let store = try simulation.outputStore(at: file.path, health: reported.note)
    try FileManager.default.moveItem(atPath: file.path, toPath: "\(file.directory)/away")
    let answers = Mutex<[Bool]>([])
    store.append([line("x")], to: a) { stored in answers.withLock { $0.append(stored) } }
    run(3)
    #expect(answers.withLock { $0 } == [])
    #expect(reported.troubles.first??.reason.contains("\(file.path) was removed or moved away") == true)
    try FileManager.default.moveItem(atPath: "\(file.directory)/away", toPath: file.path)
    run(2)
    #expect(answers.withLock { $0 } == [true])
    #expect(texts(of: a, in: store) == ["x"])
    store.call { $0.close() }
  }
}
