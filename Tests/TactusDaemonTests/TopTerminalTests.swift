import Foundation
import Glibc
import TactusLinux
import TactusModel
import TactusProtocol
import TactusTestSupport
import Testing

@Suite("tactusctl top on a real terminal, with a real daemon")
struct TopTerminalTests {
  private static let workflows = [
    "sleeps": "[Command]\nExec=/bin/sleep 300\nTimeout=10min\n",
    "fails": "[Workflow]\nMaxConsecutiveFailures=3\n[Command]\nExec=/bin/false\n",
    "works": "[Command]\nExec=/bin/true\n",
    "planned": "[Schedule]\nInterval=1d\n[Command]\nExec=/bin/true\n",
  ]

  private let top = "\(Program.products)/tactusctl top"

  /// Expects a terminal in the state in which the shell left it: same mode, same screen, visible cursor, echo.
  private func expectAsFound(_ terminal: TmuxTerminal, by what: String, code: Int) async throws {
    // Input that is typed before the prompt could be lost between the two programs.
    try await terminal.expect("the prompt after \(what)") {
      $0.contains("seen earlier") && $0.last { !$0.isEmpty } == "ready>"
    }
    try await terminal.type("echo 'code is' $?; stty -g | cmp - mode && echo 'mode is' kept")
    let screen = try await terminal.expect("the shell continues after \(what)") { $0.contains("mode is kept") }
    #expect(screen.contains("code is \(code)"), "\(what): \(screen)")
    #expect(screen.contains("seen earlier"), "\(what): \(screen)")
    // Echo is on: the typed line is visible.
    #expect(screen.contains { $0.hasPrefix("ready> echo 'code is'") }, "\(what): \(screen)")
    let flags = try await terminal.order("display-message", "-p", "#{cursor_flag} #{alternate_on}")
    #expect(flags == "1 0\n", "\(what)")
  }

  private func begin(_ terminal: TmuxTerminal, _ daemon: RunningDaemon) async throws {
    try await terminal.type("cd '\(daemon.directory)' && stty -g >mode && clear && echo seen 'earlier'")
    try await terminal.expect("the shell") { $0.contains("seen earlier") && $0.contains("ready>") }
  }

  @Test("At 80×24, 120×40 and 40×10, top shows the right screen, follows changes, and restores the terminal")
  func screens() async throws {
    let daemon = try await RunningDaemon(Self.workflows)
    let terminal = try await TmuxTerminal(in: daemon, columns: 80, rows: 24)
    try await begin(terminal, daemon)
    let sleeping = try await daemon.run("sleeps")
    _ = try await daemon.running(sleeping)
    try await terminal.type(top)

    var screen = try await terminal.expect("a running job") { rows in
      rows.contains { $0.hasPrefix("sleeps ") && $0.hasSuffix(sleeping.suffix(8)) }
    }
    #expect(screen.count == 24 && screen[0].hasPrefix("tactusd \(Product.version)  running  up <1 min  4 active"))
    #expect(screen[1].hasPrefix("1 running  0 queued  1 pending  0 failed"))
    #expect(screen.contains { $0.wholeMatch(of: /command +\[#+ +\] +1\/\d+ +0/) != nil }, "\(screen)")
    #expect(
      screen.contains {
        $0.wholeMatch(of: /sleeps +\[# +\] +0:\d\d  10 min  command +(\d\d:\d\d:\d\d  )?\w{8}/) != nil
      }, "\(screen)")
    #expect(screen.contains("FAILING: none") && screen.contains("LATEST ENDS: none"))
    #expect(screen.contains { $0.wholeMatch(of: /planned +\d\d-\d\d \d\d:\d\d +in 23 h/) != nil }, "\(screen)")
    #expect(!screen.contains { $0.contains("seen earlier") } && screen[23] == "q quits, p pauses")
    let first = screen.first { $0.hasPrefix("sleeps ") }
    try await terminal.expect("the elapsed time advances without an event") { rows in
      rows.contains { $0.hasPrefix("sleeps ") && $0 != first }
    }

    for _ in 0..<3 { _ = try await daemon.outcome(of: "fails") }
    try await terminal.expect("a workflow that failed too often") { rows in
      rows.contains("FAILING 1                             IN A ROW  STATE       NEXT")
        && rows.contains { $0.wholeMatch(of: /fails +3 of 3  TERMINATED  -/) != nil }
        && rows.count { $0.wholeMatch(of: /fails +FAILED +\d+ ms  EXIT_NONZERO  \d\d:\d\d:\d\d  \w{8}/) != nil } == 3
    }

    try await terminal.resize(columns: 120, rows: 40)
    screen = try await terminal.expect("two columns") { rows in
      rows.count == 40 && rows.contains { $0.hasPrefix("QUEUES ") && $0.contains("LATEST ENDS") } && rows[39] != ""
    }
    #expect(screen.contains { $0.hasPrefix("sleeps ") } && screen.contains { $0.contains("NEXT DUE") })
    #expect(screen.allSatisfy { $0.count <= 120 } && screen[39] == "q quits, p pauses")

    try await terminal.resize(columns: 40, rows: 10)
    screen = try await terminal.expect("a small screen") { rows in
      rows.count == 10 && rows[0].hasPrefix("tactusd \(Product.version)  running") && rows[9] == "q quits, p pauses"
    }
    #expect(screen.allSatisfy { $0.count <= 40 } && screen.contains { $0.hasPrefix("sleeps ") }, "\(screen)")
    _ = try await daemon.call(CancelJobs(ids: [sleeping]))
    try await terminal.expect("nothing runs") { $0.contains { $0.hasPrefix("RUNNING: nothing") } }

    try await terminal.resize(columns: 80, rows: 24)
    try await terminal.expect("a canceled job") { rows in rows.contains { $0.contains("CANCELED_BY_USER") } }
    try await terminal.press("q")
    try await expectAsFound(terminal, by: "q", code: 0)
    #expect(try await daemon.stop() == 0)
  }

  @Test("top restores the terminal after keys, signals and stops")
  func endings() async throws {
    let daemon = try await RunningDaemon(Self.workflows)
    let terminal = try await TmuxTerminal(in: daemon, columns: 80, rows: 24)
    func start() async throws -> Int {
      try await begin(terminal, daemon)
      try await terminal.type(top)
      try await terminal.expect("the screen") { $0.last == "q quits, p pauses" && $0[0].contains("running") }
      return try await terminal.foregroundProcess()
    }
    for (key, code) in [("q", 0), ("C-c", 130)] {
      _ = try await start()
      try await terminal.press(key)
      try await expectAsFound(terminal, by: key, code: code)
    }
    for signal in [Signal.terminate, .hangUp] {
      let process = try await start()
      #expect(kill(Int32(process), signal.number) == 0)
      try await expectAsFound(terminal, by: "\(signal)", code: 128 + Int(signal.number))
    }

    // While top is stopped, the shell has the terminal. After fg, top has it again.
    let process = try await start()
    try await terminal.press("C-z")
    try await expectAsFound(terminal, by: "C-z", code: 128 + Int(SIGTSTP))
    try await terminal.type("fg")
    try await terminal.expect("the screen after fg") { $0.last == "q quits, p pauses" && $0[0].contains("running") }
    _ = try await daemon.outcome(of: "works")
    try await terminal.expect("an end after fg") { rows in rows.contains { $0.contains("COMPLETED") } }
    // SIGSTOP does not notify top, which draws the whole screen again afterwards.
    #expect(kill(Int32(process), SIGSTOP) == 0)
    try await terminal.expect("the prompt") {
      $0.contains { $0.contains("Stopped") } && $0.contains { $0.hasPrefix("ready>") }
    }
    try await terminal.type("fg")
    // The screen before the stop had the same first and last row.
    try await terminal.expect("the screen after STOP and fg") {
      $0.last == "q quits, p pauses" && $0[0].contains("running") && !$0.contains { $0.contains("Stopped") }
    }
    // In the background, top stops instead of drawing, and ends when the shell kills it.
    try await terminal.press("C-z")
    try await terminal.expect("the prompt") { $0.contains("seen earlier") && $0.last { !$0.isEmpty } == "ready>" }
    try await terminal.type("bg")
    try await terminal.expect("top continues in the background") { $0.contains { $0.hasSuffix(" &") } }
    _ = try await eventually("top stops in the background") {
      let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
      return status.contains("State:\tT") ? true : nil
    }
    try await terminal.type("clear; echo seen 'earlier'; kill %1; wait")
    _ = try await eventually("top ends in the background") { isAlive(process) ? nil : true }
    try await terminal.type("true")
    try await expectAsFound(terminal, by: "an end in the background", code: 0)
  }

  @Test("top reports a missing daemon and continues when the daemon is back, and p pauses")
  func absence() async throws {
    let daemon = try await RunningDaemon(Self.workflows)
    let terminal = try await TmuxTerminal(in: daemon, columns: 100, rows: 30)
    try await begin(terminal, daemon)
    try await terminal.type(top)
    try await terminal.expect("the screen") { $0.last == "q quits, p pauses" && $0[0].contains("running") }
    try await daemon.kill()
    try await terminal.expect("no daemon") { rows in
      rows[0].contains("  away  ") && rows[29].hasPrefix("no daemon answers: ") && rows[29].hasSuffix("every second.")
    }
    try await daemon.start()
    try await terminal.expect("the daemon is back") { $0.last == "q quits, p pauses" && $0[0].contains("running") }
    _ = try await daemon.outcome(of: "works")
    try await terminal.expect("new events are shown") { rows in rows.contains { $0.contains("COMPLETED") } }

    try await terminal.press("p")
    try await terminal.expect("a pause") { $0.last == "paused: p continues, q quits" }
    _ = try await daemon.outcome(of: "fails")
    try await terminal.press("C-l")
    let paused = try await terminal.expect("the pause continues") { $0.last == "paused: p continues, q quits" }
    #expect(paused.contains("FAILING: none"))
    try await terminal.press("p")
    try await terminal.expect("the events of the pause") { rows in rows.contains { $0.hasPrefix("FAILING 1") } }

    #expect(try await daemon.stop() == 0)
    try await terminal.expect("the end of the daemon") { $0[0].contains("  away  ") }
    try await terminal.press("q")
    try await expectAsFound(terminal, by: "q", code: 0)
  }

  @Test("During many events, top draws a few times a second, sends only changed rows, and obeys NO_COLOR")
  func storm() async throws {
    let daemon = try await RunningDaemon(Self.workflows)
    for wantsColours in [true, false] {
      let terminal = try await TmuxTerminal(
        in: daemon, columns: 80, rows: 24, environment: wantsColours ? [:] : ["NO_COLOR": "1"])
      try await begin(terminal, daemon)
      try await terminal.order("pipe-pane", "cat >'\(daemon.directory)/sent'")
      let start = ContinuousClock.now
      try await terminal.type(top)
      try await terminal.expect("the screen") { $0.last == "q quits, p pauses" && $0[0].contains("running") }
      let before = try await daemon.call(Describe()).jobs[.completed]
      for _ in 0..<100 { _ = try await daemon.run("works") }
      try await terminal.expect("all jobs have ended") { rows in rows[1].contains("\(before + 100) completed") }
      try await terminal.press("q")
      try await terminal.expect("the shell") { $0.contains("seen earlier") }
      let span = ContinuousClock.now - start
      try await terminal.order("pipe-pane")
      let sent = daemon.read("sent")
      let pictures = sent.components(separatedBy: "\u{1B}[?2026h").count - 1
      // One picture at the start, one at most every 250 ms for events, and one each second while jobs run.
      #expect(pictures >= 2 && Double(pictures) <= 4 + 5 * (span / .seconds(1)), "\(pictures) in \(span)")
      #expect(sent.components(separatedBy: "\u{1B}[2J").count == 2, "the screen is cleared once")
      #expect(sent.components(separatedBy: "q quits, p pauses").count == 2, "an unchanged row is sent once")
      #expect(sent.contains("\u{1B}[1;31m") == false && sent.contains("\u{1B}[32m") == wantsColours)
    }
  }

  @Test("Without a daemon or a suitable terminal, top reports the reason and does not change the screen")
  func refusals() async throws {
    let daemon = try await RunningDaemon()
    let terminal = try await TmuxTerminal(in: daemon, columns: 120, rows: 24)
    try await begin(terminal, daemon)
    for (line, code, words) in [
      ("\(top) | cat; echo ${PIPESTATUS[0]}", 2, "needs a terminal as standard output"),
      ("\(top) --json=short; echo $?", 2, "has no JSON output"),
      ("TERM=dumb \(top); echo $?", 2, "cannot draw"),
      ("TACTUS_SOCKET=/none \(top); echo $?", 3, "no daemon answers at /none"),
    ] {
      try await terminal.type("clear; " + line)
      try await terminal.expect(line) { rows in rows.contains("\(code)") && rows.joined().contains(words) }
    }
  }
}
