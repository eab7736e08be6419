import Glibc
import TactusModel
import TactusProtocol
import TactusTestSupport
import TactusTransport
import Testing

@Suite("kill -9")
struct KillTests {
  /// A script that ignores TERM, appends its job and processes to a shared file, and waits for a child.
  private static let stubborn = """
    trap '' TERM
    sleep 300 & echo "$TACTUS_JOB_ID $$ $!" >>side
    wait
    """

  @Test("After a kill, the next daemon ends orphaned jobs as LOST, runs no job twice, and keeps the grid")
  func orphans() async throws {
    let daemon = try RunningDaemon(notStartedWith: [:])
    let script = try daemon.script("stubborn", Self.stubborn)
    try daemon.define("long", "[Workflow]\nOverlap=allow\n[Command]\nExec=\(script)\n")
    let append = try daemon.script("append", "echo \"$TACTUS_JOB_ID $TACTUS_NOMINAL_AT\" >>grid")
    try daemon.define("grid", "[Workflow]\nMisfire=all\n[Schedule]\nInterval=1s\n[Command]\nExec=\(append)\n")
    try await daemon.start()
    let ids = [try await daemon.run("long"), try await daemon.run("long")]
    let side = try await eventually("both have begun") {
      let lines = daemon.read("side").split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
      return lines.count == 2 ? lines : nil
    }
    _ = try await daemon.jobs("grid", .completed, atLeast: 1)
    try await daemon.kill()
    let processes = side.flatMap { $0.dropFirst() }.compactMap { Int($0) }
    #expect(processes.count == 4)
    for process in processes { #expect(isAlive(process)) }

    try await daemon.start()
    for id in ids {
      let job = try await daemon.ended(id)
      #expect(job.status == .failed && job.errorCode == .lost)
    }
    // The stop signals take 2 s. Afterwards no process is left.
    for process in processes { #expect(!isAlive(process)) }
    #expect(daemon.read("side").split(separator: "\n").count == 2)
    let before = try await daemon.jobs("grid", .completed).count
    let after = try await daemon.jobs("grid", .completed, atLeast: before + 2)
    for (earlier, later) in zip(after, after.dropFirst()) {
      #expect(try #require(later.nominalAt) - (try #require(earlier.nominalAt)) >= .seconds(1))
    }
    let verified = try await daemon.check("--verify")
    #expect(verified.code == 0, "\(verified.output)")
    let starts = daemon.read("grid").split(separator: "\n")
    #expect(Set(starts.map { $0.split(separator: " ")[0] }).count == starts.count)
    #expect(Set(starts.map { $0.split(separator: " ")[1] }).count == starts.count)
    #expect(try await daemon.workflow("long").consecutiveFailures == 0)
    #expect(try await daemon.stop() == 0)
    #expect(try await daemon.check("--verify").code == 0)
  }

  @Test("The first call to the next daemon shows no vanished job as RUNNING")
  func firstCall() async throws {
    let daemon = try RunningDaemon(
      notStartedWith: ["long": "[Workflow]\nOverlap=allow\n[Command]\nExec=/bin/sleep 600\n"])
    try daemon.write("etc/queues/command.queue", "[Queue]\nMaxRunning=30\n")
    try await daemon.start()
    for _ in 0..<30 { _ = try await daemon.run("long") }
    _ = try await daemon.jobs("long", .running, atLeast: 30)
    try await daemon.kill()
    for process in daemon.jobProcesses() { _ = Glibc.kill(Int32(process), SIGKILL) }
    _ = try await eventually("all processes are gone") { daemon.jobProcesses().isEmpty ? true : nil }

    let socket = daemon.socket
    try daemon.spawn()
    // Connects in a loop, so that this is the first call.
    let first = try await blocking("the daemon answers") {
      let deadline = ContinuousClock.now + patience
      while true {
        do { return try ControlClient(path: socket).call(ListJobs(workflow: "long", limit: 1000)).jobs } catch {
          if ContinuousClock.now > deadline { throw error }
          usleep(200)
        }
      }
    }
    #expect(first.count == 30)
    #expect(Set(first.map { $0.errorCode?.rawValue ?? $0.status.rawValue }) == ["LOST"])
    #expect(try await daemon.stop() == 0)
  }

  @Test("Acknowledged changes survive an immediate kill")
  func acknowledged() async throws {
    let daemon = try await RunningDaemon()
    for round in 0..<5 {
      let name = "round-\(round)"
      try await daemon.call(ApplyWorkflow(name: name, definition: "[Command]\nExec=/bin/true\n"))
      let id = try await daemon.run(name)
      try await daemon.kill()
      try await daemon.start()
      #expect(try await daemon.workflow(name).generation == 1)
      let job = try await daemon.ended(id)
      #expect(job.workflow == name)
      #expect(job.status == .completed || job.errorCode == .lost)
    }
    #expect(try await daemon.stop() == 0)
    #expect(try await daemon.check("--verify").code == 0)
  }

  @Test("The daemon survives ten rounds of the kill loop")
  func loop() async throws {
    let loop = Program(path: "\(Program.project)/scripts/kill-loop", environment: Program.baseEnvironment)
    let ran = try await loop.run(["--rounds", "10", "--programs", Program.products], within: .seconds(300))
    #expect(ran.code == 0, "\(ran.output)\(ran.complaints)")
  }
}
