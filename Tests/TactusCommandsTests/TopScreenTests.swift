import TactusModel
import TactusProtocol
import Testing

@testable import TactusCommands

@Suite("The screen of top")
struct TopScreenTests {
  private func screen(_ state: TopState, _ columns: Int, _ rows: Int, now: Instant = CannedDaemon.now) -> TopScreen {
    TopScreen(state, columns: columns, rows: rows, now: now, zoneOffset: .zero)
  }

  private func text(_ state: TopState, _ columns: Int, _ rows: Int, now: Instant = CannedDaemon.now) -> [String] {
    screen(state, columns, rows, now: now).lines.map {
      $0.text.replacing(#/ +$/#, with: "")
    }
  }

  @Test("At 80×24 the screen shows all parts")
  func usual() {
    #expect(
      text(TopSpecimen.usual, 80, 24) == [
        "tactusd 0.1.0  degraded  up 2 h  5 active  1 terminated  pid 4711  store 1.2M",
        "1 running  0 queued  2 pending  4 failed  120 completed  0 canceled",
        "02:58:55 the store cannot be written: No space left on device",
        "QUEUES                            SLOTS                         RUNNING   QUEUED",
        "command                           [######                  ]        1/4        0",
        "heartbeat                         [                        ]      0/256       12",
        "",
        "RUNNING 1       TIME-OUT          ELAPSED      OF  QUEUE      SINCE     JOB",
        "nightly         [#######       ]     0:59   2 min  command    02:59:00  deadbeef",
        "",
        "FAILING 2                             IN A ROW  STATE       NEXT",
        "backup                                  5 of 5  TERMINATED  -",
        "probe                                        2  ACTIVE      03:04:00",
        "",
        "LATEST ENDS               STATUS          TOOK  ERROR         AT        JOB",
        "nightly                   COMPLETED    1.993 s                02:58:01  0badf00d",
        "nightly                   FAILED       1.993 s  EXIT_NONZERO  02:57:01  1cebabe5",
        "",
        "NEXT DUE                              AT           IN",
        "probe                                 03:00:30     in <1 min",
        "nightly                               03:04:00     in 4 min",
        "backup                                12-02 03:00  in 1 d",
        "",
        "q quits, p pauses",
      ])
  }

  @Test("At 40×10 the screen shows the most important parts")
  func small() {
    #expect(
      text(TopSpecimen.usual, 40, 10) == [
        "tactusd 0.1.0  degraded  up 2 h",
        "1 running  0 queued  2 pending  4 failed",
        "QUEUES                  RUNNING   QUEUED",
        "command                     1/4        0",
        "RUNNING 1    TIME-OUT  ELAPSED  JOB",
        "nightly      [###   ]     0:59  deadbeef",
        "FAILING 2           IN A ROW  STATE",
        "backup                5 of 5  TERMINATED",
        "probe                      2  ACTIVE",
        "q quits, p pauses",
      ])
  }

  @Test("A wide terminal has two columns of parts")
  func wide() {
    let rows = text(TopSpecimen.usual, 120, 40)
    #expect(rows.count == 40)
    #expect(rows[3].hasPrefix("QUEUES ") && rows[3].contains("LATEST ENDS"))
    #expect(rows.contains { $0.hasPrefix("RUNNING 1") || $0.contains("NEXT DUE") })
    #expect(rows.last == "q quits, p pauses")
  }

  @Test(
    "At every size the screen has the rows of the terminal, no row is too wide, and no control character is sent",
    arguments: ["empty", "usual", "full", "hostile", "away"])
  func sizes(_ name: String) throws {
    let state = try #require(TopSpecimen.named[name])
    for columns in Array(1...30) + stride(from: 35, through: 250, by: 5) + [79, 109, 111] {
      for rows in Array(1...12) + [16, 23, 24, 25, 40, 80] {
        let lines = screen(state, columns, rows).lines
        guard lines.count == rows, lines.allSatisfy({ $0.width <= columns && $0.width == $0.text.columns }) else {
          Issue.record("\(columns)×\(rows): \(lines.count) rows, \(lines.map(\.width))")
          continue
        }
        if columns % 10 == 0 {
          let isPlain = lines.allSatisfy { $0.text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F } }
          #expect(isPlain, "\(columns)×\(rows)")
        }
      }
    }
  }

  @Test("From 20×5 on, the screen shows running jobs, and many entries fill it completely")
  func alwaysRunning() {
    for (columns, rows) in [(20, 5), (40, 10), (80, 24), (109, 24), (110, 24), (250, 80)] {
      let lines = text(TopSpecimen.full, columns, rows)
      #expect(lines.contains { $0.hasPrefix("RUNNING 300") }, "\(columns)×\(rows): \(lines)")
      #expect(lines.contains { $0.contains("job-") }, "\(columns)×\(rows)")
      #expect(lines.count { $0.isEmpty } == 0, "\(columns)×\(rows): \(lines)")
    }
  }

  @Test("Without a daemon the screen shows the reason, and the clock stops")
  func away() {
    let later = CannedDaemon.now + .seconds(3600)
    let rows = text(TopSpecimen.away, 80, 24, now: later)
    #expect(rows.last == "no daemon answers: Connection refused. Trying again every second.")
    #expect(rows[0].hasPrefix("tactusd 0.1.0  away  up 2 h  "))
    #expect(rows.contains { $0.contains(" 0:59 ") })
    #expect(screen(TopSpecimen.away, 80, 24).constancy == nil)
    #expect(text(TopSpecimen.away, 20, 5).last == "no daemon answers: …")
  }

  @Test("The screen is drawn every second while a job runs, otherwise every minute, and not at all in a pause")
  func constancy() {
    var state = TopSpecimen.usual
    #expect(screen(state, 80, 24).constancy == .seconds(1))
    state.take(.running([]))
    // The next run is a whole number of minutes away, so its text is about to change.
    #expect(screen(state, 80, 24).constancy == .seconds(1))
    state.take(.upcoming([TopSpecimen.run("probe", 30), TopSpecimen.run("nightly", 265)]))
    #expect(screen(state, 80, 24).constancy == .microseconds(25_000_001))
    state.take(.upcoming([]))
    #expect(screen(state, 80, 24).constancy == .seconds(60))
    state.isPaused = true
    #expect(screen(state, 80, 24).constancy == nil)
    #expect(text(state, 80, 24).last == "paused: p continues, q quits")
    #expect(screen(TopSpecimen.empty, 80, 24).constancy == nil)
  }

  @Test("Texts in minutes change exactly at the predicted time")
  func minutes() {
    let start = CannedDaemon.now
    for offset in stride(from: -7_300_000_000, through: 7_300_000_000, by: 7_777_777) {
      let instant = start + .microseconds(Int64(offset))
      let time = TopTime(now: start, zoneOffset: .zero)
      let constancy = time.constancy(of: instant)
      #expect(constancy > .zero && constancy <= .seconds(61))
      let before = TopTime(now: start + constancy - .microseconds(1), zoneOffset: .zero)
      if offset > 0 {
        #expect(before.distance(to: instant) == time.distance(to: instant), "\(offset)")
      } else {
        #expect(before.age(of: instant) == time.age(of: instant), "\(offset)")
      }
    }
  }

  @Test("Times are local times")
  func times() {
    let time = TopTime(now: CannedDaemon.now, zoneOffset: .seconds(3600))
    #expect(time.clock(CannedDaemon.now) == "04:00:00")
    #expect(time.clock(CannedDaemon.now + .seconds(86_400)) == "12-02 04:00")
    #expect(time.clock(CannedDaemon.now - .seconds(4 * 3600 + 1)) == "11-30 23:59")
    #expect(time.elapsed(since: nil) == "-")
    let spans: [(Int64, String)] = [
      (-5, "0:00"), (0, "0:00"), (59, "0:59"), (60, "1:00"), (3599, "59:59"), (3600, "1:00:00"), (86_399, "23:59:59"),
      (86_400, "1 d 00:00"), (273_900, "3 d 04:05"),
    ]
    for (seconds, text) in spans { #expect(time.elapsed(since: CannedDaemon.now - .seconds(seconds)) == text) }
  }

  @Test("A bar is empty only at zero, and full only at the maximum")
  func bars() {
    #expect(TopSection.bar(0, of: 4, width: 6) == "[    ]")
    #expect(TopSection.bar(1, of: 256, width: 6) == "[#   ]")
    #expect(TopSection.bar(2, of: 4, width: 6) == "[##  ]")
    #expect(TopSection.bar(255, of: 256, width: 6) == "[### ]")
    #expect(TopSection.bar(256, of: 256, width: 6) == "[####]")
    #expect(TopSection.bar(9, of: 4, width: 6) == "[####]")
    #expect(TopSection.bar(1, of: 0, width: 6).count == 6)
  }

  @Test("The layout divides the height fairly among the parts")
  func heights() {
    func heights(_ rows: [Int], _ height: Int) -> [Int] {
      TopLayout.heights(for: rows.enumerated().map { .init(rows: $1, rank: $0) }, within: height)
    }
    #expect(heights([3, 3], 20) == [4, 4])
    #expect(heights([100, 2, 100], 20) == [9, 3, 8])
    #expect(heights([100, 0, 100], 4) == [2, 0, 2])
    #expect(heights([100, 0, 100], 5) == [2, 1, 2])
    #expect(heights([5, 5, 5], 3) == [3, 0, 0])
    #expect(heights([5], 0) == [0] && heights([], 9) == [])
    for height in 0...40 {
      for rows in [[0, 0, 0], [1, 2, 3], [50, 1, 50], [9, 9, 9]] {
        let given = heights(rows, height)
        #expect(given.reduce(0, +) == min(height, rows.reduce(3, +)) || height < 6, "\(rows) \(height): \(given)")
        #expect(given.reduce(0, +) <= height && zip(given, rows).allSatisfy { $0 <= $1 + 1 })
      }
    }
  }
}
