import TactusModel
import TactusPorts
import TactusSimulation
import TactusTestSupport
import Testing

@Suite("The workers in simulated time")
struct SimulationTests {
  static let week: [(String, String)] = [
    ("often", "[Workflow]\nMaxConsecutiveFailures=infinity\n[Schedule]\nInterval=10min\n[Command]\nExec=/bin/true\n"),
    (
      "hourly",
      "[Workflow]\nOverlap=skip\nMaxConsecutiveFailures=infinity\n[Schedule]\nInterval=1h\n[Command]\nExec=/bin/true\n"
    ),
    ("daily", "[Schedule]\nInterval=1d\n[Heartbeat]\nEndpoint=http://localhost/\n"),
  ]

  /// Runs a week and returns its rows and the number of steps.
  private func liveAWeek(seed: UInt64) throws -> (rows: [String], steps: Int) {
    let world = try World(seed: seed, definitions: Self.week, isPatient: true) { order in
      // The id decides, and the seed decides the id: some runs are long, some fail.
      let dice = order.id.low % 100
      return .init(
        duration: .milliseconds(Int64(dice) * 100),
        ending: dice < 10 ? .failed(.exitNonzero, "exit code 1") : .succeeded)
    }
    world.pass(.seconds(7 * 86_400))
    try world.audit()
    let rows = try world.rows(
      "SELECT hex(id), status, nominal_at, started_at, completed_at, error_code FROM jobs ORDER BY seq")
    return (rows, world.simulation.steps)
  }

  @Test("A week of three workflows passes, and the same seed repeats the same week")
  func week() throws {
    let first = try liveAWeek(seed: 7)
    let second = try liveAWeek(seed: 7)
    #expect(first.rows == second.rows)
    #expect(first.steps == second.steps)
    // 6 × 24 × 7 + 24 × 7 + 7 released jobs, and one planned job each.
    #expect(first.rows.count == 1008 + 168 + 7 + 3)
    let other = try liveAWeek(seed: 8)
    #expect(other.rows != first.rows, "another seed gives another week")
  }

  @Test("Every run starts on the grid, never early, and the next is planned from the previous nominal instant")
  func grid() throws {
    let world = try World(
      seed: 1, definitions: [("tick", "[Schedule]\nInterval=1s\n[Command]\nExec=/bin/true\n")])
    world.pass(.seconds(60))
    let rows = try world.rows(
      "SELECT nominal_at - lag(nominal_at) OVER (ORDER BY seq), scheduled_at - nominal_at, started_at >= scheduled_at FROM jobs WHERE status = 'COMPLETED'"
    )
    #expect(rows.count == 60)
    #expect(rows.dropFirst().allSatisfy { $0 == "1000000|0|1" })
    try world.audit()
  }

  @Test("An attempt that ignores TERM is killed after the grace period, and fails by its time-out")
  func timeout() throws {
    let world = try World(
      seed: 3, definitions: [("stuck", "[Command]\nExec=/bin/sleep 9\nTimeout=1s\n")]
    ) { _ in .init(duration: nil, obeysTerminate: false) }
    let id = try world.run("stuck")
    let start = world.simulation.now
    world.pass(.seconds(10))
    #expect(
      world.runner.deeds == [
        .started(id, start), .terminated(id, start + .seconds(1)), .killed(id, start + .seconds(3)),
        .ended(id, start + .seconds(3)),
      ])
    #expect(
      try world.rows("SELECT status, error_code, stop_reason FROM jobs") == ["FAILED|PROVIDER_TIMEOUT|PROVIDER_TIMEOUT"]
    )
    try world.audit()
  }

  @Test("Slots limit the running jobs, and priority decides the order")
  func slots() throws {
    let text: (Int) -> String = { "[Workflow]\nOverlap=allow\nPriority=\($0)\n[Command]\nExec=/bin/true\n" }
    let world = try World(
      seed: 4,
      definitions: [("low", text(-5)), ("high", text(5))]
    ) { _ in .init(duration: .seconds(1)) }
    var low: [JobID] = []
    for _ in 0..<8 { low.append(try world.run("low")) }
    let high = try world.run("high")
    world.pass(.seconds(10))
    let started = world.runner.deeds.compactMap { deed in
      if case .started(let id, _) = deed { id } else { nil }
    }
    #expect(started.prefix(4).allSatisfy { low.contains($0) }, "four slots were free")
    #expect(started[4] == high, "the next free slot is given to the higher priority")
    #expect(started.count == 9)
    try world.audit()
  }
}
