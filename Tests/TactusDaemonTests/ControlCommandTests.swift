import Foundation
import Glibc
import TactusLinux
import TactusMessages
import TactusModel
import TactusProtocol
import TactusTransport
import Testing

@Suite("tactusctl with a real daemon")
struct ControlCommandTests {
  private func daemon() async throws -> RunningDaemon {
    let workflows = [
      "a-workflow-with-a-rather-long-name-as-people-like-to-give-them":
        "[Schedule]\nInterval=1h\n[Command]\nExec=/bin/true\n",
      "fails": "[Command]\nExec=/bin/sh -c 'echo out; echo err >&2; exit 3'\n",
      "sleeps": "[Command]\nExec=/bin/sleep 300\n",
      "planned": "[Schedule]\nInterval=1d\n[Command]\nExec=/bin/true\n",
    ]
    let daemon = try RunningDaemon(notStartedWith: workflows, settings: "[Manager]\nInstance=private\n")
    try daemon.write("new.workflow", "[Command]\nExec=/bin/echo new\n")
    try daemon.write("planned.workflow", "[Command]\nExec=/bin/echo other\n")
    try await daemon.start()
    return daemon
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

  @Test("Each verb does its work, and exits with the status that the manual page documents")
  func verbs() async throws {
    let daemon = try await daemon()
    let new = "\(daemon.directory)/new.workflow"
    _ = try await expect(daemon, 0, "status", saying: "running")
    _ = try await expect(daemon, 0, "apply", new, "--dry-run", saying: "would be created")
    _ = try await expect(daemon, 4, "show-workflow", "new", saying: "no workflow new")
    _ = try await expect(daemon, 0, "apply", new, saying: "created")
    _ = try await expect(daemon, 0, "apply", new, saying: "unchanged")
    _ = try await expect(daemon, 1, "apply", "\(daemon.directory)/planned.workflow", saying: "file")
    _ = try await expect(daemon, 1, "apply", "\(daemon.directory)/none.workflow", saying: "No such file")
    _ = try await expect(daemon, 0, "list-workflows", saying: "5 workflows")
    _ = try await expect(daemon, 0, "show-workflow", "planned", saying: "ACTIVE")
    _ = try await expect(daemon, 0, "cat", "new", saying: "Exec=/bin/echo new")

    let id = try await expect(daemon, 0, "run", "fails").output.trimmingCharacters(in: .newlines)
    #expect(try await daemon.ended(id).exitCode == 3)
    _ = try await expect(daemon, 0, "show-job", id, saying: "EXIT_NONZERO")
    let bare = id.filter { $0 != "-" }
    let spellings = [
      String(id.suffix(12)), id.uppercased(), bare, bare.uppercased(), String(id.suffix(9)).uppercased(),
    ]
    for spelling in spellings { _ = try await expect(daemon, 0, "show-job", spelling, saying: id) }
    _ = try await expect(daemon, 4, "show-job", id, "ffffffffffff", id.uppercased(), saying: "no job ffffffffffff")
    #expect(try await expect(daemon, 0, "logs", id, "--stream=stdout").output == "out\n")
    #expect(try await expect(daemon, 0, "logs", id, "--stream=stderr").output == "err\n")
    _ = try await expect(daemon, 0, "list-jobs", "--status=FAILED", "--workflow=fails", saying: "1 job")
    _ = try await expect(daemon, 0, "list-jobs", "fails", saying: "1 job")
    // The name of a workflow selects its newest job, and standard error names this job.
    let named = try await expect(daemon, 0, "logs", "fails")
    #expect(named.complaints == "tactusctl: logs of job \(id), the newest of fails\n" && named.output.contains("out\n"))
    #expect(try await expect(daemon, 0, "logs", "fails", "-q").complaints == "")
    #expect(try await expect(daemon, 0, "show-job", "fails", "--json=short").output.contains(id))
    _ = try await expect(daemon, 0, "show-job", "planned", saying: "PENDING")
    let later = try await expect(daemon, 0, "run", "new", "--in=1h").output.trimmingCharacters(in: .newlines)
    #expect(try await daemon.job(later).status == .pending)
    _ = try await expect(daemon, 0, "cancel", later, saying: "canceled")
    #expect(try await daemon.job(later).errorCode == .canceledByUser)
    let sleeping = try await expect(daemon, 0, "run", "sleeps").output.trimmingCharacters(in: .newlines)
    _ = try await daemon.running(sleeping)
    _ = try await expect(daemon, 0, "terminate", "sleeps", "--cancel-running", saying: "terminated")
    #expect(try await daemon.ended(sleeping).status == .canceled)
    _ = try await expect(daemon, 0, "resume", "sleeps", saying: "resumed")
    _ = try await expect(daemon, 0, "reload")
    try daemon.define("spoiled", "[Command]\n")
    _ = try await expect(daemon, 1, "reload", saying: "workflows/spoiled.workflow:1: ")
    #expect(try await daemon.stop() == 0)
  }

  @Test("With a closed standard output, logs fails and sends no output of a job to the daemon")
  func closedOutput() async throws {
    let daemon = try RunningDaemon(notStartedWith: ["victim": "[Schedule]\nInterval=1h\n[Command]\nExec=/bin/true\n"])
    let call = #"{"method":"io.tactus.Workflows.Terminate","parameters":{"name":"victim"}}"#
    let script = try daemon.script("says", "printf '%s\\0' '\(call)'")
    try daemon.define("says", "[Command]\nExec=\(script)\n")
    try await daemon.start()
    let id = try await daemon.outcome(of: "says").id
    let shell = Program(
      path: "/bin/sh", environment: Program.baseEnvironment.merging(daemon.environment) { $1 })
    for closed in [">&-", "<&- >&-", "<&- >&- 2>&-"] {
      let ran = try await shell.run(["-c", "'\(Program.products)/tactusctl' logs \(id) \(closed)"])
      #expect(ran.code == 1, "\(closed): \(ran)")
    }
    #expect(try await daemon.workflow("victim").state == .active)
    #expect(try await !daemon.log().contains("terminate victim"))
    #expect(try await daemon.stop() == 0)
  }

  @Test("Every failure has its exit status and names a way out")
  func failures() async throws {
    let daemon = try await daemon()
    let planned = try #require(try await daemon.jobs("planned").first)
    for verb in ["show-workflow", "cat", "run", "terminate", "resume"] {
      _ = try await expect(daemon, 4, verb, "nothing", saying: "no workflow nothing")
    }
    for verb in ["show-job", "cancel", "logs"] {
      _ = try await expect(daemon, 4, verb, "ffffffffffff", saying: "no job ffffffffffff")
    }
    for verb in ["wait", "cancel"] {
      _ = try await expect(
        daemon, 2, verb, "planned", saying: "tactusctl list-jobs planned --status=PENDING,QUEUED,RUNNING")
    }
    _ = try await expect(daemon, 4, "logs", "nothing", saying: "no workflow nothing")
    _ = try await expect(daemon, 2, "start", "planned", saying: "tactusctl run NAME")
    _ = try await expect(
      daemon, 2, "run", "planned", "--at=yesterday", saying: "is not RFC 3339 with an offset. Write --at=2")
    let refused = await #expect(throws: ControlError.self) {
      try await daemon.call(RunWorkflow(name: "planned", scheduledAt: "yesterday"))
    }
    #expect("\(refused as Any)".contains("is not \(Instant.rule)"))
    _ = try await expect(daemon, 2, "frobnicate", saying: "tactusctl --help")
    _ = try await expect(daemon, 2, saying: "no verb given")
    _ = try await expect(daemon, 2, "run", saying: "run NAME")
    _ = try await expect(daemon, 2, "status", "--dry-run", saying: "does not take --dry-run")
    _ = try await expect(daemon, 2, "status", "--json=long", saying: "short")
    _ = try await expect(daemon, 2, "list-jobs", "--limit=0", saying: "--limit=0")
    _ = try await expect(daemon, 2, "list-jobs", "--status=DONE", saying: "DONE")
    _ = try await expect(daemon, 0, "--help", saying: "list-workflows")
    _ = try await expect(daemon, 0, "--version", saying: Product.version)
    // The planned job still exists: the refused calls changed nothing.
    #expect(try await daemon.job(planned.id) == planned)
    _ = try await expect(daemon, 3, "--socket=\(daemon.directory)/none", "status", saying: "Start tactusd")
    if getuid() == 0 { try await expectForbidden(daemon) }
    #expect(try await daemon.stop() == 0)
    _ = try await expect(daemon, 3, "status", saying: "no daemon answers at \(daemon.socket)")
  }

  private func expectForbidden(_ daemon: RunningDaemon) async throws {
    let nobody = Program(
      path: "/usr/bin/setpriv", environment: Program.baseEnvironment.merging(daemon.environment) { $1 })
    let words = ["--reuid=65534", "--regid=65534", "--clear-groups", "\(Program.products)/tactusctl", "status"]
    for path in [daemon.directory, "\(daemon.directory)/run"] {
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }
    // First the mode of the socket refuses the user, then the daemon does.
    for mode in [0o600, 0o666] {
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: daemon.socket)
      let ran = try await nobody.run(words)
      #expect(ran.code == 5 && !ran.complaints.isEmpty, "\(ran)")
    }
  }

  @Test("--json prints the daemon's replies", arguments: ["short", "pretty"])
  func json(mode: String) async throws {
    let daemon = try await daemon()
    let job = try await daemon.outcome(of: "fails")
    let verbs = [
      ["status"], ["list-workflows"], ["show-workflow", "planned"], ["list-jobs"], ["show-job", job.id],
      ["logs", job.id],
      ["apply", "\(daemon.directory)/new.workflow"], ["run", "new"], ["terminate", "new"], ["resume", "new"],
      ["cancel", "ffffffffffff"], ["reload"],
    ]
    for verb in verbs {
      let ran = try await Program.built("tactusctl", daemon.environment).run(verb + ["--json=\(mode)"])
      #expect(ran.code == (verb[0] == "cancel" ? 4 : 0), "\(verb): \(ran)")
      let texts = mode == "short" ? ran.output.split(separator: "\n").map(String.init) : objects(ran.output)
      #expect(!texts.isEmpty || verb[0] == "terminate" || verb[0] == "resume")
      for text in texts {
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        #expect(object != nil, "\(verb): \(text)")
      }
    }
    let shown = try await daemon.control("show-job", job.id, "--json=short")
    let object = try JSONSerialization.jsonObject(with: Data(shown.output.utf8)) as? [String: [String: Any]]
    let known = try #require(object?["job"])
    #expect(known["id"] as? String == job.id && known["exit_code"] as? Int == 3)
    #expect(known["status"] as? String == "FAILED" && known["error_code"] as? String == "EXIT_NONZERO")
  }

  /// The objects of indented text.
  ///
  /// Each ends with a brace in the first column.
  private func objects(_ text: String) -> [String] {
    text.components(separatedBy: "\n}\n").filter { !$0.isEmpty }.map { $0.hasSuffix("}\n") ? $0 : $0 + "\n}" }
  }

  @Test("Every line fits into a terminal of 80 columns")
  func width() async throws {
    let daemon = try await daemon()
    let job = try await daemon.outcome(of: "fails")
    _ = try await daemon.outcome(of: "a-workflow-with-a-rather-long-name-as-people-like-to-give-them")
    let terminal = Program(
      path: "/usr/bin/script",
      environment: Program.baseEnvironment.merging(daemon.environment) { $1 }.merging(["TERM": "xterm"]) { $1 })
    for words in [
      ["status"], ["list-workflows"], ["list-jobs"], ["show-workflow", "planned"], ["--help"], ["list-jobs", "--help"],
    ] {
      let command = (["\(Program.products)/tactusctl", "--no-pager"] + words).joined(separator: " ")
      let ran = try await terminal.run(["-qec", "stty cols 80 && \(command)", "/dev/null"])
      #expect(ran.code == 0, "\(words): \(ran)")
      let text = ran.output.replacing("\r\n", with: "\n")
      let lines = plain(text).split(separator: "\n")
      #expect(!lines.isEmpty)
      for line in lines { #expect(line.count <= 80, "\(words): \(line)") }
      if words[0] == "list-jobs" && words.count == 1 {
        #expect(text.contains("\u{1B}[") && plain(text).contains(job.id.suffix(6)))
      }
    }
  }

  /// The text without colours.
  private func plain(_ text: String) -> String { text.replacing(/\u{1B}\[[0-9;]*m/, with: "") }
}
