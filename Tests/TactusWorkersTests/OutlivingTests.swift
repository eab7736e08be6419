import Synchronization
import TactusExecutor
import TactusModel
import TactusPorts
import TactusSimulation
import TactusTestSupport
import Testing

/// Jobs of one runner, some of which continue when the daemon stops.
@Suite("A stop, and jobs that outlive it")
struct OutlivingTests {
  private static let text = "[Workflow]\nOverlap=allow\n[Command]\nExec=/bin/true\n"

  private func world(_ seed: UInt64, lasting: Int, duration: Duration?) throws -> World {
    let number = Mutex(0)
    return try World(seed: seed, definitions: [("a", Self.text)]) { _ in
      let isLasting = number.withLock { number in
        number += 1
        return number <= lasting
      }
      return .init(duration: isLasting ? nil : duration, outlivesDaemon: isLasting)
    }
  }

  @Test("A stop waits only for jobs that end with the daemon", arguments: 1...20)
  func waits(seed: UInt64) throws {
    let world = try world(seed, lasting: 2, duration: .seconds(5))
    for _ in 0..<4 { _ = try world.run("a") }
    let isDrained = Mutex(false)
    world.execution.drain(within: .seconds(30)) { isDrained.withLock { $0 = true } }
    world.pass(.milliseconds(4_999))
    #expect(!isDrained.withLock { $0 })
    world.pass(.milliseconds(1))
    #expect(isDrained.withLock { $0 })
    #expect(
      try world.rows("SELECT status, count(*) FROM jobs GROUP BY status ORDER BY status")
        == ["COMPLETED|2", "RUNNING|2"])
    try world.audit()
  }

  @Test("At the end of the drain time only jobs that end with the daemon are interrupted", arguments: 1...20)
  func interrupts(seed: UInt64) throws {
    let world = try world(seed, lasting: 2, duration: nil)
    let ids = try (0..<4).map { _ in try world.run("a") }
    let isDrained = Mutex(false)
    world.execution.drain(within: .seconds(30)) { isDrained.withLock { $0 = true } }
    world.pass(.seconds(30))
    #expect(isDrained.withLock { $0 })
    #expect(
      try world.rows("SELECT status, error_code, count(*) FROM jobs GROUP BY status ORDER BY status")
        == ["FAILED|INTERRUPTED|2", "RUNNING||2"])
    let terminated = world.runner.deeds.compactMap { if case .terminated(let id, _) = $0 { id } else { nil } }
    #expect(terminated.count == 2 && Set(terminated).isSubset(of: ids))
    #expect(terminated.allSatisfy { !world.runner.outlivesDaemon($0) })
    try world.audit()
  }

  @Test("A stop without such jobs ends at once", arguments: 1...5)
  func atOnce(seed: UInt64) throws {
    let world = try world(seed, lasting: 4, duration: nil)
    for _ in 0..<3 { _ = try world.run("a") }
    let isDrained = Mutex(false)
    world.execution.drain(within: .seconds(30)) { isDrained.withLock { $0 = true } }
    world.settle()
    #expect(isDrained.withLock { $0 })
  }

  @Test("A stop ends after its time and grace even if a job cannot be killed, and the row says why", arguments: 1...20)
  func unkillable(seed: UInt64) throws {
    let world = try World(seed: seed, definitions: [("a", Self.text)]) { _ in
      .init(duration: nil, obeysTerminate: false, obstacle: "cannot be killed: process 7 waits")
    }
    let id = try world.run("a")
    let isDrained = Mutex(false)
    world.execution.drain(within: .seconds(30)) { isDrained.withLock { $0 = true } }
    world.pass(.seconds(30) + Limits.grace + Limits.grace)
    #expect(!isDrained.withLock { $0 })
    world.pass(.seconds(1))
    #expect(isDrained.withLock { $0 })
    #expect(
      try world.rows("SELECT status, phase, stop_reason, error_message FROM jobs")
        == ["RUNNING|stopping|INTERRUPTED|cannot be killed: process 7 waits"])
    let reported = world.journal.entries.filter { $0.kind == .jobNotKilled }.map(\.message)
    #expect(reported.contains { $0 == "job \(id) of a cannot be killed: process 7 waits" })
    #expect(
      reported.contains { $0.hasPrefix("tactusd stops without job \(id) of a: cannot be killed: process 7 waits.") })
  }

  @Test(
    "A timed-out attempt that cannot be killed is named in the journal and its row, and still awaited",
    arguments: 1...20)
  func unkillableByTimeout(seed: UInt64) throws {
    let text = "[Command]\nExec=/bin/true\nTimeout=5s\n"
    let world = try World(seed: seed, definitions: [("a", text)]) { _ in
      .init(duration: .seconds(60), obeysTerminate: false, obstacle: "cannot be killed: process 7 waits")
    }
    _ = try world.run("a")
    world.pass(.seconds(5) + Limits.grace + Limits.grace)
    #expect(try world.rows("SELECT status, error_message FROM jobs") == ["RUNNING|cannot be killed: process 7 waits"])
    #expect(world.journal.entries.filter { $0.kind == .jobNotKilled }.count == 1)
    world.pass(.seconds(60))
    #expect(try world.rows("SELECT status, error_code FROM jobs") == ["FAILED|PROVIDER_TIMEOUT"])
    try world.audit()
  }

  @Test("Leftover processes that cannot be killed are named two seconds after the exit", arguments: 1...20)
  func unkillableRest(seed: UInt64) throws {
    let world = try World(seed: seed, definitions: [("a", Self.text)]) { _ in
      .init(duration: .seconds(5), storing: .seconds(30), obstacle: "cannot be killed: process 7 waits")
    }
    _ = try world.run("a")
    world.pass(.seconds(5) + Limits.grace + .seconds(1))
    #expect(try world.rows("SELECT status, error_message FROM jobs") == ["RUNNING|cannot be killed: process 7 waits"])
    #expect(world.journal.entries.filter { $0.kind == .jobNotKilled }.count == 1)
    world.pass(.seconds(30))
    #expect(try world.rows("SELECT status, error_message FROM jobs") == ["COMPLETED|"])
    try world.audit()
  }
}
