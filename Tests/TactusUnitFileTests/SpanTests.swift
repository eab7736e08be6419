import TactusModel
import Testing

@testable import TactusUnitFile

/// systemd.time(7), "Parsing Time Spans".
struct SpanTests {
  @Test(
    "Spans have the same meaning as in systemd",
    arguments: [
      ("0", 0), ("5", 5_000_000), ("1.5s", 1_500_000), (".5s", 500_000), ("1.5", 1_500_000), ("2h", 7_200_000_000),
      ("1h 30min", 5_400_000_000), ("1h30min", 5_400_000_000), ("  1 h  30  min ", 5_400_000_000),
      ("55s500ms", 55_500_000), ("300ms20s 5day", 432_020_300_000), ("5 30", 35_000_000), ("7us", 7), ("7 usec", 7),
      ("7µs", 7), ("7μs", 7), ("3m", 180_000_000), ("1M", 2_629_800_000_000), ("1month", 2_629_800_000_000),
      ("2y", 63_115_200_000_000), ("1w", 604_800_000_000), ("1.5h", 5_400_000_000), ("12.34 .56", 12_900_000),
      ("12.34s.56", 12_900_000), ("2 hours 1 hr", 10_800_000_000), ("1.0000009s", 1_000_000), ("1.9us", 1),
      ("3 seconds 2 sec 1 second", 6_000_000), ("1 minute 2 minutes", 180_000_000),
      ("1 week 1 weeks", 1_209_600_000_000),
      ("1 year 1 years", 63_115_200_000_000), ("1 msec", 1000), ("2 days 1 d", 259_200_000_000),
      ("2 months", 5_259_600_000_000),
    ])
  func accepted(_ text: String, _ microseconds: Int) throws {
    #expect(try Span(text).duration == .microseconds(microseconds))
  }

  @Test("The word infinity means no limit")
  func infinity() throws {
    #expect(try Span("infinity").duration == nil)
    #expect(throws: ValueRefusal.self) { try Span("infinity 1s") }
  }

  @Test(
    "A text that is not a span is refused",
    arguments: [
      "", " ", "s", "-1", "+1", "1.", ".", "1.s", "1..5", "12.34.56", "1 -2", "1x", "1 S", "0x10", "1e3", "1,5", "1h-",
      "9223372036855s", "9223372036854775808us", "9223372036854.999999s", "292472y",
    ])
  func refused(_ text: String) {
    #expect(throws: ValueRefusal.self) { try Span(text) }
  }

  @Test("Limits are shown in their largest whole unit")
  func shown() {
    let spans: [Duration] = [
      .zero, .microseconds(1), .milliseconds(1500), .seconds(60), .seconds(3600), .seconds(86_400),
    ]
    #expect(spans.map(Span.text) == ["0", "1us", "1500ms", "1min", "1h", "1d"])
  }

  @Test(
    "A shown span reads back as the same span", arguments: [1, 999, 1_000, 61_000_000, 7_200_000_000, 86_400_000_001])
  func roundTrip(_ microseconds: Int) throws {
    let span = Duration.microseconds(microseconds)
    #expect(try Span(Span.text(span)).duration == span)
  }

  @Test(
    "Booleans have the same spellings as in systemd",
    arguments: [
      ("yes", true), ("TRUE", true), ("1", true), ("on", true), ("y", true), ("t", true), ("no", false),
      ("False", false), ("0", false), ("off", false), ("n", false), ("f", false),
    ])
  func booleans(_ text: String, _ expected: Bool) throws {
    #expect(try boolean(text) == expected)
  }

  @Test(
    "Sizes accept K, M and G as powers of 1024",
    arguments: [("0", 0), ("12", 12), ("3K", 3072), ("16M", 1 << 24), ("2G", 1 << 31)])
  func sizes(_ text: String, _ expected: Int64) throws {
    #expect(try size(Limits.logLimit)(text) == expected)
  }

  @Test(
    "The nearest word is found despite typing errors, but not for nonsense",
    arguments: [
      ("Exce", "Exec"), ("exec", "Exec"), ("Timout", "Timeout"), ("Enviroment", "Environment"), ("Zzzzzz", nil),
      ("WorkDirectory", "WorkingDirectory"), ("", nil), (String(repeating: "x", count: 100_000), nil),
    ])
  func spelling(_ typed: String, _ meant: String?) {
    #expect(Spelling.nearest(to: typed, among: ["Exec", "Timeout", "Environment", "WorkingDirectory"]) == meant)
  }
}
