import TactusModel
import TactusPorts
import TactusSimulation
import TactusTestSupport
import Testing

@Suite("Overlapping runs")
struct OverlapTests {
  /// Creates a workflow every 10 s whose runs take 25 s.
  private func world(_ overlap: String, extra: String = "") throws -> World {
    let text = "[Workflow]\nOverlap=\(overlap)\n\(extra)\n[Schedule]\nInterval=10s\n[Command]\nExec=/bin/true\n"
    return try World(seed: 11, definitions: [("busy", text)]) { _ in .init(duration: .seconds(25)) }
  }

  private func starts(_ world: World) throws -> [String] {
    let zero = World.start.microseconds
    return try world.rows(
      "SELECT (nominal_at - \(zero)) / 1000000, (started_at - \(zero)) / 1000000 FROM jobs WHERE started_at IS NOT NULL ORDER BY started_at"
    )
  }

  @Test("queue: at most one automatic run waits, for the newest due instant")
  func queue() throws {
    let world = try world("queue")
    world.pass(.seconds(70))
    #expect(try starts(world) == ["10|10", "30|35", "60|60"])
    #expect(
      try world.rows("SELECT reason, count FROM decisions ORDER BY first_at") == ["coalesced|1", "coalesced|2"])
    try world.audit()
  }

  @Test("skip: every instant during a run gets a record")
  func skip() throws {
    let world = try world("skip")
    world.pass(.seconds(45))
    #expect(try starts(world) == ["10|10", "40|40"])
    #expect(try world.rows("SELECT reason, count FROM decisions") == ["overlap|1", "overlap|1"])
    try world.audit()
  }

  @Test("allow: every instant runs")
  func allow() throws {
    let world = try world("allow")
    world.pass(.seconds(45))
    #expect(try starts(world) == ["10|10", "20|20", "30|30", "40|40"])
    try world.audit()
  }

  @Test("replace: the old run is canceled, and the new one starts after its end")
  func replace() throws {
    let world = try world("replace")
    world.pass(.seconds(35))
    #expect(try starts(world) == ["10|10", "20|20", "30|30"])
    #expect(
      try world.rows("SELECT status, error_code FROM jobs WHERE completed_at IS NOT NULL")
        == ["CANCELED|OVERLAP_REPLACED", "CANCELED|OVERLAP_REPLACED"])
    try world.audit()
  }

  @Test("replace: a MANUAL run is not canceled but awaited")
  func replaceManual() throws {
    let world = try world("replace")
    let manual = try world.run("busy")
    world.pass(.seconds(26))
    #expect(try world.rows("SELECT status FROM jobs WHERE trigger = 'MANUAL'") == ["COMPLETED"])
    #expect(try starts(world) == ["0|0", "20|25"], "job \(manual) first")
    try world.audit()
  }

  @Test("MANUAL runs wait in order, behind the waiting automatic one")
  func manualOrder() throws {
    let world = try world("queue")
    world.pass(.seconds(21))
    let first = try world.run("busy")
    let second = try world.run("busy")
    world.pass(.seconds(200))
    let order = world.runner.deeds.compactMap { deed in
      if case .started(let id, _) = deed { id } else { nil }
    }
    let positions = [first, second].compactMap { order.firstIndex(of: $0) }
    #expect(positions.count == 2)
    #expect(positions == positions.sorted())
    try world.audit()
  }

  @Test("Jobs of a full queue stay PENDING, and are queued by priority when there is room")
  func backlog() throws {
    let limits: QueueBook = [QueueName(builtIn: .command): QueueLimits(maxRunning: 1, maxQueued: 2)]
    func text(_ priority: Int) -> String {
      "[Workflow]\nOverlap=allow\nPriority=\(priority)\n[Command]\nExec=/bin/true\n"
    }
    let world = try World(seed: 6, limits: limits, definitions: [("low", text(0)), ("high", text(9))]) { _ in
      .init(duration: .seconds(1))
    }
    for _ in 0..<5 { _ = try world.run("low") }
    let high = try world.run("high")
    #expect(
      try world.rows("SELECT status, phase, wait, count(*) FROM jobs GROUP BY 1, 2, 3 ORDER BY 1")
        == ["PENDING|due|backlog|3", "QUEUED|queued||2", "RUNNING|running||1"])
    world.pass(.seconds(10))
    let order = world.runner.deeds.compactMap { deed in
      if case .started(let id, _) = deed { id } else { nil }
    }
    #expect(order.count == 6)
    #expect(order.firstIndex(of: high) == 2, "it passes all waiting jobs, but not the queued ones")
    try world.audit()
  }
}
