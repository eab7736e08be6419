import Foundation
import Glibc
import TactusModel
import TactusProtocol
import TactusTestSupport
import Testing

/// Tests that run programs as other users.
enum OtherUsers {
  /// True if the tests run as root.
  ///
  /// Fails in CI otherwise, where no test may be skipped.
  static let arePossible: Bool = {
    if getuid() == 0 { return true }
    if ProcessInfo.processInfo.environment["CI"] == "true" { fatalError("the tests of rights need root") }
    print("SKIPPED: the tests of rights need root, to become other users")
    return false
  }()
}

/// The rights of callers, by their peer credentials.
///
/// The tests need root to become other users.
@Suite("Rights", .enabled(if: OtherUsers.arePossible, "needs root, to become other users: not run"))
struct RightTests {
  private static let operators = "games"
  private static let readers = "mail"

  private func daemon(_ instance: String = "system") async throws -> RunningDaemon {
    let settings = "[Manager]\nInstance=\(instance)\nAdminGroup=\(Self.operators)\nReadGroup=\(Self.readers)\n"
    let daemon = try RunningDaemon(
      notStartedWith: [
        "secret": "[Command]\nExec=/bin/sh -c 'echo word; exit 3'\n",
        "planned": "[Schedule]\nInterval=1h\n[Command]\nExec=/bin/true\n",
      ], settings: settings)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: daemon.directory)
    try await daemon.start()
    return daemon
  }

  /// Runs `tactusctl` as the user nobody, in one group or without groups.
  private func nobody(_ daemon: RunningDaemon, in group: String? = nil, _ words: [String]) async throws -> Program.Ran {
    let membership = group.map { "--groups=\($0)" } ?? "--clear-groups"
    return try await Program(
      path: "/usr/bin/setpriv", environment: Program.baseEnvironment.merging(daemon.environment) { $1 }
    ).run(["--reuid=65534", "--regid=65534", membership, "\(Program.products)/tactusctl"] + words)
  }

  @Test("All users may look, readers may read, admins may change, and a refusal names the missing right and its group")
  func rights() async throws {
    let daemon = try await daemon()
    let job = try await daemon.outcome(of: "secret")
    let new = try daemon.write("new.workflow", "[Command]\nExec=/bin/true\n")
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: new)
    let held = try await daemon.call(RunWorkflow(name: "secret", hold: true)).jobID
    let look = [
      ["status"], ["list-workflows"], ["list-jobs"], ["show-job", job.id], ["show-workflow", "secret"],
    ]
    let read = [["logs", job.id], ["cat", "secret"]]
    let change = [
      ["run", "secret"], ["apply", new], ["terminate", "planned"], ["resume", "planned"], ["cancel", held], ["reload"],
    ]
    for words in look {
      let ran = try await nobody(daemon, words)
      #expect(ran.code == 0, "\(words): \(ran)")
      #expect(!ran.output.contains("word") && !ran.output.contains("Exec="), "\(words): \(ran)")
    }
    let before = try await daemon.call(ListJobs(limit: 1000)).jobs
    for words in read + change {
      let ran = try await nobody(daemon, words)
      #expect(ran.code == 5, "\(words): \(ran)")
      let right = read.contains(words) ? "read" : "admin"
      #expect(ran.complaints.contains("needs the right \(right)") && ran.complaints.contains(Self.operators), "\(ran)")
      #expect(!ran.output.contains("word"))
    }
    for words in look + read {
      let ran = try await nobody(daemon, in: Self.readers, words)
      #expect(ran.code == 0, "\(words): \(ran)")
    }
    for words in change {
      #expect(try await nobody(daemon, in: Self.readers, words).code == 5, "\(words)")
    }
    #expect(try await daemon.call(ListJobs(limit: 1000)).jobs == before)
    #expect(try await daemon.workflow("planned").state == .active)
    let refusals = try await eventually("the refusals are in the log") {
      let lines = daemon.complaints.split(separator: "\n").filter { $0.contains("refused to uid 65534") }
      return lines.count >= 8 ? lines : nil
    }
    #expect(refusals.contains { $0.contains("io.tactus.Workflows.Run needs the right admin") })
    for words in look + read + change {
      let ran = try await nobody(daemon, in: Self.operators, words)
      #expect(ran.code == 0, "\(words): \(ran)")
    }
    #expect(try await daemon.job(held).errorCode == .canceledByUser)
    // The log names the caller of each change.
    try await daemon.log(with: "run secret, requested by uid 65534 (pid ")
    #expect(try await daemon.stop() == 0)
  }

  @Test(
    "All users see the place of a problem in a file, readers also its reason, and nobody the secret in the file"
  )
  func refusedFiles() async throws {
    let daemon = try await daemon()
    _ = try daemon.write("etc/workflows/broken.workflow", "[Command]\nExec=/bin/sh -c 'the-secret\n")
    _ = try await daemon.call(Reload())
    let looked = try await nobody(daemon, ["status"])
    #expect(looked.code == 0 && looked.output.contains("broken.workflow:2 is invalid"), "\(looked)")
    #expect(!looked.output.contains("the-secret"))
    for words in [["show-workflow", "broken"], ["why", "broken"], ["upcoming", "broken"], ["stats", "broken"]] {
      let none = try await nobody(daemon, words)
      #expect(none.code == 4 && none.complaints.contains("broken.workflow:2 is invalid"), "\(none)")
      #expect(!none.complaints.contains("the-secret"), "\(none)")
      let all = try await nobody(daemon, in: Self.readers, words)
      #expect(all.code == 4 && all.complaints.contains("Exec= opens a quote"), "\(all)")
      #expect(!all.complaints.contains("the-secret"), "\(all)")
    }
    let read = try await nobody(daemon, in: Self.readers, ["status"])
    #expect(read.output.contains("Exec= opens a quote") && !read.output.contains("the-secret"), "\(read)")
    #expect(!daemon.complaints.contains("the-secret"), "\(daemon.complaints)")
    let checked = try await daemon.check("--check")
    #expect(checked.code == 1 && !checked.output.contains("the-secret"), "\(checked)")
    #expect(try await daemon.stop() == 0)
  }

  @Test("A private instance refuses other users, whatever their groups")
  func privateInstance() async throws {
    let daemon = try await daemon("private")
    for path in [daemon.directory, "\(daemon.directory)/run"] {
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }
    for mode in [0o600, 0o666] {
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: daemon.socket)
      let ran = try await nobody(daemon, in: Self.operators, ["status"])
      #expect(ran.code == 5 && !ran.complaints.isEmpty, "\(ran)")
    }
    #expect(try await daemon.stop() == 0)
  }
}
