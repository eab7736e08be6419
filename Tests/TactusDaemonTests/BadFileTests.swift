import Foundation
import TactusModel
import TactusProtocol
import Testing

@Suite("Bad files")
struct BadFileTests {
  /// A bad file: its name, its text, and the line and a part of the expected refusal.
  private struct Bad {
    let name: String
    let text: String
    let line: Int
    let words: String

    init(_ name: String, _ text: String, _ line: Int, _ words: String) {
      (self.name, self.text, self.line, self.words) = (name, text, line, words)
    }
  }

  private static let bad = [
    Bad("kind", "[Workflow]\nPriority=1\n[Job]\nExec=/bin/true\n", 3, "[Job] is not a section"),
    Bad("key", "[Command]\nExec=/bin/true\nNice=3\n", 3, "Nice= is not a key of [Command]"),
    Bad("zero", "[Schedule]\nInterval=0\n[Command]\nExec=/bin/true\n", 2, "from 1s to 366d"),
    Bad("negative", "[Schedule]\nInterval=-5s\n[Command]\nExec=/bin/true\n", 2, "is not a span of time"),
    Bad("long", "[Schedule]\nInterval=367d\n[Command]\nExec=/bin/true\n", 2, "from 1s to 366d"),
    Bad("slow", "[Heartbeat]\nEndpoint=http://localhost/\nTimeout=6min\n", 3, "5min"),
    Bad("nourl", "[Heartbeat]\nEndpoint=http://\n", 2, "Endpoint="),
    Bad("scheme", "[Heartbeat]\nEndpoint=ftp://localhost/\n", 2, "http"),
    Bad("relative", "[Command]\nExec=true\n", 2, "absolute"),
    Bad("two", "[Command]\nExec=/bin/true\n[Heartbeat]\nEndpoint=http://localhost/\n", 3, "a workflow has one kind"),
    Bad("nul", "[Command]\nExec=/bin/tr\0ue\n", 2, "NUL"),
    Bad("large", "[Command]\nExec=/bin/true\n" + String(repeating: "#\n", count: 1 << 19), 0, "more than 262144 bytes"),
    Bad("Odd Name", "[Command]\nExec=/bin/true\n", 0, "name"),
  ]

  private func write(_ daemon: RunningDaemon) throws {
    for bad in Self.bad { try daemon.define(bad.name, bad.text) }
    try Data([0x5B, 0x43, 0xFF, 0xFE, 0x0A]).write(
      to: URL(filePath: "\(daemon.configuration)/workflows/latin.workflow"))
    try FileManager.default.createDirectory(
      atPath: "\(daemon.configuration)/workflows/folder.workflow", withIntermediateDirectories: false)
  }

  private func expectRefused(_ problems: [(file: String, line: Int, message: String)]) throws {
    #expect(Set(problems.map(\.file)).count == Self.bad.count + 2)
    for bad in Self.bad {
      let reported = problems.filter { $0.file == "workflows/\(bad.name).workflow" }
      #expect(reported.contains { $0.line == bad.line && $0.message.contains(bad.words) }, "\(bad.name): \(reported)")
    }
    #expect(problems.contains { $0.file == "workflows/latin.workflow" && $0.line == 1 && $0.message.contains("UTF-8") })
    #expect(problems.contains { $0.file == "workflows/folder.workflow" && $0.message.contains("irectory") })
  }

  @Test("A reload refuses each bad file with its line, and loads the others")
  func reload() async throws {
    let daemon = try await RunningDaemon(["good": "[Command]\nExec=/bin/echo good\n"])
    try write(daemon)
    try daemon.define("better", "[Command]\nExec=/bin/echo better\n")
    let reply = try await daemon.call(Reload())
    #expect(reply.created == ["better"] && reply.changed.isEmpty && reply.removed.isEmpty)
    #expect(reply.loaded == 2 && reply.workflows == 2)
    try expectRefused(reply.problems.map { ($0.file, $0.line, $0.message) })
    #expect(try await daemon.outcome(of: "good").status == .completed)
    #expect(try await daemon.outcome(of: "better").status == .completed)
    for bad in Self.bad { #expect(daemon.complaints.contains("workflows/\(bad.name).workflow")) }
    let incidents = try await daemon.call(Describe()).lastErrors
    #expect(incidents.count == 8 && incidents == incidents.sorted { $0.at > $1.at })
    // A file that was fixed is no longer reported.
    for name in Self.bad.map(\.name) + ["latin", "folder"] { try daemon.undefine(name) }
    try await daemon.call(Reload())
    #expect(try await daemon.call(Describe()).lastErrors.filter { $0.message.contains(".workflow") }.isEmpty)
    #expect(try await daemon.stop() == 0)
  }

  @Test("--check reports the same problems without a daemon, and a daemon starts in spite of them")
  func check() async throws {
    let daemon = try RunningDaemon(notStartedWith: ["good": "[Command]\nExec=/bin/echo good\n"])
    let before = try await daemon.check("--check")
    #expect(before.code == 0)
    #expect(before.output == "\(daemon.configuration): files: 1, good: 1, bad: 0, warnings: 0\n")
    try write(daemon)
    let after = try await daemon.check("--check")
    #expect(after.code == 1)
    for bad in Self.bad {
      let place = "workflows/\(bad.name).workflow" + (bad.line > 0 ? ":\(bad.line): " : ": ")
      #expect(after.output.contains(place), "\(bad.name): \(after.output)")
    }
    #expect(after.output.contains("files: 16, good: 1, bad: 15"))
    try await daemon.start()
    #expect(try await daemon.outcome(of: "good").status == .completed)
  }

  @Test("A file that becomes bad leaves its good definition in force")
  func spoiled() async throws {
    let daemon = try await RunningDaemon(["job": "[Command]\nExec=/bin/echo first\n"])
    try daemon.define("job", "[Command]\nExec=/bin/echo second\nTimeout=never\n")
    let reply = try await daemon.call(Reload())
    #expect(reply.problems.map(\.line) == [3] && reply.loaded == 0)
    let workflow = try await daemon.workflow("job")
    #expect(workflow.generation == 1 && workflow.state == .active)
    let job = try await daemon.outcome(of: "job")
    #expect(try await daemon.output(of: job.id).first?.text == "first")
  }

  @Test(
    "A call for a workflow without a valid file reports the place and the reason, or that the file was not read yet"
  )
  func absent() async throws {
    let daemon = try await RunningDaemon(["bad": "[Command]\nExec=true\n", "ffffff": "[Command]\n"])
    try daemon.define("new", "[Command]\nExec=/bin/true\n")
    let verbs = ["run", "why", "show-workflow", "terminate", "resume", "upcoming", "stats"]
    for verb in verbs {
      let bad = try await daemon.control(verb, "bad")
      #expect(bad.code == 4, "\(verb): \(bad)")
      for words in [
        "no workflow bad: its file was refused", "workflows/bad.workflow:2: Exec= does not begin with the absolute",
        "Fix the file, then run tactusctl reload",
      ] { #expect(bad.complaints.contains(words), "\(verb): \(bad)") }
      let new = try await daemon.control(verb, "new")
      #expect(new.code == 4, "\(verb): \(new)")
      #expect(
        new.complaints.contains(
          "no workflow new: its file workflows/new.workflow exists but is not in force. Run tactusctl reload"),
        "\(verb): \(new)")
    }
    // This name might also be the end of a job's id.
    let digits = try await daemon.control("why", "ffffff")
    #expect(digits.code == 4 && digits.complaints.contains("workflows/ffffff.workflow:1: [Command] needs Exec="))
    let none = try await daemon.control("run", "none")
    #expect(none.code == 4 && none.complaints.contains("no workflow none. Run tactusctl list-workflows"), "\(none)")
    // The answer quotes the result of the last reload.
    try daemon.define("bad", "[Command]\n# better\nExec=/bin/true\nNice=3\n")
    try await daemon.call(Reload())
    let again = try await daemon.control("run", "bad")
    #expect(again.complaints.contains("workflows/bad.workflow:4: Nice= is not a key"), "\(again)")
    try daemon.define("bad", "[Command]\nExec=/bin/true\n")
    try await daemon.call(Reload())
    #expect(try await daemon.control("run", "bad", "--wait").code == 0)
    #expect(try await daemon.stop() == 0)
  }

  @Test("Shell syntax in Exec= causes a warning with its line, and the program receives it unchanged")
  func shellWords() async throws {
    let daemon = try RunningDaemon(notStartedWith: ["list": "[Command]\nExec=/bin/echo $HOME | wc\n"])
    let check = try await daemon.check("--check")
    #expect(check.code == 0 && check.output.contains("workflows/list.workflow:2: Exec= has $HOME, but no shell"))
    try await daemon.start()
    try await daemon.log(with: "workflows/list.workflow:2: Exec= has $HOME")
    let job = try await daemon.outcome(of: "list")
    #expect(try await daemon.output(of: job.id).compactMap(\.text) == ["$HOME | wc"])
    #expect(try await daemon.stop() == 0)
  }

  @Test("A span with the unit M causes a warning, in a workflow's file and in tactusd.conf")
  func months() async throws {
    let daemon = try RunningDaemon(
      notStartedWith: ["job": "[Schedule]\nInterval=5M\n[Command]\nExec=/bin/true\n"],
      settings: "[Manager]\nEventsKeep=1M\n")
    let check = try await daemon.check("--check")
    #expect(check.code == 0 && check.output.contains("tactusd.conf:2: EventsKeep=1M: 1M is 1 month"), "\(check)")
    #expect(
      check.output.contains(
        "workflows/job.workflow:2: Interval=5M: 5M is 5 months, as in systemd.time(7). Write 5min for minutes, or 5month for "
          + "months (warning)"), "\(check)")
    try await daemon.start()
    let applied = try await daemon.control(
      "apply", "--dry-run", try daemon.write("a.workflow", daemon.read("etc/workflows/job.workflow")))
    #expect(applied.code == 0 && applied.complaints.contains("a.workflow:2: Interval=5M: 5M is 5 months"), "\(applied)")
    #expect(try await daemon.stop() == 0)
  }

  @Test("A missing executable causes a warning, and its run ends with a validation error")
  func missing() async throws {
    let daemon = try RunningDaemon(notStartedWith: ["absent": "[Command]\nExec=/nonexistent/program\n"])
    let check = try await daemon.check("--check")
    #expect(check.code == 0 && check.output.contains("VALIDATION_ERROR"))
    try await daemon.start()
    let job = try await daemon.outcome(of: "absent")
    #expect(job.status == .failed && job.errorCode == .validationError)
    #expect(try #require(job.errorMessage).contains("/nonexistent/program"))
  }
}
