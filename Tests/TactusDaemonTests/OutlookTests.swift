import Foundation
import Glibc
import TactusModel
import TactusProtocol
import Testing

@Suite("Definitions whose jobs will fail")
struct OutlookTests {
  private static let consequence = "Until then its jobs end FAILED with VALIDATION_ERROR"

  /// Definitions, each with the expected warning for its third line, or nil if no warning is expected.
  private func definitions(_ daemon: RunningDaemon) throws -> [(name: String, text: String, words: String?)] {
    let plain = try daemon.write("plain", "#!/bin/sh\n")
    let program = try daemon.script("program", "true")
    let (fifo, loop) = ("\(daemon.directory)/fifo", "\(daemon.directory)/loop")
    #expect(mkfifo(fifo, 0o600) == 0 && symlink(loop, loop) == 0)
    func command(_ assignment: String) -> String { "[Command]\nExec=/bin/true\n\(assignment)\n" }
    let none = "/nonexistent/thing"
    return [
      (
        "program", "[Command]\nTimeout=1h\nExec=\(none) 1 2\n",
        "Exec=\(none) does not exist. Install it, or correct the path"
      ),
      ("folder", "[Command]\nTimeout=1h\nExec=\(daemon.directory)\n", "is a directory. Write the path of a program"),
      ("mode", "[Command]\nTimeout=1h\nExec=\(plain)\n", "Exec=\(plain) is not executable. Run chmod +x \(plain)"),
      (
        "fifo", "[Command]\nTimeout=1h\nExec=\(fifo)\n",
        "Exec=\(fifo) is not a regular file. Write the path of a program"
      ),
      ("loop", command("LoadCredential=key:\(loop)"), "LoadCredential=key:\(loop) is a loop of symbolic links"),
      (
        "pipe", command("EnvironmentFile=\(fifo)"),
        "EnvironmentFile=\(fifo) is not a regular file. Name a regular file"
      ),
      (
        "directory", command("WorkingDirectory=\(none)"),
        "WorkingDirectory=\(none) does not exist. Create the directory"
      ),
      ("nowhere", command("WorkingDirectory=\(plain)"), "WorkingDirectory=\(plain) is not a directory"),
      (
        "variables", command("EnvironmentFile=\(none)"),
        "EnvironmentFile=\(none) does not exist. Create the file, or correct the path, or write "
          + "EnvironmentFile=-\(none) if"
      ),
      (
        "secret", command("LoadCredential=key:\(none)"),
        "LoadCredential=key:\(none) does not exist. Create the file"
      ),
      (
        "user", command("User=no-such-account"),
        "User=no-such-account is not an account of this machine. Run useradd --system no-such-account"
      ),
      (
        "group", command("Group=no-such-group"),
        "Group=no-such-group is not a group of this machine. Run groupadd --system no-such-group"
      ),
      (
        "container", "[Container]\nImage=a\nEnvironmentFile=\(none)\n", "EnvironmentFile=\(none) does not exist"
      ),
      ("optional", command("EnvironmentFile=-\(none)"), nil),
      (
        "good",
        "[Command]\nExec=\(program) \(none)\nWorkingDirectory=\(daemon.directory)\nEnvironmentFile=\(plain)\n"
          + "LoadCredential=key:\(plain)\n", nil
      ),
      ("beat", "[Heartbeat]\nEndpoint=http://localhost\(none)\n", nil),
    ]
  }

  @Test("--check, a start, a reload and apply warn with line, reason and way out, and refuse no definition")
  func reported() async throws {
    let daemon = try RunningDaemon(notStartedWith: [:])
    let definitions = try definitions(daemon)
    for (name, text, _) in definitions { try daemon.define(name, text) }
    let check = try await daemon.check("--check")
    #expect(check.code == 0)
    try await daemon.start()
    let reload = try await daemon.control("reload")
    #expect(reload.code == 0)
    let reply = try await daemon.call(Reload())
    #expect(reply.workflows == definitions.count && reply.problems.isEmpty)
    let log = try await daemon.log()
    for (name, text, words) in definitions {
      let place = "workflows/\(name).workflow"
      guard let words else {
        for reported in [check.output, log, reload.complaints] { #expect(!reported.contains(place), "\(reported)") }
        #expect(try await daemon.control("apply", try daemon.write("\(name)2.workflow", text)).complaints == "")
        continue
      }
      let lines = check.output.split(separator: "\n").filter { $0.hasPrefix("\(place):3: ") && $0.contains(words) }
      #expect(lines.count == 1 && lines.allSatisfy { $0.hasSuffix(". \(Self.consequence) (warning)") }, "\(check)")
      let warnings = reply.warnings.filter { $0.file == place && $0.line == 3 && $0.message.contains(words) }
      #expect(warnings.count == 1, "\(name): \(reply.warnings)")
      #expect(reload.complaints.contains("\(place):3: "), "\(reload)")
      // One for the start, two for the reloads.
      let entries = log.split(separator: "\n").filter { $0.contains(place) && $0.contains(words) }
      #expect(entries.count == 3, "\(name): \(entries)")
      let applied = try await daemon.control("apply", "--dry-run", try daemon.write("\(name)2.workflow", text))
      #expect(applied.code == 0 && applied.complaints.contains("\(name)2.workflow:3: "), "\(applied)")
      #expect(applied.complaints.contains(words) && applied.output.contains("would be created"), "\(applied)")
    }
    #expect(try await daemon.stop() == 0)
  }

  @Test("The daemon, but not --check, warns of a credential that the daemon does not have")
  func granted() async throws {
    let text = "[Command]\nExec=/bin/true\nLoadCredential=key\n"
    let daemon = try RunningDaemon(notStartedWith: ["secret": text])
    #expect(try await daemon.check("--check").output.hasSuffix("warnings: 0\n"))
    try await daemon.start()
    let without = try await daemon.call(Reload()).warnings
    #expect(without.map(\.line) == [3])
    #expect(
      without.first?.message.hasPrefix("LoadCredential=key names a credential that tactusd itself was not given. Write")
        == true, "\(without)")
    #expect(try await daemon.stop() == 0)

    let given = try RunningDaemon(
      notStartedWith: ["secret": text], variables: ["CREDENTIALS_DIRECTORY": "\(daemon.directory)/given"])
    try daemon.write("given/key", "x")
    try await given.start()
    #expect(try await given.call(Reload()).warnings.isEmpty)
    #expect(try await given.stop() == 0)
  }

  @Test(
    "Without systemd, the daemon warns of keys that need a unit", .enabled(if: !Self.isSystemdHere, "systemd is here"))
  func units() async throws {
    let none = "needs a systemd unit, but systemd does not run this machine. Remove the setting"
    let daemon = try RunningDaemon(notStartedWith: [
      "user": "[Command]\nExec=/bin/true\nUser=root\n", "runner": "[Command]\nExec=/bin/true\nRunner=systemd\n",
      "sandbox": "[Command]\nExec=/bin/true\nPrivateTmp=yes\n", "auto": "[Command]\nExec=/bin/true\nMemoryMax=64M\n",
    ])
    let check = try await daemon.check("--check")
    try await daemon.start()
    let reported = try await daemon.call(Reload()).warnings
    #expect(reported.allSatisfy { $0.line == 3 }, "\(reported)")
    #expect(
      reported.map(\.message)
        == ["Runner=systemd", "PrivateTmp=", "User=root"].map { "\($0) \(none). \(Self.consequence)" })
    for warning in reported {
      #expect(check.output.contains("\(warning.file):3: \(warning.message) (warning)"), "\(check)")
    }
    let job = try await daemon.outcome(of: "user")
    #expect(job.errorCode == .validationError)
    #expect(try await daemon.stop() == 0)
  }

  private static let isSystemdHere = access("/run/systemd/system", F_OK) == 0

  @Test("The daemon reports the first warnings for very many files, and the number of the others")
  func many() async throws {
    let daemon = try RunningDaemon(notStartedWith: [:])
    let count = 1200
    for number in 0..<count { try daemon.define("w\(number)", "[Command]\nExec=/nonexistent/program\n") }
    #expect(try await daemon.check("--check").output.hasSuffix("bad: 0, warnings: \(count)\n"))
    try await daemon.start()
    let reported = try await daemon.call(Reload()).warnings
    #expect(
      reported.count == Limits.fileWarnings + 1
        && reported.last?.message == "there are 200 more warnings. Run tactusd --check to see all")
    #expect(try await daemon.stop() == 0)
  }
}
