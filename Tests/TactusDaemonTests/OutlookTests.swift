import Foundation
import Glibc
import TactusModel
import TactusProtocol
import Testing

@Suite("What a definition will not find")
struct OutlookTests {
  private static let consequence = "until then its jobs end FAILED with VALIDATION_ERROR"

  /// Definitions, each with what is said of its third line; nil for nothing.
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
        "Exec=\(none) is not there: install it, or correct the path"
      ),
      ("folder", "[Command]\nTimeout=1h\nExec=\(daemon.directory)\n", "is a directory: write the path of a program"),
      ("mode", "[Command]\nTimeout=1h\nExec=\(plain)\n", "Exec=\(plain) is not executable: chmod +x \(plain)"),
      ("fifo", "[Command]\nTimeout=1h\nExec=\(fifo)\n", "Exec=\(fifo) is no regular file: write the path of a program"),
      ("loop", command("LoadCredential=key:\(loop)"), "LoadCredential=key:\(loop) is a loop of symbolic links"),
      ("pipe", command("EnvironmentFile=\(fifo)"), "EnvironmentFile=\(fifo) is no regular file: name one"),
      ("directory", command("WorkingDirectory=\(none)"), "WorkingDirectory=\(none) is not there: make the directory"),
      ("nowhere", command("WorkingDirectory=\(plain)"), "WorkingDirectory=\(plain) is no directory"),
      (
        "variables", command("EnvironmentFile=\(none)"),
        "EnvironmentFile=\(none) is not there: write the file, or correct the path, or EnvironmentFile=-\(none) if"
      ),
      ("secret", command("LoadCredential=key:\(none)"), "LoadCredential=key:\(none) is not there: write the file"),
      ("user", command("User=no-such-account"), "User=no-such-account is no account of this machine: make it"),
      ("group", command("Group=no-such-group"), "Group=no-such-group is no group of this machine: make it"),
      (
        "container", "[Container]\nImage=a\nEnvironmentFile=\(none)\n", "EnvironmentFile=\(none) is not there"
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

  @Test("--check, a start, a reload and apply tell it with line, reason and way out, and nothing is refused for it")
  func told() async throws {
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
        for told in [check.output, log, reload.complaints] { #expect(!told.contains(place), "\(told)") }
        #expect(try await daemon.control("apply", try daemon.write("\(name)2.workflow", text)).complaints == "")
        continue
      }
      let lines = check.output.split(separator: "\n").filter { $0.hasPrefix("\(place):3: ") && $0.contains(words) }
      #expect(lines.count == 1 && lines.allSatisfy { $0.hasSuffix("; \(Self.consequence) (warning)") }, "\(check)")
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

  @Test("A credential that the daemon was not given itself is for the daemon to know")
  func granted() async throws {
    let text = "[Command]\nExec=/bin/true\nLoadCredential=key\n"
    let daemon = try RunningDaemon(notStartedWith: ["secret": text])
    #expect(try await daemon.check("--check").output.hasSuffix("warnings: 0\n"))
    try await daemon.start()
    let without = try await daemon.call(Reload()).warnings
    #expect(without.map(\.line) == [3])
    #expect(
      without.first?.message.hasPrefix("LoadCredential=key names a credential that tactusd itself was not given: write")
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
    "What only a unit can do is told where there will be none", .enabled(if: !Self.isSystemdHere, "systemd is here"))
  func units() async throws {
    let none = "needs a unit of systemd, and systemd does not run this machine: leave it out"
    let daemon = try RunningDaemon(notStartedWith: [
      "user": "[Command]\nExec=/bin/true\nUser=root\n", "runner": "[Command]\nExec=/bin/true\nRunner=systemd\n",
      "sandbox": "[Command]\nExec=/bin/true\nPrivateTmp=yes\n", "auto": "[Command]\nExec=/bin/true\nMemoryMax=64M\n",
    ])
    let check = try await daemon.check("--check")
    try await daemon.start()
    let told = try await daemon.call(Reload()).warnings
    #expect(told.allSatisfy { $0.line == 3 }, "\(told)")
    #expect(
      told.map(\.message)
        == ["Runner=systemd", "PrivateTmp=", "User=root"].map { "\($0) \(none); \(Self.consequence)" })
    for warning in told {
      #expect(check.output.contains("\(warning.file):3: \(warning.message) (warning)"), "\(check)")
    }
    let job = try await daemon.outcome(of: "user")
    #expect(job.errorCode == .validationError)
    #expect(try await daemon.stop() == 0)
  }

  private static let isSystemdHere = access("/run/systemd/system", F_OK) == 0

  @Test("Where one thing is wrong with very many files, the first ones tell it, and the rest is counted")
  func many() async throws {
    let daemon = try RunningDaemon(notStartedWith: [:])
    let count = 1200
    for number in 0..<count { try daemon.define("w\(number)", "[Command]\nExec=/nonexistent/program\n") }
    #expect(try await daemon.check("--check").output.hasSuffix("bad: 0, warnings: \(count)\n"))
    try await daemon.start()
    let told = try await daemon.call(Reload()).warnings
    #expect(
      told.count == Limits.fileWarnings + 1
        && told.last?.message == "there are 200 more warnings: tactusd --check shows all")
    #expect(try await daemon.stop() == 0)
  }
}
