import Foundation
import Glibc
import TactusLinux
import TactusModel
import TactusProtocol
import TactusStore
import TactusTestSupport
import Testing

@Suite("Stops of the daemon")
struct StopTests {
  /// Starts a daemon with a workflow whose jobs write the file `begun`, and end once the file `go` exists.
  private func daemon(settings: String? = nil) async throws -> RunningDaemon {
    let daemon = try RunningDaemon(notStartedWith: [:], settings: settings)
    let script = try daemon.script("work", "echo begun >begun\nuntil [ -e go ]; do sleep 0.05; done\necho done")
    try daemon.define("work", "[Command]\nExec=\(script)\n")
    try daemon.define("planned", "[Schedule]\nInterval=1h\n[Command]\nExec=/bin/true\n")
    try await daemon.start()
    return daemon
  }

  @Test("After a stop, a copy of the store alone is complete, and --verify refuses an empty store with output")
  func copies() async throws {
    let daemon = try await RunningDaemon(["works": "[Command]\nExec=/bin/echo hello\n"])
    _ = try await daemon.outcome(of: "works")
    #expect(try await daemon.stop() == 0)
    let copy = TemporaryFile(named: "tactus.db")
    try FileManager.default.copyItem(atPath: "\(daemon.state)/tactus.db", toPath: copy.path)
    try FileManager.default.copyItem(atPath: "\(daemon.state)/logs.db", toPath: "\(copy.directory)/logs.db")
    let tactusd = Program.built("tactusd", daemon.environment.merging(["STATE_DIRECTORY": copy.directory]) { $1 })
    let whole = try await tactusd.run(["--verify"])
    #expect(whole.code == 0 && whole.output.contains("every promise holds"), "\(whole)")
    let auditor = try Auditor(file: copy.path)
    #expect(try !auditor.isEmpty() && Auditor.hasOutput(file: "\(copy.directory)/logs.db"))
    auditor.close()
    try Data().write(to: URL(filePath: copy.path))
    let empty = try await tactusd.run(["--verify"])
    #expect(empty.code == 1 && empty.complaints.contains("It is a copy without its tactus.db-wal"), "\(empty)")
  }

  @Test("During a stop, running jobs may end, the socket answers queries, and new jobs are refused")
  func drains() async throws {
    let daemon = try await daemon(settings: "[Manager]\nStopTimeout=1h\n")
    let id = try await daemon.run("work")
    _ = try await daemon.text(of: "begun")
    daemon.send(.terminate)
    _ = try await eventually("the state is stopping") {
      try await daemon.call(Describe()).state == .stopping ? true : nil
    }
    await #expect { try await daemon.run("work") } throws: { error in
      "\(error)".contains("unavailable")
    }
    await #expect(throws: (any Error).self) { try await daemon.call(Reload()) }
    try daemon.write("go", "")
    #expect(try await daemon.end() == 0)
    #expect(daemon.complaints.contains("running jobs have 3600 s to end"))
    try await daemon.start()
    let events = try await daemon.control("events")
    #expect(events.output.contains("daemon.stopping") && !events.output.contains("daemon.reloaded"), "\(events)")
    let job = try await daemon.job(id)
    #expect(job.status == .completed && job.exitCode == 0)
    #expect(try await daemon.output(of: id).first?.text == "done")
  }

  @Test("The daemon interrupts jobs that still run after StopTimeout=")
  func interrupts() async throws {
    let daemon = try await daemon(settings: "[Manager]\nStopTimeout=1s\n")
    let id = try await daemon.run("work")
    _ = try await daemon.text(of: "begun")
    let begun = ContinuousClock.now
    #expect(try await daemon.stop() == 0)
    #expect(ContinuousClock.now - begun >= .seconds(1))
    try await expectInterrupted(id, daemon)
  }

  @Test("A second SIGTERM interrupts jobs at once")
  func second() async throws {
    let daemon = try await daemon(settings: "[Manager]\nStopTimeout=1h\n")
    let id = try await daemon.run("work")
    _ = try await daemon.text(of: "begun")
    daemon.send(.terminate)
    _ = try await eventually("the stop is logged") { daemon.complaints.contains("tactusd stops") ? true : nil }
    daemon.send(.terminate)
    // The daemon ends long before the hour that the first signal allows.
    #expect(try await daemon.end() == 0)
    try await expectInterrupted(id, daemon)
  }

  @Test("Two simultaneous signals also stop the daemon", arguments: [false, true])
  func together(withJob: Bool) async throws {
    let daemon = try await daemon(settings: "[Manager]\nStopTimeout=1h\n")
    var id: String?
    if withJob {
      id = try await daemon.run("work")
      _ = try await daemon.text(of: "begun")
    }
    // The daemon is suspended, so that it receives both at once.
    daemon.send(Signal(SIGSTOP))
    daemon.send(.terminate)
    daemon.send(.interrupt)
    daemon.send(Signal(SIGCONT))
    #expect(try await daemon.end() == 0)
    if let id { try await expectInterrupted(id, daemon) }
  }

  private func expectInterrupted(_ id: String, _ daemon: RunningDaemon) async throws {
    #expect(daemon.jobProcesses().isEmpty)
    #expect(try await daemon.check("--verify").code == 0)
    try await daemon.start()
    let job = try await daemon.job(id)
    #expect(job.status == .failed && job.errorCode == .interrupted)
    #expect(try await daemon.workflow("work").consecutiveFailures == 0)
  }

  @Test("A signal at any moment of the start stops the daemon", arguments: [0, 5, 10, 20, 40, 80, 160])
  func early(milliseconds: Int) async throws {
    let daemon = try RunningDaemon(notStartedWith: [
      "job": "[Schedule]\nInterval=1s\n[Command]\nExec=/bin/true\n"
    ])
    try daemon.spawn()
    try await daemon.rest(.milliseconds(milliseconds))
    daemon.send(.terminate)
    let code = try await daemon.end()
    // Before the daemon blocks the signals, SIGTERM ends it as any program.
    #expect(code == 0 || code == -15)
    try await daemon.start()
    #expect(try await daemon.stop() == 0)
  }
}
