import TactusModel
import TactusPorts
import TactusScheduler
import TactusSimulation
import TactusTestSupport
import Testing

@Suite("The end of an attempt, the time-out and the clocks")
struct ExitTests {
  private static let text = "[Command]\nExec=/bin/true\nTimeout=5s\n"
  private static let ends = "SELECT status, error_code, duration FROM jobs WHERE completed_at IS NOT NULL ORDER BY seq"

  @Test("A job that ends in time completes even if storing its output takes longer than its time-out")
  func slowOutput() throws {
    let world = try World(seed: 1, definitions: [("work", Self.text)]) { _ in
      .init(duration: .seconds(1), storing: .seconds(8))
    }
    _ = try world.run("work")
    world.pass(.seconds(20))
    #expect(try world.rows(Self.ends) == ["COMPLETED||1000000"])
    #expect(!world.runner.deeds.contains { if case .terminated = $0 { true } else { false } })
    try world.audit()
  }

  @Test("A cancel after the exit is refused and does not change the result")
  func lateCancel() throws {
    let world = try World(seed: 1, definitions: [("work", Self.text)]) { _ in
      .init(duration: .seconds(1), storing: .seconds(8))
    }
    let id = try world.run("work")
    world.pass(.seconds(3))
    #expect {
      let _: PlanChange = try world.ask { world.scheduling.cancel(id, answer: $0) }
    } throws: {
      $0 as? Refusal == .conflict(.exited(id))
    }
    world.pass(.seconds(10))
    #expect(try world.rows(Self.ends) == ["COMPLETED||1000000"])
    try world.audit()
  }

  @Test("A terminate that cancels running jobs does not affect a job that has exited")
  func lateTerminate() throws {
    let world = try World(seed: 1, definitions: [("work", Self.text)]) { _ in
      .init(duration: .seconds(1), storing: .seconds(8))
    }
    _ = try world.run("work")
    world.pass(.seconds(3))
    let name = try World.name("work")
    let _: PlanChange = try world.ask { world.scheduling.terminate(name, cancelRunning: true, answer: $0) }
    world.pass(.seconds(10))
    #expect(try world.rows(Self.ends) == ["COMPLETED||1000000"])
    try world.audit()
  }

  @Test("A time-out that passes after an unnoticed end does not fail the job")
  func unnoticedEnd() throws {
    let world = try World(seed: 1, definitions: [("work", Self.text)]) { _ in
      var script = SimulatedRunner.Script(duration: .seconds(1))
      script.isUnnoticed = true
      return script
    }
    _ = try world.run("work")
    world.pass(.seconds(20))
    #expect(try world.rows("SELECT status, error_code FROM jobs WHERE completed_at IS NOT NULL") == ["COMPLETED|"])
    try world.audit()
  }

  @Test("A job that does not end times out")
  func endless() throws {
    let world = try World(seed: 1, definitions: [("work", Self.text)]) { _ in .init(duration: nil) }
    _ = try world.run("work")
    world.pass(.seconds(20))
    #expect(try world.rows(Self.ends) == ["FAILED|PROVIDER_TIMEOUT|5000000"])
    try world.audit()
  }

  @Test(
    "A clock step during a job changes neither its duration nor its start delay", arguments: [-7200, 7200])
  func clockStep(_ seconds: Int) throws {
    let world = try World(seed: 1, definitions: [("work", Self.text)]) { _ in .init(duration: .seconds(4)) }
    _ = try world.run("work")
    world.pass(.seconds(2))
    world.simulation.stepClock(by: .seconds(seconds))
    world.pass(.seconds(10))
    #expect(try world.rows(Self.ends) == ["COMPLETED||4000000"])
    #expect(try world.rows("SELECT start_delay FROM jobs WHERE completed_at IS NOT NULL") == ["0"])
    let entry = try #require(world.journal.entries.first { $0.kind == .jobCompleted })
    #expect(entry[.duration] == "4000000")
  }

  @Test("A clock step while a job waits for a slot does not change its start delay", arguments: [-7200, 7200])
  func clockStepWhileQueued(_ seconds: Int) throws {
    let limits: QueueBook = [
      QueueName(builtIn: .command): QueueLimits(maxRunning: 1),
      QueueName(builtIn: .heartbeat): QueueLimits(maxRunning: 256),
    ]
    let text = "[Workflow]\nOverlap=allow\n" + Self.text
    let world = try World(seed: 1, limits: limits, definitions: [("work", text)]) { _ in .init(duration: .seconds(4)) }
    _ = try world.run("work")
    _ = try world.run("work")
    world.pass(.seconds(2))
    world.simulation.stepClock(by: .seconds(seconds))
    world.pass(.seconds(20))
    #expect(try world.rows("SELECT start_delay, duration FROM jobs ORDER BY seq") == ["0|4000000", "4000000|4000000"])
  }
}
