import Foundation
import Glibc
import TactusLinux
import TactusModel
import TactusProtocol
import TactusTestSupport
import Testing

/// Secrets and variables that definitions name: root started the daemon, and admins apply the definitions.
@Suite(
  "The account that reads secrets",
  .enabled(if: OtherUsers.arePossible, "needs root, to become other users: not run"))
struct CredentialUserTests {
  private func daemon(_ settings: String) async throws -> RunningDaemon {
    let daemon = try RunningDaemon(notStartedWith: [:], settings: "[Manager]\nJobUser=games\n\(settings)")
    chmod(daemon.directory, 0o755)
    try await daemon.start()
    return daemon
  }

  /// Applies a definition over the socket, as an admin does, and runs it.
  private func outcome(_ name: String, _ line: String, in daemon: RunningDaemon) async throws -> WireJob {
    let script = "cat $CREDENTIALS_DIRECTORY/* 2>/dev/null; echo $TOKEN"
    let text = "[Command]\nWorkingDirectory=/\nExec=/bin/sh -c '\(script)'\n\(line)\n"
    try await daemon.call(ApplyWorkflow(name: name, definition: text))
    return try await daemon.outcome(of: name)
  }

  @Test("An admin cannot read a file of root through a definition, neither as a secret nor as variables")
  func rootOnly() async throws {
    let daemon = try await daemon("")
    let secret = try daemon.write("secrets/root-only", "TOKEN=hidden-8471\n", mode: 0o600)
    for (name, line) in [("credential", "LoadCredential=x:\(secret)"), ("variables", "EnvironmentFile=\(secret)")] {
      let job = try await outcome(name, line, in: daemon)
      #expect(job.errorCode == .validationError, "\(job)")
      #expect(
        job.errorMessage?.hasSuffix(
          "cannot open \(secret): Permission denied. tactusd reads it with the rights of games, see CredentialUser= in "
            + "tactusd.conf(5). Let games read it") == true, "\(job)")
    }
    // The reply to Apply contains the warning.
    let applied = try await daemon.call(
      ApplyWorkflow(name: "warned", definition: "[Command]\nExec=/bin/true\nLoadCredential=x:\(secret)\n"))
    #expect(
      applied.warnings?.contains { $0.message.contains("cannot be read by games, with whose rights tactusd reads it") }
        == true,
      "\(applied)")
    // The same for a file in a folder that only root may enter, and for a link to it.
    chmod(secret, 0o644)
    chmod("\(daemon.directory)/secrets", 0o700)
    symlink(secret, "\(daemon.directory)/link")
    for path in [secret, "\(daemon.directory)/link"] {
      #expect(try await outcome("closed", "LoadCredential=x:\(path)", in: daemon).errorCode == .validationError)
    }
    chmod("\(daemon.directory)/secrets", 0o755)
    let open = try await outcome("open", "LoadCredential=x:\(secret)", in: daemon)
    #expect(try await daemon.output(of: open.id).compactMap(\.text).first == "TOKEN=hidden-8471", "\(open)")
    #expect(!daemon.complaints.contains("8471"))
    #expect(try await daemon.stop() == 0)
  }

  @Test("CredentialUser= may name an account that can read more than the jobs, or root")
  func named() async throws {
    for (user, group, mode) in [("nobody", gid_t(65_534), mode_t(0o640)), ("root", 0, 0o600)] {
      let daemon = try await daemon("CredentialUser=\(user)\n")
      let secret = try daemon.write("root-only", "TOKEN=known\n")
      chown(secret, 0, group)
      chmod(secret, mode)
      for (name, line) in [("credential", "LoadCredential=x:\(secret)"), ("variables", "EnvironmentFile=\(secret)")] {
        let job = try await outcome(name, line, in: daemon)
        #expect(job.status == .completed, "\(job)")
        let lines = try await daemon.output(of: job.id).compactMap(\.text)
        #expect(lines.contains { $0.hasSuffix("known") }, "\(lines)")
      }
      #expect(try await daemon.stop() == 0)
    }
  }

  @Test("If the account does not exist, no secret is read, and the message names the way out")
  func absent() async throws {
    let daemon = try await daemon("CredentialUser=no-such-user\n")
    let file = try daemon.write("open", "TOKEN=a\n")
    let job = try await outcome("job", "EnvironmentFile=\(file)", in: daemon)
    #expect(job.errorCode == .validationError)
    #expect(
      job.errorMessage
        == "EnvironmentFile=\(file): the account no-such-user does not exist (CredentialUser= in tactusd.conf). "
        + "Create it, or name another, and reload", "\(job)")
    #expect(try await outcome("none", "", in: daemon).status == .completed)
    #expect(try await daemon.stop() == 0)
  }
}
