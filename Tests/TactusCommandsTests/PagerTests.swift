import Foundation
import TactusTestSupport
import Testing

@testable import TactusCommands

@Suite("The pager")
struct PagerTests {
  private func choice(_ environment: [String: String], installed: [String] = ["less", "more"]) -> PagerChoice {
    PagerChoice(environment) { installed.contains($0) }
  }

  private func expect(_ choice: PagerChoice, _ command: String?, _ complaint: String? = nil) {
    #expect(choice.command == command)
    #expect(choice.complaint == complaint)
  }

  @Test("TACTUS_PAGER overrides SYSTEMD_PAGER, PAGER, less and more, and an empty value or cat disables the pager")
  func precedence() {
    let all = ["TACTUS_PAGER": "less -N", "SYSTEMD_PAGER": "more", "PAGER": "less"]
    expect(choice(all), "less -N")
    expect(choice(["SYSTEMD_PAGER": "more", "PAGER": "less"]), "more")
    expect(choice(["PAGER": "less"]), "less")
    expect(choice([:]), "less")
    expect(choice([:], installed: ["more"]), "more")
    expect(choice([:], installed: []), nil)
    expect(choice(["TACTUS_PAGER": "", "PAGER": "less"]), nil)
    expect(choice(["TACTUS_PAGER": " "]), nil)
    expect(choice(["PAGER": "cat"]), nil)
    expect(choice(["PAGER": "cat -n"], installed: ["cat"]), "cat -n")
    expect(choice(["TERM": "dumb"]), nil)
  }

  @Test("A missing pager is reported and replaced, and shell syntax is passed on to the shell")
  func missing() {
    expect(choice(["PAGER": "most -s"]), "less", "$PAGER names most, which is not installed. Using less.")
    expect(
      choice(["PAGER": "most"], installed: []), nil, "$PAGER names most, which is not installed. Using no pager.")
    expect(choice(["PAGER": "\"$HOME/most\" -s"]), "\"$HOME/most\" -s")
    expect(choice(["PAGER": "LESS=R less"]), "LESS=R less")
  }

  @Test("less gets options to exit if the text fits the screen, unless LESS is set, and the secure mode under sudo")
  func environment() {
    #expect(PagerChoice.environment(["A": "b"]) == ["A=b", "LESS=FRSXMK", "LESSCHARSET=utf-8"])
    #expect(
      PagerChoice.environment(["LESS": "i", "LESSCHARSET": "x", "SUDO_UID": "0"])
        == ["LESS=i", "LESSCHARSET=x", "LESSSECURE=1", "SUDO_UID=0"])
  }

  // MARK: On a terminal

  private func withDaemon(_ body: ([String: String]) throws -> Void) async throws {
    let daemon = try CannedDaemon()
    try body(["TACTUS_SOCKET": daemon.path])
    await daemon.stop()
  }

  /// Runs a command on a terminal with a pager that leaves a mark in its output.
  private func shown(
    _ words: [String], by pager: String?, _ environment: [String: String], rows: Int = 24,
    _ steps: [ChildProgram.Step] = []
  ) throws -> ChildProgram.Shown {
    let environment = environment.merging(pager.map { ["TACTUS_PAGER": $0] } ?? [:]) { $1 }
    let shown = try ChildProgram.onTerminal(["tactusctl"] + words, environment: environment, rows: rows, steps)
    #expect(shown.missing == nil, "\(shown.screen)")
    return shown
  }

  private let marking = "sed 's/^/paged:/'"

  @Test(
    "Lists use the pager and colours on a terminal, but not in a pipe, with --no-pager or with cat")
  func isUsed() async throws {
    try await withDaemon { environment in
      for words in [["list-workflows"], ["--help"], ["cat", "nightly"], ["status", "--json=short"]] {
        let paged = try shown(words, by: marking, environment)
        #expect(paged.code == 0 && paged.screen.hasPrefix("paged:"), "\(words): \(paged.screen)")
      }
      let jobs = try shown(["list-jobs"], by: marking, environment).screen
      #expect(jobs.contains("paged:") && jobs.contains("\u{1B}[1;31mFAILED\u{1B}[0m"))
      #expect(
        !(try shown(["list-jobs"], by: marking, environment.merging(["NO_COLOR": "1"]) { $1 }).screen.contains("\u{1B}"))
      )
      for (words, pager) in [
        (["list-jobs", "--no-pager"], marking), (["list-jobs"], ""), (["list-jobs"], "cat"),
        (["resume", "a"], marking),
      ] {
        let plain = try shown(words, by: pager, environment)
        #expect(
          plain.code == 0 && !plain.screen.contains("paged:") && !plain.screen.isEmpty, "\(words): \(plain.screen)")
      }
      let dumb = try shown(["list-jobs"], by: marking, environment.merging(["TERM": "dumb"]) { $1 }).screen
      #expect(!dumb.contains("paged:") && !dumb.contains("\u{1B}"))
      let piped = try ChildProgram.run(
        ["tactusctl", "list-jobs"], environment: environment.merging(["TACTUS_PAGER": marking]) { $1 })
      #expect(piped.code == 0 && !piped.output.contains("paged:") && !piped.output.contains("\u{1B}"))
    }
  }

  @Test("less exits at once if the text fits the screen, and otherwise waits for q")
  func less() async throws {
    try ChildProgram.require("less")
    try await withDaemon { environment in
      #expect(try shown(["list-jobs"], by: nil, environment).screen.contains("4 jobs"))
      let long = try shown(["--help"], by: "less", environment, rows: 10, [.expect("lines 1-9"), .type("q")])
      #expect(long.code == 0 && !long.screen.contains("Exits with"))
    }
  }

  @Test("tactusctl exits with 0 and without a message if the pager ends early")
  func isLeft() async throws {
    try await withDaemon { environment in
      let left = try shown(["logs", "facade"], by: "head -n 1", environment)
      #expect(left.code == 0)
      #expect(left.screen == "\u{1B}[2m2026-12-01T03:00:00.000Z\u{1B}[0m line 1\r\n")
      #expect(try shown(["logs", "facade"], by: "true", environment).code == 0)
    }
  }

  @Test("Without output no pager starts, the exit status is that of the verb, and errors follow the pager's output")
  func exitCode() async throws {
    try await withDaemon { environment in
      let nothing = try shown(["show-workflow", "none"], by: marking, environment)
      #expect(nothing.code == 4 && !nothing.screen.contains("paged:"))
      let some = try shown(["cat", "none", "nightly"], by: "\(marking); echo end", environment)
      #expect(some.code == 4)
      #expect(some.screen.hasPrefix("tactusctl: none: no workflow none"), "the pager had not started")
      let both = try shown(["cat", "nightly", "none"], by: "\(marking); echo end", environment)
      #expect(both.code == 4)
      #expect(
        both.screen.contains("paged:Exec=/bin/true\r\nend\r\ntactusctl: none: no workflow none"), "\(both.screen)")
      #expect(
        try shown(["status"], by: "(not-there)", environment).screen.contains(
          "failed to run the pager. Use --no-pager."))
    }
  }

  @Test("Control-C does not end tactusctl before its pager")
  func interrupt() async throws {
    try await withDaemon { environment in
      let talk = "echo shown; read line </dev/tty; echo \"read $line\""
      let steps: [ChildProgram.Step] = [.expect("shown"), .type("\u{3}"), .type("on\n"), .expect("read on")]
      let done = try shown(["status"], by: "trap '' INT; cat >/dev/null; \(talk)", environment, steps)
      #expect(done.code == 0)
      // An interrupt during the output ends tactusctl, but after the pager.
      let middle = try shown(
        ["logs", "facade"], by: "trap '' INT; \(talk); cat >/dev/null; echo end", environment, steps)
      #expect(middle.code == -2)
      #expect(middle.screen.hasSuffix("end\r\n"))
    }
  }

  @Test("tactusctl reports output that it cannot write")
  func full() async throws {
    try await withDaemon { environment in
      let ran = try ChildProgram.run(["sh", "-c", "tactusctl status >/dev/full"], environment: environment)
      #expect(ran.code == 1)
      #expect(ran.complaints == "tactusctl: cannot write the output: No space left on device\n")
    }
  }
}
