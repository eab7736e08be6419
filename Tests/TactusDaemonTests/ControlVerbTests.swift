import Foundation
import Glibc
import TactusLinux
import TactusModel
import TactusProtocol
import TactusTestSupport
import Testing

@Suite("tactusctl follows, waits and explains, with a real daemon")
struct ControlVerbTests {
  private func daemon() async throws -> RunningDaemon {
    try await RunningDaemon([
      "fails": "[Command]\nExec=/bin/sh -c 'echo out; exit 3'\n", "quick": "[Command]\nExec=/bin/true\n",
      "sleeps": "[Command]\nExec=/bin/sh -c 'echo begun; exec sleep 300'\n",
      "planned": "[Schedule]\nInterval=1d\n[Command]\nExec=/bin/true\n",
    ])
  }

  private func expect(
    _ daemon: RunningDaemon, _ code: Int, _ arguments: String..., saying words: String = "",
    location: SourceLocation = #_sourceLocation
  ) async throws -> Program.Ran {
    let ran = try await Program.built("tactusctl", daemon.environment).run(arguments)
    #expect(ran.code == code, "\(arguments): \(ran)", sourceLocation: location)
    let said = code == 0 ? ran.output : ran.complaints
    #expect(words.isEmpty || said.contains(words), "\(arguments): \(ran)", sourceLocation: location)
    return ran
  }

  @Test("run and wait end with the job, and their exit status shows its result")
  func waiting() async throws {
    let daemon = try await daemon()
    let quick = try await expect(daemon, 0, "run", "quick", "--wait").output.trimmingCharacters(in: .newlines)
    #expect(try await daemon.job(quick).status == .completed)
    _ = try await expect(
      daemon, 1, "run", "fails", "--wait", saying: "EXIT_NONZERO: exited with code 3. Run tactusctl logs")
    #expect(try await expect(daemon, 1, "run", "fails", "--follow", saying: "EXIT_NONZERO").output == "out\n")
    let failed = try await daemon.outcome(of: "fails").id
    let ends = try await expect(daemon, 1, "wait", quick, String(failed.suffix(8)))
    #expect(ends.output.contains("\(quick): quick COMPLETED") && ends.output.contains("\(failed): fails FAILED"))
    let sleeps = try await daemon.run("sleeps")
    _ = try await expect(daemon, 1, "wait", sleeps, "--timeout=100ms", saying: "has not ended within 100 ms")
    _ = try await expect(daemon, 4, "wait", "ffffffffffff", saying: "no job ffffffffffff")

    let key = "--idempotency-key=once"
    let held = try await expect(daemon, 0, "run", "quick", "--hold", key).output.trimmingCharacters(in: .newlines)
    #expect(try await expect(daemon, 0, "run", "quick", "--hold", key).output == "\(held)\n")
    _ = try await expect(daemon, 1, "run", "quick", key, saying: "once")
    _ = try await expect(daemon, 0, "why", held, saying: "held without a time; set one with tactusctl schedule")
    _ = try await expect(daemon, 0, "schedule", held, "--in=1h", saying: "scheduled for")
    _ = try await expect(daemon, 0, "schedule", String(held.suffix(8)), "\(SystemTime().now)")
    _ = try await expect(daemon, 0, "wait", held, saying: "COMPLETED")
    _ = try await expect(daemon, 1, "schedule", held, "--in=1h")
    #expect(try await daemon.stop() == 0)
  }

  @Test("list-jobs, why, upcoming, stats, events and status report the jobs of the daemon")
  func reporting() async throws {
    let daemon = try await daemon()
    let failed = try await daemon.outcome(of: "fails")
    let sleeps = try await daemon.running(daemon.run("sleeps"))
    _ = try await expect(daemon, 0, "list-jobs", "--error-code=EXIT_NONZERO", "--since=1h", saying: "\n1 job.")
    _ = try await expect(daemon, 0, "list-jobs", "--until=yesterday", saying: "\n0 jobs.")
    _ = try await expect(daemon, 0, "list-jobs", "--phase=running", "--queue=command", saying: "\n1 job.")
    _ = try await expect(
      daemon, 1, "list-jobs", "--queue=none", saying: "there is no queue 'none'. The queues are command")
    let planned = try await expect(daemon, 0, "why", "planned", saying: "planned").output
    _ = try await expect(daemon, 0, "why", "planned", String(planned.prefix(27)), saying: "waits for its time")
    _ = try await expect(daemon, 0, "why", "sleeps", saying: "is running")
    _ = try await expect(daemon, 0, "why", String(failed.id.suffix(8)), saying: "EXIT_NONZERO")
    _ = try await expect(daemon, 4, "why", "none", saying: "no workflow none")
    _ = try await expect(daemon, 0, "upcoming", "planned", "-n2", saying: "\n2 runs.")
    _ = try await expect(daemon, 0, "stats", "fails", saying: "0 completed, 1 failed, 0 canceled")
    _ = try await expect(daemon, 0, "stats", "--kind=command", "--window=1h", saying: "kind command: 1 h up to")
    _ = try await expect(daemon, 1, "stats", "--window=1", saying: "window_seconds")
    _ = try await expect(daemon, 0, "events", "--workflow=fails", saying: "job.failed")
    let events = try await expect(daemon, 0, "events", "--job=\(failed.id)", "--json=short").output
    #expect(events.split(separator: "\n").count == 5)
    _ = try await expect(daemon, 1, "events", "--after=other:1", saying: "Run tactusctl events --after=")
    _ = try await expect(daemon, 0, "status", saying: String(sleeps.id.suffix(8)))

    _ = try await expect(daemon, 1, "delete", "quick", saying: "The file workflows/quick.workflow exists. Remove it")
    let new = try daemon.write("new.workflow", "[Command]\nExec=/bin/true\n")
    _ = try await expect(daemon, 0, "apply", new)
    _ = try await expect(daemon, 1, "delete", "new", saying: "new")
    _ = try await expect(daemon, 0, "terminate", "new")
    _ = try await expect(daemon, 0, "delete", "new", saying: "new: deleted")
    _ = try await expect(daemon, 4, "show-workflow", "new")
    #expect(try await daemon.stop() == 0)
  }

  @Test("logs -f and events -f continue after the daemon was killed and restarted, and repeat no line or event")
  func following() async throws {
    let daemon = try await daemon()
    let id = try await daemon.running(daemon.run("sleeps")).id
    // --after=1 prints something at once, which shows that the command follows.
    let events = try FollowingCommand(daemon, "events", "-f", "--after=1", "--json=short")
    let output = try FollowingCommand(daemon, "logs", "-f", id)
    for follower in [events, output] {
      _ = try await eventually("it follows") { follower.output.isEmpty ? nil : true }
    }
    try await daemon.kill()
    try await daemon.start()
    #expect(try await daemon.ended(id).errorCode == .lost)
    #expect(try await output.end() == 0 && output.output == "begun\n", "\(output.complaints)")
    _ = try await eventually("the loss is reported") { events.output.contains(#""error_code":"LOST""#) ? true : nil }
    try await daemon.stop()
    let code = try await events.end()
    #expect(code == 3 && events.complaints.contains("Run tactusctl events -f --after="))
    let numbers = events.output.matches(of: /"sequence":(\d+)/).compactMap { Int($0.output.1) }
    #expect(numbers == Array(2..<2 + numbers.count) && numbers.count > 5, "\(events.output)")
  }
}

/// A `tactusctl` that runs during the test, with its output in files.
private final class FollowingCommand: Sendable {
  private let files = [TemporaryFile(named: "output"), TemporaryFile(named: "error")]
  private let handle: ProcessHandle

  var output: String { read(files[0]) }
  var complaints: String { read(files[1]) }

  init(_ daemon: RunningDaemon, _ arguments: String...) throws {
    let descriptors = try files.map { try Descriptor.open($0.path, O_WRONLY | O_CREAT, mode: 0o600) }
    defer { for descriptor in descriptors { Descriptor.close(descriptor) } }
    handle = try Program.built("tactusctl", daemon.environment)
      .start(arguments, output: descriptors[0], error: descriptors[1])
  }

  func end() async throws -> Int {
    try await blocking("tactusctl ends") { [handle] in try handle.waitForEnd(within: patience) }
  }

  /// The text of a file, or empty if it cannot be read, so that the test fails.
  private func read(_ file: TemporaryFile) -> String { (try? String(contentsOfFile: file.path, encoding: .utf8)) ?? "" }
}
