import Foundation
import Glibc
import TactusLinux
import TactusModel
import TactusProtocol
import TactusTestSupport
import Testing

@Suite("How a daemon starts, and when it does not")
struct StartTests {
  @Test("A second daemon on the same state directory names the first, which goes on")
  func second() async throws {
    let daemon = try await RunningDaemon(["job": "[Command]\nExec=/bin/true\n"])
    let holder = try #require(daemon.processID)
    let second = try await daemon.check()
    #expect(second.code == 1)
    #expect(second.complaints.contains("is held by process \(holder) ("), "\(second.complaints)")
    #expect(second.complaints.contains("another daemon uses this state directory"))
    #expect(second.complaints.split(separator: "\n").count == 1)
    #expect(try await daemon.outcome(of: "job").status == .completed)
    let status = try await daemon.call(Describe())
    #expect(status.pid == holder && status.state == .running && status.version == Product.version)
    #expect(try await daemon.stop() == 0)
  }

  @Test("Another program that listens at the socket is named, with its process, its command and its user")
  func taken() async throws {
    let daemon = try RunningDaemon(notStartedWith: [:])
    try daemon.write("run/file", "")
    let listener = try UnixSocket.listen(at: daemon.socket, backlog: 0)
    defer { Descriptor.close(listener) }
    let refused = try await daemon.check()
    let command = try #require(ProcessTable.command(of: Int(getpid())))
    #expect(refused.code == 1)
    #expect(
      refused.complaints
        == "tactusd: process \(getpid()) (\(command)) of \(Account.name(of: getuid())) listens at \(daemon.socket): "
        + "end it, or set RUNTIME_DIRECTORY to another directory\n")
    // The first start still waits in its line, and there is room for one: whoever takes nobody does not keep the next one waiting.
    let full = try await daemon.check()
    #expect(
      full.code == 1 && full.complaints.contains("somebody listens at \(daemon.socket), and takes no connections"),
      "\(full)")
  }

  @Test("A state directory that cannot be made or written ends it with one sentence")
  func unwritable() async throws {
    let daemon = try RunningDaemon(notStartedWith: [:])
    try daemon.write("file", "")
    var program = Program.built("tactusd", daemon.environment)
    program.environment["STATE_DIRECTORY"] = "\(daemon.directory)/file/below"
    let below = try await program.run([])
    #expect(below.code == 1)
    #expect(below.complaints == "tactusd: \(daemon.directory)/file/below cannot be made: Not a directory\n")

    guard getuid() == 0 else { return }
    try FileManager.default.createDirectory(atPath: daemon.state, withIntermediateDirectories: false)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: daemon.directory)
    let nobody = Program(
      path: "/usr/bin/setpriv",
      environment: Program.baseEnvironment.merging(daemon.environment) { $1 })
    let ran = try await nobody.run([
      "--reuid=65534", "--regid=65534", "--clear-groups", "\(Program.products)/tactusd",
    ])
    #expect(ran.code == 1)
    #expect(ran.complaints == "tactusd: \(daemon.state) is not writable: Permission denied\n")
  }

  @Test("A bad tactusd.conf ends it with file and line; a bad workflow does not")
  func settings() async throws {
    let daemon = try RunningDaemon(
      notStartedWith: ["bad": "[Command]\n"], settings: "[Manager]\nStopTimeout=10s\nStopTimeot=10s\n")
    let refused = try await daemon.check()
    #expect(refused.code == 78)
    #expect(refused.complaints.hasPrefix("tactusd: tactusd.conf:3: StopTimeot= "), "\(refused.complaints)")
    #expect(refused.complaints.contains("did you mean StopTimeout=?"))
    try daemon.write("etc/tactusd.conf", "[Manager]\nStopTimeout=10s\n")
    try await daemon.start()
    try await daemon.log(with: "workflows/bad.workflow:1: [Command] needs Exec=")
    #expect(try await daemon.stop() == 0)
  }

  @Test("--help, --version, and what is no option")
  func options() async throws {
    let daemon = try RunningDaemon(notStartedWith: [:])
    let help = try await daemon.check("--help")
    #expect(help.code == 0 && help.output.hasPrefix("Usage: tactusd") && help.output.contains("SIGHUP"))
    #expect(help.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
    let version = try await daemon.check("--version")
    #expect(version.code == 0 && version.output == "tactusd \(Product.version)\n")
    for arguments in [["--chek"], ["start"], ["--check", "--verify"]] {
      let ran = try await Program.built("tactusd", daemon.environment).run(arguments)
      #expect(ran.code == 2 && ran.output.isEmpty, "\(arguments)")
      #expect(ran.complaints.contains(arguments[0]) && ran.complaints.contains("tactusd --help"))
    }
  }

  @Test("--verify holds for a new store, a running daemon and a stopped one, and says that there is none")
  func verify() async throws {
    let daemon = try RunningDaemon(notStartedWith: [
      "job": "[Schedule]\nInterval=1s\n[Command]\nExec=/bin/true\n", "long": "[Command]\nExec=/bin/sleep 60\n",
    ])
    let none = try await daemon.check("--verify")
    #expect(none.code == 1 && none.complaints.contains("there is no store at \(daemon.state)/tactus.db"))
    try await daemon.start()
    _ = try await daemon.running(daemon.run("long"))
    _ = try await daemon.jobs("job", .completed, atLeast: 1)
    let running = try await daemon.check("--verify")
    #expect(running.code == 0 && running.output.contains("every promise holds"), "\(running.output)")
    daemon.send(.terminate)
    daemon.send(.interrupt)
    #expect(try await daemon.end() == 0)
    let stopped = try await daemon.check("--verify")
    #expect(stopped.code == 0 && stopped.output.contains("every promise holds"), "\(stopped.output)")
  }
}
