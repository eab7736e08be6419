import TactusModel
import TactusUnitFile
import Testing

@Suite("The unit M, which means months")
struct MonthSpansTests {
  private func warnings(_ text: String) -> [String] {
    MonthSpans.warnings(in: Array(text.utf8), file: "f").map(\.description)
  }

  @Test(
    "A warning about a span with the unit M names the spelling of minutes",
    arguments: [
      ("[Schedule]\nInterval=5M\n", "f:2: Interval=5M: 5M is 5 months", "5min for minutes, or 5month for months"),
      ("[Schedule]\nInterval=1 M\n", "f:2: Interval=1 M: 1M is 1 month,", "1min for minutes, or 1month for months"),
      (
        "[Command]\nExec=/x\nTimeout=1h 30M\n", "f:3: Timeout=1h 30M: 30M is 30 months",
        "30min for minutes, or 30month for months"
      ),
      ("[Workflow]\nStartWithin=.5M 2s\n", "f:2: StartWithin=.5M 2s: .5M is", ".5min"),
      ("[Container]\nPullTimeout=1M\n", "f:2: PullTimeout=1M", "1min"),
      ("[Manager]\nEventsKeep=1M\n", "f:2: EventsKeep=1M", "1min"),
      ("[Schedule]\nInterval=1h\nInterval=\nInterval=2M\n", "f:4: Interval=2M", "2min"),
    ])
  func reported(_ text: String, _ beginning: String, _ way: String) {
    let found = warnings(text)
    #expect(found.count == 1 && found.allSatisfy { $0.hasPrefix(beginning) && $0.contains("Write \(way)") }, "\(found)")
  }

  @Test(
    "Other units, sizes and values that are not in force get no warning",
    arguments: [
      "[Schedule]\nInterval=5min\n", "[Schedule]\nInterval=5m\n", "[Schedule]\nInterval=1month 2d\n",
      "[Command]\nMemoryMax=16M\nExec=/x 5M\nTimeout=1h\n", "[Workflow]\nLogLimit=16M\nDescription=Timeout=5M\n",
      "[Schedule]\nInterval=5M\nInterval=\nInterval=5min\n", "[Command]\nTimeout=infinity\n# Timeout=5M\n",
    ])
  func leftAlone(_ text: String) {
    #expect(warnings(text).isEmpty)
  }
}
