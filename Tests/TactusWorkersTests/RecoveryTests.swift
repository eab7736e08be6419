import Synchronization
import TactusExecutor
import TactusModel
import TactusPorts
import TactusSimulation
import TactusTestSupport
import Testing

@Suite("Jobs of a killed daemon")
struct RecoveryTests {
  private static let text = "[Command]\nExec=/bin/sleep 60\n"

  /// Creates a world with a long run, and the world after its sudden end.
  private func restart(
    seed: UInt64, file: TemporaryFile, fate: SimulatedRunner.Fate? = nil
  ) throws -> (world: World, id: JobID) {
    let first = try World(seed: seed, file: file.path, definitions: [("long", Self.text)]) { _ in .init(duration: nil) }
    let id = try first.run("long")
    first.pass(.seconds(1))
    let second = try World(
      seed: seed + 1, at: first.simulation.now, file: file.path, definitions: [("long", Self.text)],
      fates: fate.map { [id: $0] } ?? [:])
    return (second, id)
  }

  private func row(_ world: World, _ id: JobID) throws -> [String] {
    try world.rows("SELECT status, error_code FROM jobs WHERE hex(id) = '\(id.hexadecimal)'")
  }

  @Test("A process that is gone is LOST at once")
  func gone() throws {
    let (world, id) = try restart(seed: 1, file: TemporaryFile())
    #expect(try row(world, id) == ["FAILED|LOST"])
    try world.audit()
  }

  @Test("A process that is alive is ended, and LOST")
  func alive() throws {
    let (world, id) = try restart(seed: 1, file: TemporaryFile(), fate: .alive)
    #expect(world.runner.deeds.contains(.terminated(id, world.simulation.now)))
    #expect(try row(world, id) == ["FAILED|LOST"])
    try world.audit()
  }

  // Found by the kill loop: the end arrived before the stop reason was durable, and was dropped. The row was RUNNING
  // without a
  // process until the check two minutes later.
  @Test("A process that ends during the look-up is LOST at once, in any order of events", arguments: 1...20)
  func dying(seed: UInt64) throws {
    let (world, id) = try restart(seed: seed, file: TemporaryFile(), fate: .dying)
    #expect(try row(world, id) == ["FAILED|LOST"])
    try world.audit()
  }

  // Found when a package was removed and installed again: the first caller saw jobs as RUNNING that were gone.
  @Test("Callers are answered only after the row shows the known state", arguments: 1...20)
  func settled(seed: UInt64) throws {
    let expected: [(fate: SimulatedRunner.Fate?, after: Duration, row: [String])] = [
      (nil, .zero, ["FAILED||LOST"]), (.alive, .zero, ["RUNNING|stopping|"]),
      (.ended(after: .seconds(2)), .seconds(2), ["COMPLETED||"]),
      (.silent(after: .seconds(3)), .seconds(3), ["RUNNING|unverified|"]),
    ]
    for (fate, span, row) in expected {
      // It lives as long as the world: a store whose file was removed refuses writes.
      let file = TemporaryFile()
      defer { withExtendedLifetime(file) {} }
      let (world, _) = try restart(seed: seed, file: file, fate: fate)
      let start = world.simulation.now
      world.pass(.seconds(5))
      let settled = world.settled.values
      #expect(settled.map(\.statuses) == [row], "\(fate as Any)")
      #expect(settled.map(\.at) == [start + span], "\(fate as Any)")
    }
  }

  @Test("Without jobs to look up callers are answered at once")
  func nothing() throws {
    let world = try World(seed: 1, definitions: [("long", Self.text)])
    #expect(world.settled.values.map(\.statuses) == [[]])
  }

  // Found with two signals in one turn: the second call ran before the first and took its answer.
  @Test("Every drain is answered, in whichever order", arguments: [false, true])
  func drain(withJob: Bool) throws {
    let world = try World(seed: 1, definitions: [("long", Self.text)]) { _ in .init(duration: nil) }
    if withJob { _ = try world.run("long") }
    let answered = Mutex<[String]>([])
    world.execution.drain(within: .zero) { answered.withLock { $0.append("interrupt") } }
    world.execution.drain(within: .seconds(30)) { answered.withLock { $0.append("stop") } }
    world.settle()
    #expect(answered.withLock { $0 } == ["interrupt", "stop"])
    #expect(try world.rows("SELECT count(*) FROM jobs WHERE status IN ('QUEUED', 'RUNNING')") == ["0"])
  }
}
