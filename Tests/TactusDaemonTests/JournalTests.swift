import Foundation
import TactusLinux
import TactusProtocol
import TactusTestSupport
import Testing

/// A real daemon with a real journal, and with a journal that reads nothing.
@Suite("The journal", .enabled(if: Laboratory.isPossible, "needs root: not run"), .serialized, .timeLimit(.minutes(5)))
struct JournalTests {
  private func daemon(
    _ lab: JournalLab, _ commands: [String: String], settings: String? = nil
  ) async throws
    -> RunningDaemon
  {
    let daemon = try RunningDaemon(notStartedWith: [:], settings: settings, journal: lab)
    for (name, lines) in commands {
      let script = try daemon.script("\(name).sh", lines)
      try daemon.define(name, "[Workflow]\nMaxConsecutiveFailures=infinity\n[Command]\nExec=\(script)\n")
    }
    try await daemon.start()
    return daemon
  }

  /// Runs a workflow to its end and returns the job's id.
  private func run(_ name: String, _ daemon: RunningDaemon) async throws -> String {
    let ran = try await daemon.control("run", name, "--wait", "--json=short")
    let id = try #require(ran.output.firstMatch(of: /[0-9a-f]{8}-[0-9a-f-]{27}/), "\(ran)")
    return String(id.output)
  }

  private func texts(_ entries: [[String: JournalLab.Field]]) -> [String] { entries.compactMap { $0["MESSAGE"]?.text } }

  @Test("The fields of a job find its output and its end in the journal, whatever bytes it printed")
  func fields() async throws {
    let lab = try await JournalLab()
    let daemon = try await daemon(
      lab, ["nightly": "seq 2000\nprintf 'oops\\n\\001\\377\\n' >&2\nhead -c 100000 /dev/zero | tr '\\0' x\nexit 3"])
    let id = try await run("nightly", daemon)
    // The job may end before its output is completely in the journal.
    let entries = try await eventually("the output is in the journal") {
      let entries = try await lab.entries("TACTUS_JOB_ID=\(id)", "SYSLOG_IDENTIFIER=nightly")
      let isWhole = texts(entries).map(\.count).reduce(0, +) >= (1...2000).reduce(100_004) { $0 + "\($1)".count }
      return isWhole && entries.contains { $0["MESSAGE"] == .bytes([1, 255]) } ? entries : nil
    }
    let stdout = entries.filter { $0["TACTUS_STREAM"]?.text == "stdout" }
    #expect(texts(stdout).prefix(2000) == (1...2000).map { "\($0)" }[...])
    #expect(texts(stdout).dropFirst(2000).map(\.count).reduce(0, +) == 100_000, "one line, in pieces")
    #expect(stdout.dropFirst(2000).first?["TACTUS_PARTIAL"]?.text == "1")
    #expect(stdout.allSatisfy { $0["PRIORITY"]?.text == "6" && $0["TACTUS_WORKFLOW"]?.text == "nightly" })
    let stderr = entries.filter { $0["TACTUS_STREAM"]?.text == "stderr" }
    #expect(stderr.map { $0["MESSAGE"] } == [.text("oops"), .bytes([1, 255])])
    #expect(stderr.allSatisfy { $0["PRIORITY"]?.text == "5" && $0["TACTUS_KIND"]?.text == "command" })

    let ends = try await eventually("the end is in the journal") {
      let ends = try await lab.entries("TACTUS_JOB_ID=\(id)", "TACTUS_MESSAGE=job_failed")
      return ends.isEmpty ? nil : ends
    }
    let end = try #require(ends.first)
    #expect(ends.count == 1)
    for (name, value) in [
      "PRIORITY": "4", "SYSLOG_IDENTIFIER": "tactusd", "MESSAGE_ID": "c50806dcdf714b63a1b0b78cf87d864b",
      "TACTUS_WORKFLOW": "nightly", "TACTUS_KIND": "command", "TACTUS_TRIGGER": "MANUAL", "TACTUS_STATUS": "FAILED",
      "TACTUS_ERROR_CODE": "EXIT_NONZERO", "TACTUS_ATTEMPT": "1", "TACTUS_EXIT_CODE": "3",
    ] {
      #expect(end[name]?.text == value, "\(name)")
    }
    #expect(Int(end["TACTUS_DURATION_USEC"]?.text ?? "").map { $0 > 0 } == true)
    #expect(try await lab.entries("TACTUS_MESSAGE=daemon_ready").count == 1)
    #expect(daemon.complaints.isEmpty, "with a journal, the daemon writes nothing to standard error")
  }

  @Test("tactusctl journal prints and follows the journal of a workflow, a job id or the end of an id")
  func verb() async throws {
    let lab = try await JournalLab()
    let daemon = try await daemon(lab, ["good": "echo hello; echo oops >&2"])
    let id = try await run("good", daemon)
    try await copied(2, of: id, in: lab)
    for operand in ["good", id, String(id.suffix(8))] {
      let ran = try await daemon.control("journal", operand)
      #expect(ran.code == 0, "\(ran)")
      let lines = ran.output.split(separator: "\n").map { $0.split(separator: " ", maxSplits: 1).last ?? "" }
      #expect(lines.contains("good: hello") && lines.contains("good: oops"), "\(ran)")
      #expect(lines.contains("tactusd: job \(id) of good completed"), "\(ran)")
    }
    let last = try await daemon.control("journal", "good", "-n", "1", "--json=short")
    #expect(
      last.output.split(separator: "\n").count == 1 && last.output.contains(#""TACTUS_STATUS":"COMPLETED""#), "\(last)")
    let warnings = try await daemon.control("journal", "good", "-p", "warning")
    #expect(warnings.code == 0 && warnings.output == "")
    let future = try await daemon.control("journal", "good", "--since=+1h")
    #expect(future.output == "")
    let past = try await daemon.control("journal", "good", "--until=1h")
    #expect(past.output == "")
    let notices = try await daemon.control("journal", id, "-p", "notice", "--since=1h")
    #expect(notices.output.hasSuffix("good: oops\n") && notices.output.split(separator: "\n").count == 1, "\(notices)")

    let following = try daemon.beginControl("journal", "good", "-f", "-n", "1", into: "followed")
    // The last entry shows that the command follows.
    _ = try await eventually("the last entry is printed") { daemon.read("followed").contains("completed") ? true : nil }
    _ = try await run("good", daemon)
    let isFollowed = try await eventually("new entries are printed") {
      daemon.read("followed").contains("good: oops") ? true : nil
    }
    #expect(isFollowed)
    #expect(daemon.read("followed").split(separator: "\n").filter { $0.hasSuffix("good: hello") }.count == 1)
    following.send(.kill)
    _ = try following.waitForEnd(within: patience)
  }

  @Test("tactusctl journal refuses users who may not read the journal, and finds no entries for unknown names")
  func rights() async throws {
    let lab = try await JournalLab()
    let daemon = try await daemon(lab, ["good": "echo hello"])
    try await copied(1, of: run("good", daemon), in: lab)
    let (nsenter, arguments) = lab.inside(
      Program(path: "/usr/bin/setpriv", environment: Program.baseEnvironment),
      ["--reuid=65534", "--regid=65534", "--clear-groups", "\(Program.products)/tactusctl", "journal", "good"])
    let stranger = try await nsenter.run(arguments)
    #expect(stranger.code == 5 && stranger.output == "", "\(stranger)")
    #expect(stranger.complaints.contains("adm and systemd-journal") && stranger.complaints.contains("tactusctl logs"))
    let other = try await daemon.control("journal", "other")
    #expect(other.code == 0 && other.output == "", "\(other)")
    let bad = try await daemon.control("journal", "No/Name")
    #expect(bad.code == 2 && bad.complaints.contains("neither a workflow name nor a job id"), "\(bad)")
  }

  @Test("A journal that stops for ten seconds delays no job, and the daemon counts and stores the dropped lines")
  func stopped() async throws {
    let lab = try await JournalLab()
    let line = String(repeating: "x", count: 600)
    let daemon = try await daemon(
      lab,
      [
        "flood": "for s in 1 2 3 4 5 6 7 8 9 10; do\nyes \(line) | head -n 1000\nsleep 1\ndone",
        "other": "echo hello",
      ])
    let flood = try #require(
      try await daemon.control("run", "flood", "--json=short").output.firstMatch(of: /[0-9a-f]{8}-[0-9a-f-]{27}/))
    let id = String(flood.output)
    try await lab.order("pause")
    for _ in 0..<10 {
      let begin = ContinuousClock.now
      _ = try await run("other", daemon)
      // A job that waited for the journal would not end before the journal resumes.
      #expect(ContinuousClock.now - begin < .seconds(60))
      try await daemon.rest(.milliseconds(800))
    }
    #expect(try await daemon.control("wait", id, "--timeout=2min").code == 0)
    try await lab.order("resume")
    #expect(try await daemon.output(of: id).compactMap(\.text) == Array(repeating: line, count: 10_000))
    let (written, dropped) = try await settled(lab, id, of: 10_000)
    print("journal stopped for 10 s, 10,000 lines of 600 bytes: \(written) in the journal, \(dropped) counted")
    #expect(dropped > 0)
  }

  // TactusServiceTests prints ten times as many lines on a machine with systemd.
  @Test("logs has all of 20,000 lines at once, and the journal has them or reports how many are missing")
  func flood() async throws {
    let lab = try await JournalLab()
    let daemon = try await daemon(lab, ["flood": "seq 20000"])
    let id = try await run("flood", daemon)
    let lines = try await daemon.output(of: id).compactMap(\.text)
    #expect(lines == (1...20_000).map { "\($0)" })
    let (written, dropped) = try await settled(lab, id, of: 20_000)
    print("20,000 lines: \(written) in the journal, \(dropped) counted")
  }

  @Test("Entries for requests and for the end of a job contain the job's id, and the workflow in a field")
  func names() async throws {
    let lab = try await JournalLab()
    let daemon = try await daemon(lab, ["long": "exec sleep 60", "sad": "exit 1"])
    let id = try await daemon.run("long")
    _ = try await daemon.running(id)
    try await daemon.call(CancelJobs(ids: [id]))
    _ = try await daemon.ended(id)
    let held = try await daemon.call(RunWorkflow(name: "sad", hold: true)).jobID
    try await daemon.call(ScheduleJob(id: held, at: "\(SystemTime().now)"))
    _ = try await daemon.ended(held)
    for (job, workflow, kinds) in [
      (id, "long", ["job_requested", "job_cancel_requested", "job_canceled"]),
      (held, "sad", ["job_requested", "job_scheduled", "job_failed"]),
    ] {
      let entries = try await eventually("all entries of \(workflow) are in the journal") {
        let entries = try await lab.entries("TACTUS_JOB_ID=\(job)", "SYSLOG_IDENTIFIER=tactusd")
        return entries.count < kinds.count ? nil : entries
      }
      #expect(entries.compactMap { $0["TACTUS_MESSAGE"]?.text } == kinds)
      #expect(entries.allSatisfy { $0["TACTUS_WORKFLOW"]?.text == workflow }, "\(texts(entries))")
      let end = try #require(texts(entries).last)
      #expect(end.hasPrefix("job \(job) of \(workflow) "), "\(end)")
    }
    // The workflow never succeeded.
    let turns = try await eventually("the failure is in the journal") {
      let turns = try await lab.entries("TACTUS_MESSAGE=workflow_failing")
      return turns.isEmpty ? nil : turns
    }
    #expect(texts(turns) == ["workflow sad is failing: this is the first of its failures in a row"])
  }

  @Test("JournalOutput=no keeps output out of the journal, but not messages")
  func off() async throws {
    let lab = try await JournalLab()
    let daemon = try await daemon(lab, ["good": "echo hello"], settings: "[Manager]\nJournalOutput=no\n")
    let id = try await run("good", daemon)
    let entries = try await eventually("the end is in the journal") {
      let entries = try await lab.entries("TACTUS_JOB_ID=\(id)")
      return entries.contains { $0["TACTUS_MESSAGE"]?.text == "job_completed" } ? entries : nil
    }
    #expect(entries.compactMap { $0["TACTUS_MESSAGE"]?.text } == ["job_requested", "job_completed"])
  }

  /// Waits until `count` lines of a job's output are in the journal, which may be after the job's end.
  private func copied(_ count: Int, of id: String, in lab: JournalLab) async throws {
    _ = try await eventually("the output is in the journal") {
      try await lab.entries("TACTUS_JOB_ID=\(id)").filter { $0["TACTUS_STREAM"] != nil }.count == count ? true : nil
    }
  }

  /// Waits until every line is in the journal or counted.
  private func settled(_ lab: JournalLab, _ id: String, of count: Int) async throws -> (written: Int, dropped: Int) {
    try await eventually("every line is in the journal or counted") {
      let written = try await lab.entries("TACTUS_JOB_ID=\(id)", "TACTUS_STREAM=stdout").count
      let dropped = try await lab.entries("TACTUS_MESSAGE=output_dropped")
        .compactMap { $0["TACTUS_COUNT"]?.text.flatMap { Int($0) } }.reduce(0, +)
      return written + dropped == count ? (written, dropped) : nil
    }
  }
}
