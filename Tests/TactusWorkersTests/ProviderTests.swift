import TactusModel
import TactusPorts
import TactusScheduler
import TactusSimulation
import TactusTestSupport
import Testing

/// Jobs whose runner has no provider.
@Suite("Waiting for a provider")
struct ProviderTests {
  private static let text = "[Workflow]\nOverlap=allow\n[Command]\nExec=/bin/true\n"

  private func world(_ seed: UInt64 = 1, file: String = ":memory:", at start: Instant = World.start) throws -> World {
    try World(seed: seed, at: start, file: file, definitions: [("a", Self.text)])
  }

  private func phases(_ world: World) throws -> [String] {
    try world.rows("SELECT status, phase, error_code FROM jobs ORDER BY seq")
  }

  @Test("A waiting job has no slot, uses no retry, and starts when a provider is available", arguments: 1...10)
  func goesOn(seed: UInt64) throws {
    let world = try world(seed)
    world.runner.setProvider(.down)
    // Three times the number of slots.
    for _ in 0..<12 { _ = try world.run("a") }
    #expect(try phases(world) == Array(repeating: "QUEUED|waiting_for_provider|", count: 12))
    world.pass(.seconds(599))
    #expect(try phases(world) == Array(repeating: "QUEUED|waiting_for_provider|", count: 12))
    world.runner.setProvider(nil)
    world.settle()
    #expect(try phases(world) == Array(repeating: "COMPLETED||", count: 12))
    #expect(world.runner.orders.count == 12)
    #expect(world.runner.waiting.isEmpty)
    try world.audit()
  }

  @Test("After DispatchTimeout= it ends with DISPATCH_EXHAUSTED, which does not count as a failure of its workflow")
  func timeout() throws {
    let world = try world()
    world.runner.setProvider(.down)
    _ = try world.run("a")
    world.pass(.milliseconds(599_999))
    #expect(try phases(world) == ["QUEUED|waiting_for_provider|"])
    world.pass(.milliseconds(1))
    #expect(try phases(world) == ["FAILED||DISPATCH_EXHAUSTED"])
    #expect(
      try world.rows("SELECT error_message FROM jobs")
        == ["the engine is away, for as long as DispatchTimeout= allows"])
    #expect(try world.rows("SELECT consecutive_failures FROM workflows") == ["0"])
    #expect(world.runner.waiting.isEmpty)
    try world.audit()
  }

  @Test("A full provider is awaited without a limit; the limit begins when the provider stops answering")
  func crowded() throws {
    let world = try world()
    world.runner.setProvider(.crowded)
    _ = try world.run("a")
    world.pass(.seconds(3600))
    world.runner.setProvider(.down)
    world.pass(.seconds(599))
    #expect(try phases(world) == ["QUEUED|waiting_for_provider|"])
    world.runner.setProvider(.crowded)
    world.pass(.seconds(3600))
    #expect(try phases(world) == ["QUEUED|waiting_for_provider|"])
    world.runner.setProvider(.down)
    world.pass(.seconds(600))
    #expect(try phases(world) == ["FAILED||DISPATCH_EXHAUSTED"])
    try world.audit()
  }

  @Test("It can be canceled while it waits, in any order of events", arguments: 1...20)
  func canceled(seed: UInt64) throws {
    let world = try world(seed)
    world.runner.setProvider(.down)
    let ids = try (0..<4).map { _ in try world.run("a") }
    for id in ids.prefix(2) { _ = try world.ask { world.scheduling.cancel(id, answer: $0) } }
    // The provider comes back at the same time.
    world.scheduling.cancel(ids[2]) { _ in }
    world.runner.setProvider(nil)
    world.settle()
    #expect(try phases(world).prefix(2) == ["CANCELED||CANCELED_BY_USER", "CANCELED||CANCELED_BY_USER"])
    #expect(try phases(world).last == "COMPLETED||")
    #expect(world.runner.orders[ids[0]] == nil && world.runner.orders[ids[1]] == nil)
    #expect(world.runner.waiting.isEmpty)
    try world.audit()
    // All four slots are free.
    for _ in 0..<4 { _ = try world.run("a") }
    #expect(try phases(world).suffix(4) == Array(repeating: "COMPLETED||", count: 4))
  }

  @Test("A stop does not wait for it, and the next daemon lets it continue", arguments: 1...5)
  func restart(seed: UInt64) throws {
    let file = TemporaryFile()
    let first = try world(seed, file: file.path)
    first.runner.setProvider(.down)
    _ = try first.run("a")
    first.pass(.seconds(500))
    let second = try world(seed + 1, file: file.path, at: first.simulation.now)
    #expect(try phases(second) == ["COMPLETED||"])
    try second.audit()
  }
}
