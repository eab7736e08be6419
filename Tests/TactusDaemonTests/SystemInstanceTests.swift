import Foundation
import Glibc
import TactusLinux
import TactusModel
import TactusProtocol
import TactusTestSupport
import Testing

/// A system instance as its unit starts it: an unprivileged user with three capabilities, and another user for jobs.
@Suite("System instance", .enabled(if: OtherUsers.arePossible, "needs root, to become other users: not run"))
struct SystemInstanceTests {
  /// An account that exists on every machine and runs no processes.
  private static let jobUser = "games"
  /// An id without an account.
  private static let owner: UInt32 = 54_400

  /// The `setpriv` command that gives the daemon its user, groups and capabilities.
  private static func launcher(
    capabilities: String = "+setuid,+setgid,+kill", groups: String? = nil
  ) throws -> [String] {
    let group = try #require(Account.named(jobUser)).group
    return [
      "/usr/bin/setpriv", "--reuid=\(owner)", "--regid=\(owner)", groups ?? "--groups=\(group)",
      "--inh-caps=\(capabilities)", "--ambient-caps=\(capabilities)", "--",
    ]
  }

  private func daemon(
    _ workflows: [String: String] = [:], jobUser: String = Self.jobUser, launcher: [String]? = nil,
    variables: [String: String] = [:]
  ) async throws -> RunningDaemon {
    let daemon = try RunningDaemon(
      notStartedWith: workflows, settings: "[Manager]\nInstance=system\nJobUser=\(jobUser)\n", variables: variables,
      launcher: launcher ?? Self.launcher())
    chown(daemon.directory, Self.owner, Self.owner)
    chmod(daemon.directory, 0o755)
    try await daemon.start()
    return daemon
  }

  private func output(_ daemon: RunningDaemon, _ id: String) async throws -> [String] {
    try await daemon.output(of: id).compactMap(\.text)
  }

  @Test("A command runs as the other user, with its groups and home directory, and without capabilities")
  func identity() async throws {
    let script = "id -un; id -Gn; pwd; echo $HOME; grep ^Cap[IPEA] /proc/self/status | cut -f2 | sort -u"
    let daemon = try await daemon(["who": "[Command]\nExec=/bin/sh -c '\(script)'\n"])
    let job = try await daemon.outcome(of: "who")
    #expect(job.status == .completed, "\(job)")
    #expect(
      try await output(daemon, job.id) == ["games", "games", "/usr/games", "/usr/games", "0000000000000000"])
    // The log has no warning about the account, but one about the missing control groups.
    let log = try await daemon.log()
    #expect(log.split(separator: "\n").count { $0.contains("warning: control groups are unavailable") } == 1, "\(log)")
    #expect(log.split(separator: "\n").count { $0.contains("warning: ") && !$0.contains("none is terminated") } == 1)
    #expect(try await daemon.stop() == 0)
  }

  @Test("A hostile command cannot read the store or the daemon's memory, signal the daemon, or change anything")
  func hostile() async throws {
    let daemon = try await daemon(["other": "[Schedule]\nInterval=1h\n[Command]\nExec=/bin/true\n"])
    let control = "\(Program.products)/tactusctl --socket=\(daemon.socket)"
    let script = try daemon.write(
      "attack",
      """
      #!/bin/sh
      try() { "$@" >/dev/null 2>&1 && echo "did: $*"; }
      daemon=$PPID
      for file in '\(daemon.state)'/*.db '\(daemon.state)'/lock /proc/$daemon/environ /proc/$daemon/mem /proc/$daemon/maps; do
        try cat "$file"
      done
      try ls '\(daemon.state)'
      try ls /proc/$daemon/fd
      try ls '\(daemon.directory)/run/credentials'
      try touch '\(daemon.directory)/run/x' '\(daemon.configuration)/workflows/x.workflow'
      try mv '\(daemon.socket)' '\(daemon.directory)/run/moved'
      for signal in 0 TERM STOP KILL HUP; do try kill -$signal $daemon; done
      for words in 'run other' 'terminate other' 'delete other' 'reload' "cancel $TACTUS_JOB_ID" 'cat other' \\
        "logs $TACTUS_JOB_ID"; do
        \(control) $words >/dev/null 2>&1
        echo "$? $words"
      done | grep -v '^5 '
      \(control) status >/dev/null && echo looked
      """, mode: 0o755)
    let text = "[Command]\nExec=\(script)\n"
    try daemon.define("attack", text)
    _ = try await daemon.call(Reload())
    let job = try await daemon.outcome(of: "attack")
    #expect(job.status == .completed, "\(job)")
    #expect(try await output(daemon, job.id) == ["looked"])
    #expect(try await daemon.workflow("other").state == .active)
    #expect(try await daemon.jobs("other").allSatisfy { $0.status == .pending })
    #expect(try await daemon.stop() == 0)
  }

  @Test("The daemon stops a command of the other user at its time-out, and after a kill of the daemon")
  func stopped() async throws {
    let stubborn = "trap \"\" TERM; echo ready; while :; do sleep 1; done"
    let daemon = try await daemon([
      "short": "[Command]\nTimeout=1s\nExec=/bin/sh -c '\(stubborn)'\n",
      "long": "[Command]\nExec=/bin/sh -c '\(stubborn)'\n",
    ])
    let short = try await daemon.outcome(of: "short")
    #expect(short.errorCode == .providerTimeout, "\(short)")
    let id = try await daemon.run("long")
    let process = try #require(try await daemon.running(id).pid)
    try await daemon.kill()
    #expect(isAlive(process))
    try await daemon.start()
    #expect(try await daemon.ended(id).errorCode == .lost)
    #expect(!isAlive(process))
    #expect(try await daemon.stop() == 0)
  }

  @Test("A secret reaches only the command, and appears in no store, list, log or file after the job")
  func secret() async throws {
    let (secret, variable) = ("the-credential-8471", "a-variable-8471")
    let granted = "granted"
    let daemon = try RunningDaemon(
      notStartedWith: [:], settings: "[Manager]\nInstance=system\nJobUser=\(Self.jobUser)\n", launcher: Self.launcher())
    let source = try daemon.write("etc/\(granted)", "\(secret)\n", mode: 0o600)
    let file = try daemon.write("etc/variables", "TOKEN=\(variable)\n", mode: 0o600)
    for path in [daemon.directory, source, file] { chown(path, Self.owner, Self.owner) }
    chmod(daemon.directory, 0o755)
    try daemon.define(
      "secret",
      """
      [Command]
      Exec=/bin/sh -c 'wc -c <"$FILE"; echo ${#TOKEN}; stat -c "%%a %%U:%%G" "$FILE" | sed s/^/mode:/; exit 3'
      Environment=FILE=${CREDENTIALS_DIRECTORY}/pgpass
      EnvironmentFile=\(file)
      LoadCredential=pgpass:\(source)
      """.replacingOccurrences(of: "%%", with: "%"))
    try await daemon.start()
    let job = try await daemon.outcome(of: "secret")
    #expect(job.errorCode == .exitNonzero, "\(job)")
    let lines = try await output(daemon, job.id)
    #expect(lines.prefix(2) == ["20", "15"] && lines.last?.hasPrefix("mode:440 ") == true, "\(lines)")
    let shown = [
      try await daemon.control("show-job", job.id, "--json=short"), try await daemon.control("cat", "secret"),
      try await daemon.control("list-jobs", "--json=short"), try await daemon.control("events", "--json=short"),
    ].map { $0.output + $0.complaints }
    #expect(try await daemon.stop() == 0)
    for text in shown + [daemon.complaints] { #expect(!text.contains("8471"), "\(text)") }
    for folder in [daemon.state, "\(daemon.directory)/run"] {
      for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
        guard let bytes = FileManager.default.contents(atPath: "\(folder)/\(name)") else { continue }  // a folder
        #expect(bytes.firstRange(of: Data("8471".utf8)) == nil, "\(folder)/\(name)")
      }
    }
  }

  @Test("A job whose secret the daemon may not read fails, and the message names the file and the user")
  func unreadable() async throws {
    let daemon = try await daemon()
    let file = try daemon.write("etc/root-only", "x", mode: 0o600)
    try daemon.define("secret", "[Command]\nExec=/bin/true\nLoadCredential=a:\(file)\n")
    _ = try await daemon.call(Reload())
    let job = try await daemon.outcome(of: "secret")
    #expect(job.errorCode == .validationError)
    #expect(
      job.errorMessage
        == "LoadCredential=a: cannot open \(file): Permission denied. Let uid 54400, the user of tactusd, read it"
    )
    #expect(try await daemon.stop() == 0)
  }

  @Test("The message of a denied command says whether it could not be executed or its output reports the denial")
  func denied() async throws {
    let daemon = try await daemon()
    let file = try daemon.write("etc/owner-only", "#!/bin/sh\n", mode: 0o744)
    try daemon.define("closed", "[Command]\nExec=\(file)\n")
    try daemon.define("reader", "[Command]\nExec=/bin/sh -c 'echo \"cat: /x: Permission denied\"; exit 3'\n")
    _ = try await daemon.call(Reload())
    let closed = try #require(try await daemon.outcome(of: "closed").errorMessage)
    #expect(
      closed.hasPrefix("cannot execute \(file): Permission denied, because games may not execute it (mode 744, "),
      "\(closed)")
    #expect(!closed.contains("ReadWritePaths="), "\(closed)")
    let reader = try #require(try await daemon.outcome(of: "reader").errorMessage)
    #expect(reader.contains("Grant games access to what it reads, writes or executes. "), "\(reader)")
    #expect(try await daemon.stop() == 0)
  }

  @Test("A daemon outside the account's group refuses secrets, and says how to add it to the group")
  func noMember() async throws {
    let daemon = try await daemon(launcher: Self.launcher(groups: "--clear-groups"))
    let file = try daemon.write("etc/secret", "x", mode: 0o644)
    try daemon.define("secret", "[Command]\nExec=/bin/true\nLoadCredential=a:\(file)\n")
    _ = try await daemon.call(Reload())
    let job = try await daemon.outcome(of: "secret")
    #expect(job.errorCode == .validationError)
    #expect(job.errorMessage?.contains("cannot give the group of games ") == true, "\(job)")
    #expect(job.errorMessage?.hasSuffix("Add it with SupplementaryGroups= in tactusd.service") == true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(daemon.directory)/run/credentials").isEmpty)
    #expect(try await daemon.stop() == 0)
  }

  @Test(
    "Each command has a control group below the daemon's, and cannot leave it, even in a new session",
    .enabled(if: DelegatedGroup.isPossible, "needs a writable cgroup v2 hierarchy"))
  func controlGroups() async throws {
    let group = try DelegatedGroup(to: Self.owner)
    defer { group.remove() }
    let launcher =
      ["/bin/sh", "-c", "echo $$ >'\(group.path)/cgroup.procs' && exec \"$@\"", "sh"] + (try Self.launcher())
    let escape = """
      setsid sh -c 'trap \"\" TERM; while :; do sleep 1; done' &
      echo $$ >'\(group.path)/cgroup.procs' || echo kept
      for n in 1 2 3 4 5; do mkdir "\(group.path)/x$n" 2>/dev/null && echo made; done
      echo "$!"; grep ^0:: /proc/self/cgroup; wait
      """
    let daemon = try await daemon(launcher: launcher)
    let script = try daemon.write("escape", "#!/bin/sh\n\(escape)\n", mode: 0o755)
    try daemon.define("escape", "[Workflow]\nOverlap=allow\n[Command]\nExec=\(script)\n")
    _ = try await daemon.call(Reload())
    func begun() async throws -> (id: String, escaped: Int) {
      let id = try await daemon.run("escape")
      let lines = try await eventually("the job has begun") {
        let lines = try await output(daemon, id)
        return lines.contains { $0.hasPrefix("0::") } ? lines : nil
      }
      #expect(lines.contains("kept") && !lines.contains("made"), "\(lines)")
      // This need not be the last line: lines of the other stream may follow.
      #expect(lines.contains { $0.hasPrefix("0::") && $0.hasSuffix("/tactus-\(id)") }, "\(lines)")
      return (id, try #require(lines.compactMap { Int($0) }.first))
    }
    #expect(try await !daemon.log().contains("control groups"), "\(daemon.complaints)")
    let canceled = try await begun()
    #expect(try await daemon.control("cancel", canceled.id).code == 0)
    #expect(try await daemon.ended(canceled.id).status == .canceled)
    #expect(!isAlive(canceled.escaped))
    let orphan = try await begun()
    try await daemon.kill()
    #expect(isAlive(orphan.escaped))
    try await daemon.start()
    #expect(try await daemon.ended(orphan.id).errorCode == .lost)
    #expect(!isAlive(orphan.escaped))
    #expect(try await daemon.stop() == 0)
    #expect(group.members.isEmpty, "\(group.members)")
  }

  @Test(
    "Without the capabilities or the account, the daemon refuses commands with the way out, and logs this once",
    arguments: [
      ("games", "-all", "may not become games. Set AmbientCapabilities=CAP_SETUID"),
      ("no-such-user", "+setuid,+setgid,+kill", "the account no-such-user does not exist. Run systemd-sysusers"),
    ])
  func refused(_ jobUser: String, _ capabilities: String, _ reason: String) async throws {
    let daemon = try await daemon(
      ["some": "[Command]\nExec=/bin/true\n"], jobUser: jobUser, launcher: Self.launcher(capabilities: capabilities))
    let job = try await daemon.outcome(of: "some")
    #expect(job.errorCode == .validationError)
    #expect(job.errorMessage?.hasPrefix("commands cannot run here: ") == true)
    #expect(job.errorMessage?.contains(reason) == true, "\(job)")
    #expect(try await daemon.log().split(separator: "\n").count { $0.contains("commands are refused: ") } == 1)
    #expect(try await daemon.stop() == 0)
  }

  @Test("A reload finds an account that was created while the daemon runs")
  func reload() async throws {
    // The daemon gets its own passwd file, in its own mount namespace.
    let mount = "mount --bind \"$CONFIGURATION_DIRECTORY/passwd\" /etc/passwd && exec \"$@\""
    let daemon = try RunningDaemon(
      notStartedWith: ["who": "[Command]\nWorkingDirectory=/\nExec=/usr/bin/id -u\n"],
      settings: "[Manager]\nJobUser=late\n", launcher: ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", mount, "sh"])
    let accounts = try String(contentsOfFile: "/etc/passwd", encoding: .utf8)
    let file = try daemon.write("etc/passwd", accounts)
    try await daemon.start()
    #expect(try await output(daemon, daemon.outcome(of: "who").id) == ["0"])
    // The file is changed in place, because the mount shows this very file.
    let handle = try #require(FileHandle(forWritingAtPath: file))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data("late:x:54330:54330::/nonexistent:/bin/sh\n".utf8))
    try handle.close()
    _ = try await daemon.call(Reload())
    #expect(try await output(daemon, daemon.outcome(of: "who").id) == ["54330"])
    #expect(try await daemon.log().split(separator: "\n").count { $0.contains("the account late does not exist") } == 1)
    #expect(try await daemon.stop() == 0)
  }

  @Test("A daemon of root runs commands as the account, or as root with a warning if the account does not exist")
  func root() async throws {
    for (name, user) in [(Self.jobUser, "games"), ("no-such-user", "root")] {
      let daemon = try await RunningDaemon(
        ["who": "[Command]\nWorkingDirectory=/\nExec=/usr/bin/id -un\n"], settings: "[Manager]\nJobUser=\(name)\n")
      let job = try await daemon.outcome(of: "who")
      #expect(try await output(daemon, job.id) == [user], "\(job)")
      let log = try await daemon.log()
      #expect(log.contains("the account no-such-user does not exist") == (user == "root"), "\(log)")
      #expect(try await daemon.stop() == 0)
    }
  }
}

/// A control group as systemd gives it to a service of another user with `Delegate=yes`.
private struct DelegatedGroup {
  let path: String

  static var isPossible: Bool { ControlGroup.own().map { access("\($0.path)/cgroup.procs", W_OK) == 0 } ?? false }

  init(to owner: UInt32) throws {
    let parent = try #require(ControlGroup.own())
    path = try parent.makeChild("tactus-test-\(UUID().uuidString)").path
    for file in ["", "/cgroup.procs", "/cgroup.threads", "/cgroup.subtree_control"] {
      chown("\(path)\(file)", owner, owner)
    }
  }

  /// The remaining control groups of jobs.
  var members: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []  // removed
    return names.filter { $0.hasPrefix("tactus-") }
  }

  func remove() {
    let group = ControlGroup(at: path)
    group.kill()
    for _ in 0..<Int(patience / .milliseconds(10)) where !group.remove() { usleep(10_000) }
    if group.exists { Issue.record("\(path) is not empty after the test") }
  }
}
