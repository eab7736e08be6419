import Foundation
import Testing

@testable import TactusCommands

@Suite("Exit codes and sockets")
struct ExitCodeTests {
  @Test(
    "A wrong command line ends with 2 and says what would be right",
    arguments: [
      ([], "what should be done? tactusctl --help shows the verbs"),
      (["frobnicate"], "there is no verb frobnicate; tactusctl --help shows those that are"),
      (
        ["start"],
        "there is no verb start: tactusctl run NAME runs a workflow now; tactusctl --help shows those that are"
      ),
      (["lst-jobs"], "there is no verb lst-jobs; did you mean list-jobs? tactusctl --help shows those that are"),
      (
        ["lst-jobs", "--status=FAILED"],
        "there is no verb lst-jobs; did you mean list-jobs? tactusctl --help shows those that are"
      ),
      (
        ["--stat", "FAILED", "list-jobs", "--nothing"],
        "there is no option --nothing; tactusctl list-jobs --help shows those that are"
      ),
      (["--frobnicate"], "there is no option --frobnicate; tactusctl --help shows those that are"),
      (["--st", "FAILED"], "--st is ambiguous: --state, --status, --stream; write more of it"),
      (["--frobnicate", "status"], "there is no option --frobnicate; tactusctl status --help shows those that are"),
      (
        ["status", "--no-legnd"],
        "there is no option --no-legnd; did you mean --no-legend? tactusctl status --help shows those that are"
      ),
      (["status", "-qx"], "there is no option -x; tactusctl status --help shows those that are"),
      (["run", "a", "--c=x"], "run takes no --c; see tactusctl run --help"),
      (["status", "--limit=3"], "status takes no --limit; see tactusctl status --help"),
      (["status", "-n3"], "status takes no --limit; see tactusctl status --help"),
      (["status", "extra"], "write tactusctl status"),
      (["run"], "write tactusctl run NAME"),
      (["run", "a", "--in=soon"], "--in=soon: write a span such as 5min, \"1h 30min\", or 90, which is seconds"),
      (
        ["run", "a", "--at=yesterday"],
        "--at=yesterday is not RFC 3339 with an offset: write --at=2026-12-01T04:00:00Z, which is UTC, or --in=1h"
      ),
      (["run", "a", "--in=1h", "--at=x"], "--at and --in contradict each other; give one of them"),
      (
        ["cancel", "nightly", "89abcdef"],
        "nightly is no id of a job; of a workflow of that name "
          + "tactusctl list-jobs nightly --status=PENDING,QUEUED,RUNNING shows those that have not ended"
      ),
      (["list-jobs", "a", "--workflow=b"], "a and --workflow=b contradict each other; give one of them"),
      (["list-jobs", "--limit=0"], "--limit=0: write a number from 1 to 1000000"),
      (
        ["list-jobs", "--status=FAILED,ODD"],
        "--status=FAILED,ODD: ODD is none of PENDING, QUEUED, RUNNING, COMPLETED, FAILED, CANCELED"
      ),
      (
        ["list-jobs", "--status=FAILD"],
        "--status=FAILD: did you mean FAILED? FAILD is none of PENDING, QUEUED, RUNNING, COMPLETED, FAILED, CANCELED"
      ),
      (
        ["list-jobs", "--status=,"],
        "--status=: give at least one of PENDING, QUEUED, RUNNING, COMPLETED, FAILED, CANCELED"
      ),
      (["list-jobs", "--trigger=manul"], "--trigger=manul: did you mean MANUAL? write --trigger=AUTOMATIC or MANUAL"),
      (["list-jobs", "--trigger="], "--trigger=: write --trigger=AUTOMATIC or MANUAL"),
      (["list-jobs", "-n"], "-n wants a value: write --limit=N"),
      (["status", "--json=long"], "--json=long: write --json=short, pretty or off"),
      (["--json", "status"], "--json=status: write --json=short, pretty or off"),
      (["status", "--json"], "--json wants a value: write --json=short|pretty|off"),
      (["status", "--socket"], "--socket wants a value: write --socket=PATH"),
      (["status", "--quiet=yes"], "--quiet=yes: this option takes no value"),
      (["status", "--user"], "--user: XDG_RUNTIME_DIR is not set; log in properly, or use --socket=PATH"),
    ])
  func usage(words: [String], sentence: String) {
    let ran = CannedDaemon.run(words)
    #expect(ran.code == 2)
    #expect(ran.complaints == "tactusctl: \(sentence)\n")
    #expect(ran.output == "")
  }

  @Test("What is no instant to start at is answered with one that is taken")
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
          == "tactusctl: --at=\(text) is not RFC 3339 with an offset: write --at=\(instant), which is UTC, or --in=\(span)\n"
      )
      #expect(ran.code == 2)
    }
    #expect(
      CannedDaemon.run(["schedule", "89abcdef", "tomorrow"]).complaints
        == "tactusctl: tomorrow is not RFC 3339 with an offset: write 2026-12-02T00:00:00Z, which is UTC, or --in=1h\n")
  }

  @Test("What is like a verb of systemctl is none here, has one answer, and its commands are there")
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

  @Test("Without a daemon the code is 3, and the path is named")
  func unreachable() {
    let path = "/tmp/tactus-nobody-\(UUID().uuidString.prefix(8))/control.sock"
    let ran = CannedDaemon.run(["status", "--socket", path])
    #expect(ran.code == 3)
    #expect(
      ran.complaints
        == "tactusctl: no daemon answers at \(path): No such file or directory; start tactusd (if it runs, the socket was "
        + "removed: restart tactusd), or name its socket with --socket=PATH\n")
  }

  @Test("What is not there ends with 4, what is not permitted with 5, and the help and the version with 0")
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
    // Names that fail in different ways make a plain failure.
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

  @Test("Spans, distances and sizes read well")
  func readable() {
    #expect(Readable.span(.milliseconds(7)) == "7 ms")
    // Whatever a server says, nothing overflows.
    for extreme in [Int64.min, .max, -1_000_000_000_000_000_000] {
      #expect(!Readable.span(.milliseconds(extreme)).isEmpty)
      #expect(Readable.bytes(extreme) == "\(extreme)")
      #expect(Sparkline.text([extreme, .max, nil, 1]).count == 4)
    }
    #expect(Readable.span(.milliseconds(59_999)) == "59.999 s")
    #expect(Readable.span(.milliseconds(4050)) == "4.050 s")
    #expect(Readable.span(.seconds(60)) == "1 min")
    #expect(Readable.span(.seconds(3605)) == "1 h")
    #expect(Readable.span(.seconds(90_061)) == "1 d 1 h")
    #expect(Readable.span(.milliseconds(-4)) == "-4 ms")
    #expect(Readable.bytes(1023) == "1023")
    #expect(Readable.bytes(1536) == "1.5K")
    #expect(Readable.bytes(16 << 20) == "16.0M")
    #expect(Readable.distance(of: CannedDaemon.now, from: CannedDaemon.now) == "now")
  }
}
