import Synchronization
import TactusExecutor
import TactusModel
import TactusPorts
import TactusTestSupport
import Testing

@Suite("What a killed daemon left")
struct RecoveryTests {
  private static let text = "[Command]\nExec=/bin/sleep 60\n"

  /// A world in which a run lasts, and the one after its sudden end.
  private func restart(
    seed: UInt64, file: TemporaryFile, isAlive: Bool = false, isDying: Bool = false
  ) throws -> (world: World, id: JobID) {
    let first = try World(seed: seed, file: file.path, definitions: [("long", Self.text)]) { _ in .init(duration: nil) }
    let id = try first.run("long")
    first.pass(.seconds(1))
    let second = try World(
      seed: seed + 1, at: first.simulation.now, file: file.path, definitions: [("long", Self.text)],
      surviving: isAlive ? [id] : [], dying: isDying ? [id] : [])
    return (second, id)
  }

  private func row(_ world: World, _ id: JobID) throws -> [String] {
    try world.rows("SELECT status, error_code FROM jobs WHERE hex(id) = '\(id.hexadecimal)'")
  }

  @Test("Nothing is left of it: LOST at once")
  func gone() throws {
    let (world, id) = try restart(seed: 1, file: TemporaryFile())
    #expect(try row(world, id) == ["FAILED|LOST"])
    try world.audit()
  }

  @Test("It is alive: it is ended, and LOST")
  func alive() throws {
    let (world, id) = try restart(seed: 1, file: TemporaryFile(), isAlive: true)
    #expect(world.runner.deeds.contains(.terminated(id, world.simulation.now)))
    #expect(try row(world, id) == ["FAILED|LOST"])
    try world.audit()
  }

  // Found by the kill loop: the end came before the reason to stop it was durable, was dropped, and the row was RUNNING
  // without a process until the check two minutes later.
  @Test("It ends by itself while it is looked up: LOST at once, in whatever order that is heard", arguments: 1...20)
  func dying(seed: UInt64) throws {
    let (world, id) = try restart(seed: seed, file: TemporaryFile(), isDying: true)
    #expect(try row(world, id) == ["FAILED|LOST"])
    try world.audit()
  }

  // Found by two signals in one breath: the second call came before the first and took its answer away.
  @Test("Every drain is answered, whichever comes first", arguments: [false, true])
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
