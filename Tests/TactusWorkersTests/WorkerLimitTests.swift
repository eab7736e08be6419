import TactusModel
import TactusSimulation
import TactusTestSupport
import Testing

/// The limits of the workers in docs/limits.md.
struct WorkerLimitTests {
  @Test("Running jobs are checked against the facts every two minutes, and lost if their runner does not know them")
  func check() throws {
    let definition = "[Command]\nExec=/bin/sleep infinity\nTimeout=infinity\n"
    let world = try World(seed: 5, definitions: [("endless", definition)]) { _ in .init(duration: nil) }
    let id = try world.run("endless")
    world.pass(Limits.checkEvery * 3)
    #expect(try world.rows("SELECT status FROM jobs") == ["RUNNING"])
    world.runner.loseTrack(of: id)
    world.pass(Limits.checkEvery)
    #expect(try world.rows("SELECT status, error_code FROM jobs") == ["FAILED|LOST"])
    try world.audit()
  }

  @Test("More due jobs than one transaction examines are all released and run")
  func release() throws {
    let text = "[Workflow]\nOverlap=allow\n[Schedule]\nInterval=1h\n[Heartbeat]\nEndpoint=http://localhost/\n"
    let count = Limits.releaseBatch + 200
    let world = try World(seed: 6, definitions: (0..<count).map { ("w\($0)", text) })
    world.pass(.seconds(3601))
    #expect(try world.rows("SELECT count(*) FROM jobs WHERE status = 'COMPLETED'") == ["\(count)"])
    #expect(try world.rows("SELECT count(*) FROM jobs WHERE status = 'PENDING'") == ["\(count)"])
    try world.audit()
  }
}
