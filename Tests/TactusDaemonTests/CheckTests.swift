import Foundation
import Glibc
import TactusTestSupport
import Testing

/// `--check` on files that the daemon of another user will read.
@Suite("--check for another user", .enabled(if: OtherUsers.arePossible, "needs root, to become other users: not run"))
struct CheckTests {
  private static let owner: UInt32 = 54_401

  /// Runs `tactusd` as root on a machine that has an account `tactus`.
  private func check(
    _ daemon: RunningDaemon, _ options: String..., after commands: [String] = []
  ) async throws -> Program.Ran {
    let accounts = try [
      "passwd": "tactus:x:\(Self.owner):\(Self.owner)::/:/bin/false", "group": "tactus:x:\(Self.owner):",
    ]
    .map { name, line in
      let all = try String(contentsOfFile: "/etc/\(name)", encoding: .utf8)
      return "mount --bind '\(try daemon.write(name, "\(all)\(line)\n"))' /etc/\(name)"
    }
    let words = (accounts + commands + ["exec '\(Program.products)/tactusd' \(options.joined(separator: " "))"])
      .joined(separator: " && ")
    return try await Program(
      path: "/usr/bin/unshare", environment: Program.baseEnvironment.merging(daemon.environment) { $1 }
    ).run(["--mount", "/bin/sh", "-c", words])
  }

  @Test("--check by root reports files that the user tactus may not read, with mode, owner and the way out")
  func readability() async throws {
    let text = "[Command]\nExec=/bin/true\n"
    let daemon = try RunningDaemon(notStartedWith: ["open": text, "shared": text], settings: "[Manager]\n")
    chmod(daemon.directory, 0o755)
    let secret = try daemon.write("etc/workflows/secret.workflow", text, mode: 0o600)
    let shared = "\(daemon.configuration)/workflows/shared.workflow"
    chown(shared, 0, Self.owner)
    chmod(shared, 0o640)
    try daemon.write("etc/queues/command.queue", "[Queue]\nMaxRunning=3\n")
    let queues = "\(daemon.configuration)/queues"
    chmod(queues, 0o700)
    let ran = try await check(daemon, "--check", "--system")
    #expect(ran.code == 1, "\(ran)")
    #expect(
      ran.output.split(separator: "\n").map(String.init) == [
        "queues: the user tactus may not read it (mode 700, root:root). Run chown root:tactus \(queues) && "
          + "chmod 750 \(queues)",
        "workflows/secret.workflow: the user tactus may not read it (mode 600, root:root). "
          + "Run chown root:tactus \(secret) && chmod 640 \(secret)",
        "\(daemon.configuration): files: 5, good: 3, bad: 2, warnings: 0",
      ], "\(ran)")
    // A private daemon of root may read everything.
    let own = try await check(daemon, "--check")
    #expect(own.code == 0 && own.output.hasSuffix("bad: 0, warnings: 0\n"), "\(own)")
    // The commands in the message fix it.
    for (path, mode) in [(secret, 0o640), (queues, 0o750)] {
      chown(path, 0, Self.owner)
      chmod(path, mode_t(mode))
    }
    let mended = try await check(daemon, "--check", "--system")
    #expect(mended.code == 0 && mended.output.hasSuffix("bad: 0, warnings: 0\n"), "\(mended)")
    chmod(daemon.configuration, 0o700)
    let closed = try await check(daemon, "--check", "--system")
    #expect(closed.output.contains("\(daemon.configuration): the user tactus may not read it"), "\(closed)")
    #expect(closed.code == 1 && closed.output.hasSuffix("good: 0, bad: 1, warnings: 0\n"), "\(closed)")
  }

  @Test("--check by root reports inputs that tactus cannot read, but none that the sandbox may hide")
  func outlook() async throws {
    let daemon = try RunningDaemon(notStartedWith: [:])
    chmod(daemon.directory, 0o755)
    // The daemon may have another /tmp than this process.
    let folder = "/var/lib/tactus-check-\(getpid())"
    mkdir(folder, 0o755)
    defer { try? FileManager.default.removeItem(atPath: folder) }  // made here
    for (name, mode) in [("open", 0o644), ("closed", 0o600)] {
      try "A=b\n".write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
      chmod("\(folder)/\(name)", mode_t(mode))
    }
    func command(_ assignment: String) -> String { "[Command]\nExec=/bin/true\n\(assignment)\n" }
    let definitions = [
      "closed": command("EnvironmentFile=\(folder)/closed"), "open": command("EnvironmentFile=\(folder)/open"),
      "secret": command("LoadCredential=key:\(folder)/closed"),
      "absent": command("EnvironmentFile=-\(folder)/absent"), "hidden": command("EnvironmentFile=/tmp/no/file"),
      "directory": command("WorkingDirectory=/tmp/no/directory"),
      "unit": command("Runner=systemd\nWorkingDirectory=/home/no/directory"),
    ]
    for (name, text) in definitions { try daemon.define(name, text) }
    let bare = ["/etc", "/usr/share", "/usr/local/share", "/var/lib"].map { "\($0)/polkit-1" }
      .map { "if [ -d \($0) ]; then mount -t tmpfs none \($0); fi" }
    let machine = ["mount -t tmpfs none /run", "mkdir -p /run/systemd/system /run/polkit-1/rules.d"] + bare
    let ran = try await check(daemon, "--check", "--system", after: machine)
    #expect(ran.code == 0, "\(ran)")
    let consequence = "Until then its jobs end FAILED with VALIDATION_ERROR (warning)"
    let unreadable = "cannot be read by tactus, the user of tactusd. Let tactus read it. \(consequence)"
    let reported = [
      "closed.workflow:3: EnvironmentFile=\(folder)/closed \(unreadable)",
      "secret.workflow:3: LoadCredential=key:\(folder)/closed \(unreadable)",
      """
      unit.workflow:3: Runner=systemd needs a systemd unit, but no polkit rule names tactus, so tactusd can probably \
      not start one. Run sudo ln -s /usr/share/tactus/polkit/tactus.rules /etc/polkit-1/rules.d/50-tactus.rules, then \
      sudo tactusctl reload to test it. \(consequence)
      """,
      """
      unit.workflow:4: WorkingDirectory=/home/no/directory does not exist. Create the directory, or correct the path. \
      \(consequence)
      """,
    ]
    #expect(
      ran.output.split(separator: "\n").dropLast().map(String.init) == reported.map { "workflows/\($0)" }, "\(ran)")
    // Only polkit knows the effect of this rule.
    let ruled = try await check(
      daemon, "--check", "--system", after: machine + ["echo '// for tactus' >/run/polkit-1/rules.d/1.rules"])
    #expect(ruled.code == 0 && !ruled.output.contains("polkit"), "\(ruled)")
  }

  @Test("--check names the first folder on the way, links included, that the user tactus may not enter")
  func closedFolders() async throws {
    let text = "[Command]\nExec=/bin/true\n"
    let daemon = try RunningDaemon(notStartedWith: ["open": text])
    chmod(daemon.directory, 0o755)
    let (home, workflows) = ("\(daemon.directory)/home", "\(daemon.configuration)/workflows")
    try daemon.write("home/jobs/deep/linked.workflow", text)
    chmod(home, 0o700)
    // One link leads to another, whose target contains `..` and `.`.
    symlink("../../between/far.workflow", "\(workflows)/far.workflow")
    try daemon.write("between/open.workflow", text)
    symlink("\(home)/../home/./jobs/deep/linked.workflow", "\(daemon.directory)/between/far.workflow")
    symlink("../../between/open.workflow", "\(workflows)/near.workflow")
    let linked = try await check(daemon, "--check", "--system")
    func refusal(_ file: String, _ mode: Int) -> String {
      "\(file): the user tactus may not read it, because the user tactus may not enter \(home) "
        + "(mode \(mode), root:root). Put it elsewhere, or run chmod o+x \(home)"
    }
    #expect(
      linked.output.split(separator: "\n").map(String.init) == [
        refusal("workflows/far.workflow", 700), "\(daemon.configuration): files: 3, good: 2, bad: 1, warnings: 0",
      ], "\(linked)")
    // The command in the message fixes it.
    chmod(home, 0o701)
    #expect(try await check(daemon, "--check", "--system").code == 0)

    // The same for a folder of the configuration, and for the configuration itself.
    chmod(home, 0o600)
    try FileManager.default.moveItem(atPath: workflows, toPath: "\(home)/workflows")
    symlink("\(home)/workflows", workflows)
    let folder = try await check(daemon, "--check", "--system")
    #expect(folder.output.hasPrefix("\(refusal("workflows", 600))\n"), "\(folder)")
    chmod(daemon.directory, 0o700)
    let closed = try await check(daemon, "--check", "--system")
    #expect(
      closed.output.hasPrefix(
        "\(daemon.configuration): the user tactus may not read it, because the user tactus may not enter "
          + "\(daemon.directory) "), "\(closed)")
  }

  @Test("--check by a user without --system says that it checks the user's directory, and how to check the system's")
  func ownDirectory() async throws {
    let daemon = try RunningDaemon(notStartedWith: [:])
    chmod(daemon.directory, 0o755)
    func check(_ words: String...) async throws -> Program.Ran {
      try await Program(
        path: "/usr/bin/setpriv",
        environment: Program.baseEnvironment.merging(["HOME": daemon.directory]) { $1 }
      ).run(["--reuid=65534", "--regid=65534", "--clear-groups", "\(Program.products)/tactusd", "--check"] + words)
    }
    let own = "\(daemon.directory)/.config/tactus"
    let none = try await check()
    #expect(none.code == 0)
    #expect(
      none.output == """
        checking \(own) (which does not exist) for a private daemon of nobody. \
        Run sudo tactusd --check --system to check the system's daemon.
        \(own)/workflows: does not exist, so no workflow is read from files, and none is terminated (warning)
        \(own): files: 0, good: 0, bad: 0, warnings: 1

        """, "\(none)")
    try daemon.write(".config/tactus/workflows/good.workflow", "[Command]\nExec=/bin/true\n")
    let good = try await check()
    #expect(good.output.hasPrefix("checking \(own) for a private daemon of nobody. "), "\(good)")
    #expect(good.output.hasSuffix("\n\(own): files: 1, good: 1, bad: 0, warnings: 0\n"), "\(good)")
    let system = try await check("--system")
    #expect(system.output.contains("/etc/tactus: files: "), "\(system)")
    #expect(!system.output.contains("for a private daemon"), "\(system)")
  }
}
