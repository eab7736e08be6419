import TactusModel
import TactusPorts
import TactusSimulation
import TactusStore
import TactusTestSupport
import Testing

/// A daemon stops, and another one starts with its store `downtime` later.
///
/// ```
///   daemon 1   |-- plans 10 s grid --|
///   downtime                         |----- 10 instants pass -----|
///   daemon 2                                                      |-- releases -->
/// ```
@Suite("Instants that passed without a daemon")
struct MisfireTests {
  private func restart(_ misfire: String, downtime: Duration, file: TemporaryFile) throws -> World {
    let text = "[Workflow]\n\(misfire)\n[Schedule]\nInterval=10s\n[Command]\nExec=/bin/true\n"
    let first = try World(seed: 1, file: file.path, definitions: [("grid", text)])
    first.pass(.seconds(35))
    first.store.call { $0.close() }
    let second = try World(
      seed: 2, at: first.simulation.now + downtime, file: file.path, definitions: [("grid", text)])
    return second
  }

  /// Returns the nominal instants of released jobs, in seconds from the beginning.
  private func released(_ world: World) throws -> [Int] {
    let zero = World.start.microseconds
    return try world.rows(
      "SELECT (nominal_at - \(zero)) / 1000000 FROM jobs WHERE queued_at IS NOT NULL ORDER BY nominal_at"
    ).compactMap(Int.init)
  }

  private func decisions(_ world: World) throws -> [String] {
    let zero = World.start.microseconds
    return try world.rows(
      """
      SELECT reason, (first_at - \(zero)) / 1000000, (last_at - \(zero)) / 1000000, count FROM decisions
      WHERE voided_at IS NULL ORDER BY first_at
      """)
  }

  @Test("latest: the newest missed instant runs, a record answers the others, and the grid continues")
  func latest() throws {
    let file = TemporaryFile()
    let world = try restart("Misfire=latest", downtime: .seconds(100), file: file)
    #expect(try released(world) == [10, 20, 30, 130])
    #expect(try decisions(world) == ["coalesced|40|120|9"])
    world.pass(.seconds(10))
    #expect(try released(world).last == 140)
    try world.audit()
  }

  @Test("all: every missed instant runs, oldest first, one after the other")
  func all() throws {
    let file = TemporaryFile()
    let world = try restart("Misfire=all", downtime: .seconds(100), file: file)
    world.settle()
    #expect(try released(world) == Array(stride(from: 10, through: 130, by: 10)))
    #expect(try decisions(world).isEmpty)
    try world.audit()
  }

  @Test("all with a limit: the newest instants run, and a record answers the others")
  func allWithLimit() throws {
    let file = TemporaryFile()
    let world = try restart("Misfire=all\nMisfireLimit=3", downtime: .seconds(100), file: file)
    world.settle()
    #expect(try released(world) == [10, 20, 30, 110, 120, 130])
    #expect(try decisions(world) == ["limit|40|100|7"])
    try world.audit()
  }

  @Test("skip: an instant that is too late is dropped, and the next run is on the grid")
  func skip() throws {
    let file = TemporaryFile()
    let world = try restart("Misfire=skip\nStartWithin=2s", downtime: .seconds(100), file: file)
    #expect(try released(world) == [10, 20, 30])
    #expect(try decisions(world) == ["missed|40|130|10"])
    world.pass(.seconds(10))
    #expect(try released(world) == [10, 20, 30, 140])
    try world.audit()
  }

  @Test("skip: an instant that is not too late still runs")
  func skipWithin() throws {
    let file = TemporaryFile()
    let world = try restart("Misfire=skip\nStartWithin=15s", downtime: .seconds(100), file: file)
    #expect(try released(world) == [10, 20, 30, 120, 130])
    #expect(try decisions(world) == ["missed|40|110|8"])
    try world.audit()
  }

  @Test("A queued automatic job that a newer due instant has overtaken is MISFIRED at start-up")
  func overtaken() throws {
    let file = TemporaryFile()
    let text = "[Workflow]\nOverlap=allow\n[Schedule]\nInterval=10s\n[Command]\nExec=/bin/true\nTimeout=infinity\n"
    let limits: QueueBook = [QueueName(builtIn: .command): QueueLimits(maxRunning: 1)]
    let first = try World(seed: 1, file: file.path, limits: limits, definitions: [("grid", text)]) { _ in
      .init(duration: nil)
    }
    first.pass(.seconds(25))
    #expect(try first.rows("SELECT status FROM jobs ORDER BY nominal_at") == ["RUNNING", "QUEUED", "PENDING"])
    first.store.call { $0.close() }
    let second = try World(
      seed: 2, at: first.simulation.now + .seconds(100), file: file.path, limits: limits, definitions: [("grid", text)])
    second.settle()
    #expect(
      try second.rows("SELECT status, error_code FROM jobs WHERE status <> 'PENDING' ORDER BY nominal_at")
        == ["FAILED|LOST", "CANCELED|MISFIRED", "COMPLETED|"])
    try second.audit()
  }

  @Test("A clock that steps ten years ahead and back neither loses nor repeats an instant")
  func clockSteps() throws {
    let text = "[Schedule]\nInterval=10s\n[Command]\nExec=/bin/true\n"
    let world = try World(seed: 5, definitions: [("grid", text)])
    let decade = Duration.seconds(3652 * 86_400)
    world.pass(.seconds(25))
    world.simulation.stepClock(by: decade)
    world.pass(.seconds(20))
    world.simulation.stepClock(by: .zero - decade)
    world.pass(.seconds(30))
    let soon = World.start.microseconds + 3_600_000_000
    let zero = World.start.microseconds
    let near = try world.rows(
      "SELECT (nominal_at - \(zero)) / 1000000 FROM jobs WHERE queued_at IS NOT NULL AND nominal_at < \(soon) ORDER BY nominal_at"
    )
    // 25 s, 20 s in another decade, 30 s: the instants in between were answered then, and are nominal again now.
    #expect(near == ["10", "20", "50", "60", "70"])
    #expect(try world.rows("SELECT count(*) FROM decisions WHERE voided_at IS NOT NULL") != ["0"])
    try world.audit()
    for step: Duration in [.seconds(3600), .seconds(-3600), .seconds(86_400), .seconds(-86_400), .seconds(-7)] {
      world.simulation.stepClock(by: step)
      world.pass(.seconds(45))
      try world.audit()
    }
  }
}
