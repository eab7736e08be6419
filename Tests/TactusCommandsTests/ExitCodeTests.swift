import Foundation
import Testing

@testable import TactusCommands

@Suite("Exit codes and sockets")
struct ExitCodeTests {
  @Test(
    "A wrong command line exits with 2 and shows the right one",
    arguments: [
      ([], "no verb given. Run tactusctl --help to list the verbs."),
      (["frobnicate"], "unknown verb frobnicate. Run tactusctl --help to list the verbs."),
      (
        ["start"],
        "unknown verb start. Use tactusctl run NAME to run a workflow now. Run tactusctl --help to list the verbs."
      ),
      (["lst-jobs"], "unknown verb lst-jobs. Did you mean list-jobs? Run tactusctl --help to list the verbs."),
      (
        ["lst-jobs", "--status=FAILED"],
        "unknown verb lst-jobs. Did you mean list-jobs? Run tactusctl --help to list the verbs."
      ),
      (
        ["--stat", "FAILED", "list-jobs", "--nothing"],
        "unknown option --nothing. Run tactusctl list-jobs --help to list the options."
      ),
      (["--frobnicate"], "unknown option --frobnicate. Run tactusctl --help to list the options."),
      (["--st", "FAILED"], "--st is ambiguous: --state, --status, --stream. Write more letters."),
      (["--frobnicate", "status"], "unknown option --frobnicate. Run tactusctl status --help to list the options."),
      (
        ["status", "--no-legnd"],
        "unknown option --no-legnd. Did you mean --no-legend? Run tactusctl status --help to list the options."
      ),
      (["status", "-qx"], "unknown option -x. Run tactusctl status --help to list the options."),
      (["run", "a", "--c=x"], "run does not take --c. Run tactusctl run --help to list its options."),
      (["status", "--limit=3"], "status does not take --limit. Run tactusctl status --help to list its options."),
      (["status", "-n3"], "status does not take --limit. Run tactusctl status --help to list its options."),
      (["status", "extra"], "usage: tactusctl status"),
      (["run"], "usage: tactusctl run NAME"),
      (
        ["run", "a", "--in=soon"],
        "--in=soon is not a span of time. Write for example 5min, \"1h 30min\", or 90 (seconds)."
      ),
      (
        ["run", "a", "--at=yesterday"],
        "--at=yesterday is not RFC 3339 with an offset. Write --at=2026-12-01T04:00:00Z, which is UTC, or --in=1h."
      ),
      (["run", "a", "--in=1h", "--at=x"], "--at and --in contradict each other. Use one of them."),
      (
        ["cancel", "nightly", "89abcdef"],
        "nightly is not a job id. Run tactusctl list-jobs nightly --status=PENDING,QUEUED,RUNNING to list the "
          + "open jobs of a workflow."
      ),
      (["list-jobs", "a", "--workflow=b"], "a and --workflow=b contradict each other. Use one of them."),
      (["list-jobs", "--limit=0"], "--limit=0 is not valid. Use a number from 1 to 1000000."),
      (
        ["list-jobs", "--status=FAILED,ODD"],
        "--status=FAILED,ODD: ODD is not valid. Use PENDING, QUEUED, RUNNING, COMPLETED, FAILED, CANCELED."
      ),
      (
        ["list-jobs", "--status=FAILD"],
        "--status=FAILD: FAILD is not valid. Did you mean FAILED? "
          + "Use PENDING, QUEUED, RUNNING, COMPLETED, FAILED, CANCELED."
      ),
      (
        ["list-jobs", "--status=,"],
        "--status= needs at least one of PENDING, QUEUED, RUNNING, COMPLETED, FAILED, CANCELED"
      ),
      (
        ["list-jobs", "--trigger=manul"],
        "--trigger=manul is not valid. Did you mean MANUAL? Use --trigger=AUTOMATIC or MANUAL."
      ),
      (["list-jobs", "--trigger="], "--trigger= is not valid. Use --trigger=AUTOMATIC or MANUAL."),
      (["list-jobs", "-n"], "-n needs a value. Write --limit=N."),
      (["status", "--json=long"], "--json=long is not valid. Use --json=short, pretty or off."),
      (["--json", "status"], "--json=status is not valid. Use --json=short, pretty or off."),
      (["status", "--json"], "--json needs a value. Write --json=short|pretty|off."),
      (["status", "--socket"], "--socket needs a value. Write --socket=PATH."),
      (["status", "--quiet=yes"], "--quiet=yes: this option takes no value"),
      (["status", "--user"], "--user: neither XDG_RUNTIME_DIR nor HOME is set. Use --socket=PATH."),
    ])
  func usage(words: [String], sentence: String) {
    let ran = CannedDaemon.run(words)
    #expect(ran.code == 2)
    #expect(ran.complaints == "tactusctl: \(sentence)\n")
    #expect(ran.output == "")
  }

  @Test("The error for an invalid start shows a valid instant")
  func start() {
    let cases = [
      ("tomorrow", "2026-12-02T00:00:00Z", "1h"), ("03:00", "2026-12-02T03:00:00Z", "1h"),
      ("03:30", "2026-12-01T03:30:00Z", "1h"), ("23:15:30", "2026-12-01T23:15:30Z", "1h"),
      ("+2h", "2026-12-01T05:00:00Z", "2h"), ("5", "2026-12-01T03:00:05Z", "5"),
      ("1h 30min", "2026-12-01T04:30:00Z", "\"1h 30min\""), ("2027-01-05", "2027-01-05T00:00:00Z", "1h"),
      ("2027-01-05 06:30", "2027-01-05T06:30:00Z", "1h"), ("2027-01-05T06:30:00", "2027-01-05T06:30:00Z", "1h"),
      ("2020-01-05", "2026-12-01T04:00:00Z", "1h"), ("", "2026-12-01T04:00:00Z", "1h"),
    ]
    for (text, instant, span) in cases {
      let ran = CannedDaemon.run(["run", "nightly", "--at=\(text)"])
      #expect(
        ran.complaints
          == "tactusctl: --at=\(text) is not RFC 3339 with an offset. Write --at=\(instant), which is UTC, or "
          + "--in=\(span).\n"
      )
      #expect(ran.code == 2)
    }
    #expect(
      CannedDaemon.run(["schedule", "89abcdef", "tomorrow"]).complaints
        == "tactusctl: tomorrow is not RFC 3339 with an offset. Write 2026-12-02T00:00:00Z, which is UTC, or "
        + "--in=1h.\n")
  }

  @Test("Each verb of systemctl that is missing here has one answer, whose commands exist")
  func foreignVerbs() {
    let words = ForeignVerb.answers.flatMap(\.words)
    #expect(Set(words).count == words.count && Set(words).isDisjoint(with: Tactusctl.verbs.map { $0.name }))
    let verbs = Set(Tactusctl.verbs.map { $0.name })
    for (_, sentence) in ForeignVerb.answers {
      for match in sentence.matches(of: /tactusctl ([a-z-]+)/) where !match.output.1.hasPrefix("--") {
        #expect(verbs.contains(String(match.output.1)), "\(sentence)")
      }
    }
  }

  @Test("Without a daemon, tactusctl exits with 3 and names the path")
  func unreachable() {
    let path = "/tmp/tactus-nobody-\(UUID().uuidString.prefix(8))/control.sock"
    let ran = CannedDaemon.run(["status", "--socket", path])
    #expect(ran.code == 3)
    #expect(
      ran.complaints
        == "tactusctl: no daemon answers at \(path): No such file or directory. Start tactusd (restart it if it runs: its "
        + "socket was removed), or name its socket with --socket=PATH.\n")
  }

  @Test("Missing objects exit with 4, refused calls with 5, and --version with 0")
  func others() async throws {
    let daemon = try CannedDaemon()
    #expect(daemon.run("show-workflow", "none").code == 4)
    #expect(daemon.run("show-job", "abcdef99").code == 4)
    #expect(daemon.run("cancel", "abcdef99").code == 4)
    let forbidden = daemon.run("run", "forbidden")
    #expect(forbidden.code == 5)
    #expect(forbidden.complaints == "tactusctl: not permitted: run needs admin, which root has\n")
    #expect(daemon.run("--version").output == "tactusctl 0.1.0\n")
    #expect(daemon.run("run", "--version").code == 0)
    // All other failures exit with 1.
    #expect(daemon.run("resume", "full").code == 1)
    await daemon.stop()
  }

  @Test("The socket comes from --socket, --user, TACTUS_SOCKET, RUNTIME_DIRECTORY, in this order")
  func socket() throws {
    func path(_ words: [String], _ environment: [String: String]) throws -> String {
      let console = Console(columns: nil, hasColours: false, now: CannedDaemon.now) { _, _ in }
      return try Invocation(words, console: console, environment: environment).socketPath()
    }
    let all = ["TACTUS_SOCKET": "/t", "RUNTIME_DIRECTORY": "/r", "XDG_RUNTIME_DIR": "/x"]
    #expect(try path(["--user", "--socket=/s"], all) == "/s")
    #expect(try path(["--user"], all) == "/x/tactus/control.sock")
    #expect(try path([], all) == "/t")
    #expect(try path([], ["RUNTIME_DIRECTORY": "/r"]) == "/r/control.sock")
    #expect(try path([], ["TACTUS_SOCKET": ""]) == "/run/tactus/control.sock")
  }

  @Test("Spans, distances and sizes are readable")
  func readable() {
    #expect(Readable.span(.milliseconds(7)) == "7 ms")
    // Extreme values of a server do not overflow.
    for extreme in [Int64.min, .max, -1_000_000_000_000_000_000] {
      #expect(!Readable.span(.milliseconds(extreme)).isEmpty)
      #expect(Readable.bytes(extreme) == "\(extreme) bytes")
      #expect(Sparkline.text([extreme, .max, nil, 1]).count == 4)
    }
    #expect(Readable.span(.milliseconds(59_999)) == "59.999 s")
    #expect(Readable.span(.milliseconds(4050)) == "4.050 s")
    #expect(Readable.span(.seconds(60)) == "1 min")
    #expect(Readable.span(.seconds(3605)) == "1 h")
    #expect(Readable.span(.seconds(90_061)) == "1 d 1 h")
    #expect(Readable.span(.milliseconds(-4)) == "-4 ms")
    #expect(Readable.bytes(1023) == "1023 bytes")
    #expect(Readable.bytes(1536) == "1.5K")
    #expect(Readable.bytes(16 << 20) == "16.0M")
    #expect(Readable.distance(of: CannedDaemon.now, from: CannedDaemon.now) == "now")
  }
}
