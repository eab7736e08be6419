import Foundation
import Glibc
import TactusLinux
import TactusModel
import TactusProtocol
import TactusTestSupport
import Testing

/// Configuration files that other users may change, with real owners, groups, modes, access control lists and links.
@Suite(
  "Owners of configuration files",
  .enabled(if: OtherUsers.arePossible, "needs root, to make files of other users: not run"))
struct CustodyTests {
  private static let text = "[Command]\nExec=/bin/echo first\n"
  /// The text after a stranger changed the file.
  private static let other = "[Command]\nExec=/bin/echo second\n"
  private static let nobody: UInt32 = 65_534
  private static let games: UInt32 = 60

  /// A change to a directory with a good workflow `job`, and the expected refusal and way out.
  ///
  /// `@` is replaced by the path of the configuration.
  struct Change: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let file: String
    let words: String
    let cure: String
    let make: @Sendable (_ directory: String) throws -> Void

    init(
      _ description: String, _ file: String, _ words: String, _ cure: String,
      _ make: @escaping @Sendable (_ directory: String) throws -> Void
    ) {
      (testDescription, self.file, self.words, self.cure, self.make) = (description, file, words, cure, make)
    }
  }

  private static let job = "workflows/job.workflow"

  private static let changes = [
    Change("a file of mode 666", job, "everybody may write to it (mode 666, root:root)", "chmod o-w @/\(job)") {
      chmod("\($0)/\(job)", 0o666)
    },
    Change(
      "a file of a foreign group", job, "the group games may write to it (mode 664, root:games)", "chmod g-w @/\(job)"
    ) {
      chown("\($0)/\(job)", 0, games)
      chmod("\($0)/\(job)", 0o664)
    },
    Change(
      "a file of another owner", job, "it belongs to the user nobody (mode 644, nobody:root)", "chown root @/\(job)"
    ) {
      chown("\($0)/\(job)", nobody, 0)
    },
    Change(
      "a file with an access control list", job, "the user nobody may write to it (mode 664, root:root)",
      "chmod g-w @/\(job)"
    ) {
      try AccessLists.grant(nobody, writingTo: "\($0)/\(job)")
    },
    Change(
      "a folder of a foreign group", "workflows", "the group games may write to it (mode 775, root:games)",
      "chmod g-w @/workflows"
    ) {
      chown("\($0)/workflows", 0, games)
      chmod("\($0)/workflows", 0o775)
    },
    Change(
      "a folder of another owner", "workflows", "it belongs to the user nobody (mode 755, nobody:root)",
      "chown root @/workflows"
    ) {
      chown("\($0)/workflows", nobody, 0)
    },
    Change(
      "a folder that everybody may write to", "workflows", "everybody may write to it (mode 777, root:root)",
      "chmod o-w @/workflows"
    ) {
      chmod("\($0)/workflows", 0o777)
    },
    Change(
      "a sticky folder, to which everybody may add files", "workflows",
      "everybody may write to it (mode 1777, root:root)",
      "chmod o-w @/workflows"
    ) {
      chmod("\($0)/workflows", 0o1777)
    },
    Change(
      "a file behind a link into a folder of everybody", job,
      "on the way to it everybody may write to @/../open (mode 777, root:root)",
      "chmod o-w @/../open"
    ) { directory in
      let open = "\(directory)/../open"
      try FileManager.default.createDirectory(atPath: open, withIntermediateDirectories: false)
      try FileManager.default.moveItem(atPath: "\(directory)/\(job)", toPath: "\(open)/job.workflow")
      symlink("../../open/job.workflow", "\(directory)/\(job)")
      chmod(open, 0o777)
    },
  ]

  private func diagnosis(of daemon: RunningDaemon) async throws -> Diagnosis {
    try #require(try await daemon.call(Examine()).diagnoses.first { $0.check == "files" })
  }

  /// Replaces `@` by the daemon's configuration, with links on the way resolved.
  private func expand(_ text: String, _ daemon: RunningDaemon) -> String {
    text.replacingOccurrences(of: "@/../open", with: "\(daemon.directory)/open")
      .replacingOccurrences(of: "@", with: daemon.configuration)
  }

  @Test(
    "The daemon keeps its definition if a stranger may change the file, and reload, doctor, log and --check say why",
    arguments: changes)
  func refused(_ change: Change) async throws {
    let daemon = try await RunningDaemon(["job": Self.text])
    #expect(try await diagnosis(of: daemon).message == "only root can change \(daemon.configuration)")
    try change.make(daemon.configuration)
    try Self.other.write(toFile: "\(daemon.configuration)/\(Self.job)", atomically: false, encoding: .utf8)
    let (words, cure) = (expand(change.words, daemon), expand(change.cure, daemon))
    let message = "\(words). A user who can change it decides what runs. Run \(cure)"

    let reply = try await daemon.call(Reload())
    #expect(
      reply.problems.map(\.file) == [change.file] && reply.problems.first?.message == message, "\(reply.problems)")
    #expect(reply.changed.isEmpty && reply.removed.isEmpty)
    #expect(daemon.complaints.contains("\(change.file): \(message)"), "\(daemon.complaints)")
    let job = try await daemon.outcome(of: "job")
    #expect(try await daemon.output(of: job.id).compactMap(\.text) == ["first"])

    let sick = try await diagnosis(of: daemon)
    #expect(sick.state == .problem && sick.cure == "Run \(cure)", "\(sick)")
    #expect(sick.message.hasSuffix(". A user who can change them decides what runs."), "\(sick)")
    let checked = try await daemon.check("--check")
    #expect(checked.code == 1 && checked.output.contains("\(change.file): \(message)\n"), "\(checked)")
    #expect(checked.output.hasSuffix("files: 1, good: 0, bad: 1, warnings: 0\n"), "\(checked)")

    // After a restart the definition in the store stays in force.
    #expect(try await daemon.stop() == 0)
    try await daemon.start()
    #expect(try await daemon.outcome(of: "job").status == .completed)
    #expect(try await daemon.workflow("job").generation == 1)
    #expect(try await daemon.stop() == 0)
  }

  @Test("The command in the message fixes the file, and the next reload applies it")
  func mended() async throws {
    let daemon = try await RunningDaemon(["job": Self.text])
    let file = "\(daemon.configuration)/\(Self.job)"
    chown(file, Self.nobody, Self.games)
    chmod(file, 0o666)
    try Self.other.write(toFile: file, atomically: false, encoding: .utf8)
    let problem = try #require(try await daemon.call(Reload()).problems.first)
    let cure = try #require(problem.message.components(separatedBy: "Run ").last)
    #expect(cure == "chown root \(file) && chmod go-w \(file)")
    #expect(try await Program(path: "/bin/sh", environment: Program.baseEnvironment).run(["-c", cure]).code == 0)
    let reply = try await daemon.call(Reload())
    #expect(reply.problems.isEmpty && reply.changed.map(\.description) == ["job"])
    #expect(try await diagnosis(of: daemon).state == .ok)
    #expect(try await daemon.stop() == 0)
  }

  @Test("The daemon does not start if a stranger may change its settings, whatever these settings allow")
  func settings() async throws {
    for (settings, words) in [
      ("[Manager]\nStopTimeout=9s\n", "everybody may write to it"),
      ("[Manager]\nInstance=private\n", "everybody may write to it"),
    ] {
      let daemon = try RunningDaemon(notStartedWith: [:], settings: settings)
      chmod("\(daemon.configuration)/tactusd.conf", 0o666)
      let failure = await #expect(throws: RunningDaemon.DidNotStart.self) { try await daemon.start() }
      #expect(
        failure?.code == 78 && failure?.complaints.contains("tactusd.conf: \(words)") == true, "\(failure as Any)")
    }
    // The group of the admins may write to files that are read after the file that names it, but not to that file.
    let daemon = try RunningDaemon(notStartedWith: ["job": Self.text], settings: "[Manager]\nAdminGroup=games\n")
    try daemon.write("etc/tactusd.conf.d/more.conf", "[Manager]\nStopTimeout=9s\n")
    for file in ["tactusd.conf.d/more.conf", Self.job, "workflows"] {
      chown("\(daemon.configuration)/\(file)", 0, Self.games)
      chmod("\(daemon.configuration)/\(file)", file == "workflows" ? 0o775 : 0o664)
    }
    try await daemon.start()
    #expect(
      try await diagnosis(of: daemon).message
        == "only root and the group games can change \(daemon.configuration)")
    #expect(try await daemon.outcome(of: "job").status == .completed)
    #expect(try await daemon.stop() == 0)
    let conf = "\(daemon.configuration)/tactusd.conf"
    chown(conf, 0, Self.games)
    chmod(conf, 0o664)
    let failure = await #expect(throws: RunningDaemon.DidNotStart.self) { try await daemon.start() }
    #expect(failure?.complaints.contains("tactusd.conf: the group games may write to it") == true, "\(failure as Any)")
  }

  @Test("While a daemon runs, reload and doctor report settings that its next start would refuse")
  func settingsLater() async throws {
    let daemon = try await RunningDaemon(settings: "[Manager]\n")
    chmod("\(daemon.configuration)/tactusd.conf", 0o666)
    let reply = try await daemon.call(Reload())
    #expect(reply.problems.map(\.file) == ["tactusd.conf"], "\(reply.problems)")
    let diagnoses = try await daemon.call(Examine()).diagnoses
    let settings = try #require(diagnoses.first { $0.check == "settings" })
    #expect(settings.state == .problem && settings.message.contains("everybody may write to it"), "\(settings)")
    #expect(try await daemon.stop() == 0)
  }

  @Test("The daemon also refuses queues and providers that a stranger may change")
  func others() async throws {
    let daemon = try RunningDaemon(notStartedWith: [:])
    try daemon.write("etc/queues/command.queue", "[Queue]\nMaxRunning=77\n", mode: 0o666)
    try daemon.write("etc/providers/far.provider", "[Provider]\nEndpoint=unix:///nowhere/engine.sock\n", mode: 0o666)
    try await daemon.start()
    let reply = try await daemon.call(Reload())
    #expect(reply.problems.map(\.file) == ["queues/command.queue", "providers/far.provider"], "\(reply.problems)")
    let queues = try await daemon.call(Describe()).queues
    #expect(queues.first { $0.name == "command" }?.maxRunning != 77)
    #expect(try await daemon.call(ListProviders()).providers.allSatisfy { $0.name != "far" })
    #expect(try await daemon.stop() == 0)
  }

  @Test("A private instance reports files that others may change, and applies them")
  func privateInstance() async throws {
    let daemon = try RunningDaemon(
      notStartedWith: ["job": Self.text], settings: "[Manager]\nInstance=private\n",
      launcher: ["/usr/bin/setpriv", "--reuid=54400", "--regid=54400", "--clear-groups", "--"])
    for path in [daemon.directory]
      + (try FileManager.default.subpathsOfDirectory(atPath: daemon.directory)).map({
        "\(daemon.directory)/\($0)"
      })
    { chown(path, 54_400, 54_400) }
    let file = "\(daemon.configuration)/\(Self.job)"
    // The user's own group has no other member.
    chmod(file, 0o664)
    try await daemon.start()
    let holders = "only root, uid 54400 and the group gid 54400 can change \(daemon.configuration)"
    #expect(try await diagnosis(of: daemon).message == holders)
    chmod(file, 0o666)
    try Self.other.write(toFile: file, atomically: false, encoding: .utf8)
    let reply = try await daemon.call(Reload())
    #expect(reply.problems.isEmpty && reply.changed.map(\.description) == ["job"], "\(reply)")
    #expect(
      reply.warnings.map(\.file) == [Self.job] && reply.warnings[0].message.hasPrefix("everybody may write"), "\(reply)"
    )
    #expect(try await diagnosis(of: daemon).state == .warning)
    #expect(try await daemon.stop() == 0)
  }

  @Test(
    "--check warns of variables and secrets that users other than the job's own may change")
  func inputs() async throws {
    let daemon = try RunningDaemon(notStartedWith: [:])
    let open = try daemon.write("inputs/open", "A=b\n", mode: 0o666)
    let foreign = try daemon.write("inputs/foreign", "A=b\n")
    chown(foreign, Self.nobody, 0)
    let sound = try daemon.write("inputs/sound", "A=b\n")
    let lines = "EnvironmentFile=\(sound)\nEnvironmentFile=\(open)\nLoadCredential=x:\(foreign)\n"
    try daemon.define("job", "[Command]\nExec=/bin/true\n\(lines)")
    try daemon.define("own", "[Command]\nExec=/bin/true\nRunner=systemd\nUser=nobody\nLoadCredential=x:\(foreign)\n")
    let checked = try await daemon.check("--check")
    let reported = checked.output.split(separator: "\n").filter { $0.contains("can be changed by others") }
    let consequence = "A user who can change it decides what the job gets."
    let variables =
      "workflows/job.workflow:4: EnvironmentFile=\(open) can be changed by others: everybody may write to it "
      + "(mode 666, root:root). \(consequence) Run chmod o-w \(open) (warning)"
    let secret =
      "workflows/job.workflow:5: LoadCredential=x:\(foreign) can be changed by others: it belongs to the user nobody "
      + "(mode 644, nobody:root). \(consequence) Run chown root \(foreign) (warning)"
    #expect(reported.map(String.init) == [variables, secret], "\(checked)")
  }
}

/// Access control lists, in the form that setfacl(1) writes.
private enum AccessLists {
  /// Gives a user read and write access to a file of another owner.
  static func grant(_ user: UInt32, writingTo path: String) throws {
    // The kernel's format: a version, then entries of tag, rights and id. Source: linux/posix_acl_xattr.h
    let script = """
      import os, struct, sys
      none = 0xffffffff
      entries = [(0x01, 6, none), (0x02, 6, int(sys.argv[2])), (0x04, 4, none), (0x10, 6, none), (0x20, 4, none)]
      value = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
      os.setxattr(sys.argv[1], "system.posix_acl_access", value)
      """
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/python3")
    process.arguments = ["-c", script, path, "\(user)"]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "the list of \(path) is set")
  }
}
