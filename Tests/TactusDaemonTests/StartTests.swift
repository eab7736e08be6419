import Foundation
import Glibc
import TactusLinux
import TactusModel
import TactusProtocol
import TactusTestSupport
import Testing

@Suite("Starts of the daemon")
struct StartTests {
  @Test("A second daemon on the same state directory fails and names the first, which continues")
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

  @Test("The daemon names another program that listens at its socket, by process, command and user")
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
        == "tactusd: process \(getpid()) (\(command)) of \(Account.name(of: getuid())) listens at \(daemon.socket). "
        + "End it, or set RUNTIME_DIRECTORY to another directory\n")
    // The backlog has space for one connection. The one of the first start still fills it, so the next fails at once.
    let full = try await daemon.check()
    #expect(
      full.code == 1 && full.complaints.contains("a program listens at \(daemon.socket) and accepts no connections"),
      "\(full)")
  }

  @Test("The daemon ends with one message if its state directory cannot be created or written")
  func unwritable() async throws {
    let daemon = try RunningDaemon(notStartedWith: [:])
    try daemon.write("file", "")
    var program = Program.built("tactusd", daemon.environment)
    program.environment["STATE_DIRECTORY"] = "\(daemon.directory)/file/below"
    let below = try await program.run([])
    #expect(below.code == 1)
    #expect(below.complaints == "tactusd: \(daemon.directory)/file/below cannot be created: Not a directory\n")

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

  @Test("A bad tactusd.conf ends the daemon with file and line, but a bad workflow does not")
  func settings() async throws {
    let daemon = try RunningDaemon(
      notStartedWith: ["bad": "[Command]\n"], settings: "[Manager]\nStopTimeout=10s\nStopTimeot=10s\n")
    let refused = try await daemon.check()
    #expect(refused.code == 78)
    #expect(refused.complaints.hasPrefix("tactusd: tactusd.conf:3: StopTimeot= "), "\(refused.complaints)")
    #expect(refused.complaints.contains("Did you mean StopTimeout=?"))
    try daemon.write("etc/tactusd.conf", "[Manager]\nStopTimeout=10s\n")
    try await daemon.start()
    try await daemon.log(with: "workflows/bad.workflow:1: [Command] needs Exec=")
    #expect(try await daemon.stop() == 0)
  }

  @Test("A line on standard error has the fields of its entry with --log-fields only")
  func logFields() async throws {
    for (script, hasFields) in [("exec \"$@\"", false), ("exec \"$@\" --log-fields", true)] {
      let daemon = try RunningDaemon(launcher: ["/bin/sh", "-c", script, "sh"])
      try daemon.define("bad", "[Command]\n")
      try await daemon.start()
      let log = try await daemon.log(with: "workflows/bad.workflow:1: [Command] needs Exec=")
      #expect(log.contains("(TACTUS_FILE=workflows/bad.workflow)\n") == hasFields, "\(log)")
      #expect(try await daemon.stop() == 0)
    }
  }

  @Test("tactusd accepts --help and --version, and refuses unknown options")
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

  @Test("--verify succeeds for a running and a stopped daemon, and reports a missing store")
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
