import Synchronization
import TactusModel
import TactusPorts
import TactusScheduler
import TactusSimulation
import TactusTestSupport
import Testing

@Suite("Consecutive failures, terminate and resume")
struct FailureTests {
  private static let text =
    "[Workflow]\nMaxConsecutiveFailures=3\n[Schedule]\nInterval=10s\n[Command]\nExec=/bin/false\n"

  private func row(_ world: World) throws -> String {
    try world.rows("SELECT state, terminated_reason, consecutive_failures FROM workflows").joined()
  }

  @Test("Three failures terminate a workflow, a manual run still works, and resume resets the counter")
  func three() throws {
    let outcome = Mutex(Ending.failed(.exitNonzero, "exit code 1"))
    let world = try World(seed: 1, definitions: [("bad", Self.text)]) { _ in .init(ending: outcome.withLock { $0 }) }
    world.pass(.seconds(25))
    #expect(try row(world) == "ACTIVE||2")
    world.pass(.seconds(10))
    #expect(try row(world) == "TERMINATED|consecutive_failures|3")
    #expect(
      try world.rows("SELECT status, error_code, queued_at IS NULL FROM jobs ORDER BY seq DESC LIMIT 1")
        == ["CANCELED|WORKFLOW_TERMINATED|1"])
    #expect(world.journal.entries.contains { $0.kind == .workflowExhausted && $0.message.contains("resume bad") })
    try world.audit()

    outcome.withLock { $0 = .succeeded }
    let manual = try world.run("bad")
    world.settle()
    #expect(try world.rows("SELECT status FROM jobs WHERE hex(id) = '\(manual.hexadecimal)'") == ["COMPLETED"])
    #expect(try row(world).hasPrefix("TERMINATED"))

    world.pass(.seconds(100))
    let name = try World.name("bad")
    let _: PlanChange = try world.ask { world.scheduling.resume(name, answer: $0) }
    #expect(try row(world) == "ACTIVE||0")
    #expect(try world.rows("SELECT reason, count FROM decisions") == ["terminated|10"])
    world.pass(.seconds(10))
    #expect(try world.rows("SELECT count(*) FROM jobs WHERE status = 'COMPLETED' AND trigger = 'AUTOMATIC'") == ["1"])
    try world.audit()
  }

  @Test("A success resets the counter, and failing and recovered are reported")
  func reset() throws {
    let count = Mutex(0)
    let world = try World(seed: 1, definitions: [("bad", Self.text)]) { _ in
      let number = count.withLock { count in
        count += 1
        return count
      }
      return .init(ending: number % 3 == 0 ? .succeeded : .failed(.exitNonzero, "exit code 1"))
    }
    world.pass(.seconds(95))
    #expect(try row(world) == "ACTIVE||0")
    #expect(
      try world.rows(
        "SELECT type FROM events WHERE type IN ('workflow.failing', 'workflow.recovered') ORDER BY sequence")
        == [
          "workflow.failing", "workflow.recovered", "workflow.failing", "workflow.recovered", "workflow.failing",
          "workflow.recovered",
        ])
    try world.audit()
  }

  @Test("Infrastructure failures never count", arguments: [ErrorCode.lost, .providerError, .dispatchExhausted])
  func infrastructure(_ code: ErrorCode) throws {
    let world = try World(seed: 1, definitions: [("bad", Self.text)]) { _ in .init(ending: .failed(code, "gone")) }
    world.pass(.seconds(65))
    #expect(try row(world) == "ACTIVE||0")
    try world.audit()
  }

  @Test("Terminate withdraws planned and queued jobs, and stops running ones only if asked to")
  func terminate() throws {
    let text = "[Workflow]\nOverlap=allow\n[Schedule]\nInterval=10s\n[Command]\nExec=/bin/true\n"
    let world = try World(
      seed: 1, limits: [QueueName(builtIn: .command): QueueLimits(maxRunning: 1)], definitions: [("w", text)]
    ) { _ in .init(duration: .seconds(500)) }
    world.pass(.seconds(25))
    let name = try World.name("w")
    let _: PlanChange = try world.ask { world.scheduling.terminate(name, cancelRunning: false, answer: $0) }
    #expect(
      try world.rows("SELECT status, error_code FROM jobs ORDER BY nominal_at")
        == ["RUNNING|", "CANCELED|WORKFLOW_TERMINATED", "CANCELED|WORKFLOW_TERMINATED"])
    let _: PlanChange = try world.ask { world.scheduling.terminate(name, cancelRunning: true, answer: $0) }
    world.settle()
    #expect(
      try world.rows("SELECT DISTINCT status, error_code FROM jobs") == ["CANCELED|WORKFLOW_TERMINATED"])
    try world.audit()
  }

  @Test("Canceling a planned job skips its instant and plans the next")
  func cancelPlanned() throws {
    let world = try World(seed: 1, definitions: [("w", Self.text)]) { _ in .init(ending: .succeeded) }
    let text = try #require(try world.rows("SELECT hex(id) FROM jobs").first)
    let id = try #require(JobID(hexadecimal: text))
    let _: PlanChange = try world.ask { world.scheduling.cancel(id, answer: $0) }
    #expect(try world.rows("SELECT reason, count FROM decisions") == ["skipped_by_user|1"])
    world.pass(.seconds(25))
    #expect(try world.rows("SELECT count(*) FROM jobs WHERE status = 'COMPLETED'") == ["1"])
    try world.audit()
    #expect(throws: Refusal.self) {
      let _: PlanChange = try world.ask { world.scheduling.cancel(id, answer: $0) }
    }
  }

  @Test("The start of a MANUAL job may be at most a minute ago or five years ahead")
  func manualRange() throws {
    let world = try World(seed: 1, definitions: [("w", "[Command]\nExec=/bin/true\n")])
    let now = world.simulation.now
    #expect(throws: Refusal.self) { try world.run("w", at: now - .seconds(61)) }
    #expect(throws: Refusal.self) { try world.run("w", at: now + .seconds(6 * 366 * 86_400)) }
    _ = try world.run("w", at: now - .seconds(59))
    _ = try world.run("w", at: now + .seconds(30))
    world.settle()
    #expect(try world.rows("SELECT status FROM jobs ORDER BY seq") == ["COMPLETED", "PENDING"])
    world.pass(.seconds(31))
    #expect(try world.rows("SELECT status, started_at - scheduled_at FROM jobs ORDER BY seq").last == "COMPLETED|0")
  }
}

extension JobID {
  /// The id as shown by SQLite's `hex()`.
  var hexadecimal: String { description.filter { $0 != "-" }.uppercased() }

  init?(hexadecimal: String) {
    guard hexadecimal.count == 32 else { return nil }
    var text = ""
    for (index, digit) in hexadecimal.enumerated() {
      if [8, 12, 16, 20].contains(index) { text += "-" }
      text.append(digit)
    }
    self.init(text)
  }
}
