import TactusLinux
import TactusModel
import TactusProtocol
import Testing

/// A full disk, simulated for the daemon alone: a limit of 0 bytes keeps it from writing any file.
@Suite("A store that cannot be written")
struct FullDiskTests {
  private func limit(_ daemon: RunningDaemon, to bytes: String) async throws {
    let program = Program(path: "/usr/bin/prlimit", environment: Program.baseEnvironment)
    let ran = try await program.run(["--pid", "\(try #require(daemon.processID))", "--fsize=\(bytes):unlimited"])
    #expect(ran.code == 0, "\(ran)")
  }

  private func fill(_ daemon: RunningDaemon) async throws {
    try await limit(daemon, to: "0")
    await #expect { try await daemon.run("work") } throws: { "\($0)".contains("the store cannot be written") }
    #expect(try await daemon.call(Describe()).state == .degraded)
  }

  private func daemon() async throws -> RunningDaemon {
    let daemon = try RunningDaemon(notStartedWith: [:], settings: "[Manager]\nStopTimeout=1s\n")
    let script = try daemon.script("work", "echo begun >begun\nuntil [ -e go ]; do sleep 0.05; done")
    try daemon.define("work", "[Workflow]\nOverlap=allow\n[Command]\nExec=\(script)\n")
    try await daemon.start()
    return daemon
  }

  @Test("The daemon records the end of a running job as soon as the disk has space again")
  func recovers() async throws {
    let daemon = try await daemon()
    let id = try await daemon.run("work")
    _ = try await daemon.text(of: "begun")
    try await fill(daemon)
    try daemon.write("go", "")
    #expect(try await daemon.job(id).status == .running)
    try await limit(daemon, to: "unlimited")
    #expect(try await daemon.ended(id).status == .completed)
    #expect(try await daemon.outcome(of: "work").status == .completed)
    #expect(try await daemon.call(Describe()).state == .running)
    #expect(try await daemon.stop() == 0)
    #expect(try await daemon.check("--verify").code == 0)
  }

  @Test("The status line says that the daemon is degraded, and why, until it recovers")
  func statusLine() async throws {
    let daemon = try RunningDaemon(notStartedWith: ["work": "[Command]\nExec=/bin/true\n"])
    let notify = try NotifySocket(at: "\(daemon.directory)/notify")
    try daemon.spawn(notifySocket: notify.path)
    #expect(try await daemon.reports(notify, "READY=1") { $0 == "READY=1" } != nil)
    try await fill(daemon)
    let degraded = "STATUS=degraded: the store cannot be written: "
    #expect(try await daemon.reports(notify, degraded) { $0.hasPrefix(degraded) && $0.contains("0 running") } != nil)
    try await limit(daemon, to: "unlimited")
    #expect(try await daemon.outcome(of: "work").status == .completed)
    #expect(try await daemon.reports(notify, "the recovery") { $0.hasPrefix("STATUS=0 running") } != nil)
    #expect(try await daemon.stop() == 0)
  }

  // On a full file system the drain once waited forever for an end that could not be recorded.
  @Test("The daemon stops with a full disk, and the next start closes the unrecorded job as LOST")
  func stops() async throws {
    let daemon = try await daemon()
    let id = try await daemon.run("work")
    _ = try await daemon.text(of: "begun")
    try await fill(daemon)
    daemon.send(.terminate)
    #expect(try await daemon.end() == 0)
    #expect(daemon.jobProcesses().isEmpty)
    #expect(try await daemon.check("--verify").code == 0)
    try await daemon.start()
    let job = try await daemon.ended(id)
    #expect(job.status == .failed && job.errorCode == .lost)
    #expect(try await daemon.stop() == 0)
  }
}
