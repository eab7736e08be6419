import TactusModel
import TactusPorts
import TactusScheduler
import TactusSimulation
import TactusTestSupport
import Testing

/// ```
///   blocker  |---- holds the only slot ----|
///   first        QUEUED --x canceled, terminated or withdrawn: it never runs, so it never ends
///   second         PENDING/due (waits for first) ----> must be QUEUED now
/// ```
@Suite("A job that leaves the queue without a run")
struct FreedTests {
  private func world(maxQueued: Int = 1000, _ text: String) throws -> World {
    let blocker = "[Workflow]\nOverlap=allow\nPriority=100\n[Command]\nExec=/bin/true\n"
    let world = try World(
      seed: 21, limits: [QueueName(builtIn: .command): QueueLimits(maxRunning: 1, maxQueued: maxQueued)],
      definitions: [("blocker", blocker), ("w", text)]
    ) { order in .init(duration: order.workflow?.text == "blocker" ? .seconds(1000) : .seconds(1)) }
    _ = try world.run("blocker")
    world.settle()
    return world
  }

  private func cancel(_ id: JobID, _ world: World) throws {
    let _: PlanChange = try world.ask { world.scheduling.cancel(id, answer: $0) }
    world.settle()
  }

  private func phases(_ world: World) throws -> [String] {
    try world.rows(
      "SELECT status, wait FROM jobs WHERE workflow_id = (SELECT id FROM workflows WHERE name = 'w') ORDER BY seq")
  }

  @Test("When it is canceled, the next run of its workflow is released")
  func canceled() throws {
    let world = try world("[Command]\nExec=/bin/true\n")
    let ids = try (0..<3).map { _ in try world.run("w") }
    #expect(try phases(world) == ["QUEUED|", "PENDING|overlap", "PENDING|overlap"])
    try cancel(ids[0], world)
    #expect(try phases(world) == ["CANCELED|", "QUEUED|", "PENDING|overlap"])
    try world.audit()
  }

  @Test("When it is canceled, the schedule of its workflow continues")
  func scheduled() throws {
    let world = try world("[Schedule]\nInterval=10s\n[Command]\nExec=/bin/true\n")
    world.pass(.seconds(25))
    #expect(try phases(world) == ["QUEUED|", "PENDING|overlap"])
    let id = try #require(
      try world.rows("SELECT hex(id) FROM jobs WHERE status = 'QUEUED'").first.flatMap(JobID.init(hexadecimal:)))
    try cancel(id, world)
    #expect(try phases(world) == ["CANCELED|", "QUEUED|", "PENDING|"])
    try world.audit()
  }

  @Test("When a terminate withdraws it, the MANUAL run behind it is released")
  func terminated() throws {
    let world = try world("[Schedule]\nInterval=10s\n[Command]\nExec=/bin/true\n")
    world.pass(.seconds(11))
    _ = try world.run("w")
    let name = try World.name("w")
    let _: PlanChange = try world.ask { world.scheduling.terminate(name, cancelRunning: false, answer: $0) }
    world.settle()
    #expect(try world.rows("SELECT status FROM jobs WHERE trigger = 'MANUAL' ORDER BY seq DESC LIMIT 1") == ["QUEUED"])
    try world.audit()
  }

  @Test("When it is canceled, a job that waits for room in the queue is released")
  func room() throws {
    let world = try world(maxQueued: 2, "[Workflow]\nOverlap=allow\n[Command]\nExec=/bin/true\n")
    let ids = try (0..<4).map { _ in try world.run("w") }
    #expect(try phases(world) == ["QUEUED|", "QUEUED|", "PENDING|backlog", "PENDING|backlog"])
    try cancel(ids[0], world)
    #expect(try phases(world) == ["CANCELED|", "QUEUED|", "QUEUED|", "PENDING|backlog"])
    try cancel(ids[1], world)
    #expect(try phases(world) == ["CANCELED|", "CANCELED|", "QUEUED|", "QUEUED|"])
    try world.audit()
  }
}
