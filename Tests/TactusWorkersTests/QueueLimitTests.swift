import TactusExecutor
import TactusModel
import TactusPorts
import TactusScheduler
import TactusSimulation
import TactusTestSupport
import Testing

@Suite("Limits of queues")
struct QueueLimitTests {
  private static let text = "[Workflow]\nOverlap=allow\n[Command]\nExec=/bin/true\n"
  private static let command = QueueName(builtIn: .command)

  private func replace(_ queues: QueueBook, by limits: QueueLimits, in world: World) {
    queues.replace(with: [Self.command: limits])
    world.execution.examineQueues()
    world.scheduling.examineQueues()
    world.settle()
  }

  private func counts(in world: World) throws -> [String] {
    try world.rows("SELECT status, count(*) FROM jobs GROUP BY 1 ORDER BY 1")
  }

  @Test("Higher limits start and queue waiting jobs at once, and lower ones stop no job but let them end first")
  func replaced() throws {
    let queues: QueueBook = [Self.command: QueueLimits(maxRunning: 1, maxQueued: 1)]
    let world = try World(seed: 7, limits: queues, definitions: [("w", Self.text)]) { _ in
      .init(duration: .seconds(10))
    }
    for _ in 0..<6 { _ = try world.run("w") }
    #expect(try counts(in: world) == ["PENDING|4", "QUEUED|1", "RUNNING|1"])
    replace(queues, by: QueueLimits(maxRunning: 1, maxQueued: 2), in: world)
    #expect(try counts(in: world) == ["PENDING|3", "QUEUED|2", "RUNNING|1"])
    replace(queues, by: QueueLimits(maxRunning: 3, maxQueued: 2), in: world)
    #expect(try counts(in: world) == ["PENDING|1", "QUEUED|2", "RUNNING|3"])
    replace(queues, by: QueueLimits(maxRunning: 1, maxQueued: 1), in: world)
    #expect(try counts(in: world) == ["PENDING|1", "QUEUED|2", "RUNNING|3"])
    world.pass(.seconds(10))
    #expect(try counts(in: world) == ["COMPLETED|3", "PENDING|1", "QUEUED|1", "RUNNING|1"])
    world.pass(.seconds(100))
    #expect(try counts(in: world) == ["COMPLETED|6"])
    try world.audit()
  }

  @Test("Jobs whose ends cannot be recorded keep their slots, so that they do not become more and more")
  func unrecorded() throws {
    let world = try World(
      seed: 8, limits: [Self.command: QueueLimits(maxRunning: 2)], definitions: [("w", Self.text)])
    _ = try world.rows(
      """
      CREATE TEMP TRIGGER broken BEFORE UPDATE OF status ON jobs WHEN NEW.status = 'COMPLETED'
      BEGIN SELECT raise(ABORT, 'broken'); END
      """)
    for _ in 0..<9 { _ = try world.run("w") }
    world.pass(.seconds(20))
    // Claims that shared a commit with the first ends may have started.
    let running = try world.rows("SELECT count(*) FROM jobs WHERE status = 'RUNNING'")
    #expect(["2", "3", "4"].contains(running.first))
    _ = try world.rows("DROP TRIGGER broken")
    world.pass(.seconds(20))
    #expect(try counts(in: world) == ["COMPLETED|9"])
    try world.audit()
  }
}
