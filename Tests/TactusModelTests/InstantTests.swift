import Glibc
import TactusModel
import TactusSimulation
import TactusTestSupport
import Testing

/// Compares instants, spans and RFC 3339 with the C library's calendar.
struct InstantTests {
  /// The years 0001 to 9999.
  private static let range: ClosedRange<Int64> = -62_135_596_800_000_000...253_402_300_799_999_999

  /// Returns the text of an instant by gmtime_r.
  private func calendar(_ microseconds: Int64) -> String {
    let fraction = ((microseconds % 1_000_000) + 1_000_000) % 1_000_000
    var seconds = time_t((microseconds - fraction) / 1_000_000)
    var fields = tm()
    gmtime_r(&seconds, &fields)
    let numbers: [(Int64, Int)] = [
      (Int64(fields.tm_year) + 1900, 4), (Int64(fields.tm_mon) + 1, 2), (Int64(fields.tm_mday), 2),
      (Int64(fields.tm_hour), 2), (Int64(fields.tm_min), 2), (Int64(fields.tm_sec), 2), (fraction, 6),
    ]
    let texts = numbers.map { number, width in
      String(repeating: "0", count: max(0, width - "\(number)".count)) + "\(number)"
    }
    return "\(texts[0])-\(texts[1])-\(texts[2])T\(texts[3]):\(texts[4]):\(texts[5]).\(texts[6])Z"
  }

  @Test("Random instants have the same text as by gmtime_r, and are read back")
  func againstTheLibrary() {
    let seed = UInt64.random(in: .min ... .max)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<10_000 {
      let instant = Instant(microseconds: .random(in: Self.range, using: &generator))
      #expect(instant.description == calendar(instant.microseconds), "seed \(seed)")
      #expect(Instant(rfc3339: instant.description) == instant, "seed \(seed)")
    }
  }

  @Test("Every day of four centuries has the same text as by gmtime_r")
  func everyDay() {
    for day in Int64(-719_162)..<Int64(-719_162 + 146_097) {
      let instant = Instant(microseconds: day * 86_400_000_000)
      guard instant.description == calendar(instant.microseconds) else {
        Issue.record("\(instant) is \(calendar(instant.microseconds))")
        return
      }
    }
  }

  @Test("Random dates are read as by timegm, with any offset")
  func reading() {
    let seed = UInt64.random(in: .min ... .max)
    var generator = SeededGenerator(seed: seed)
    let padded = { (number: Int32) in number < 10 ? "0\(number)" : "\(number)" }
    for _ in 0..<5000 {
      var fields = tm()
      fields.tm_year = .random(in: -900...8099, using: &generator)
      fields.tm_mon = .random(in: 0...11, using: &generator)
      fields.tm_mday = .random(in: 1...28, using: &generator)
      fields.tm_hour = .random(in: 0...23, using: &generator)
      fields.tm_min = .random(in: 0...59, using: &generator)
      fields.tm_sec = .random(in: 0...59, using: &generator)
      let offset = Int32.random(in: -1439...1439, using: &generator)
      let date = "\(fields.tm_year + 1900)-\(padded(fields.tm_mon + 1))-\(padded(fields.tm_mday))"
      let time = "\(padded(fields.tm_hour)):\(padded(fields.tm_min)):\(padded(fields.tm_sec))"
      let zone = "\(offset < 0 ? "-" : "+")\(padded(abs(offset) / 60)):\(padded(abs(offset) % 60))"
      let expected = Instant(microseconds: (Int64(timegm(&fields)) - Int64(offset) * 60) * 1_000_000)
      #expect(Instant(rfc3339: "\(date)T\(time)\(zone)") == expected, "seed \(seed): \(date)T\(time)\(zone)")
    }
  }

  @Test(
    "RFC 3339 is accepted in all its spellings",
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("1970-01-01t00:00:00z", 0), ("1970-01-01 00:00:00Z", 0),
      ("1970-01-01T00:00:00.5Z", 500_000), ("1970-01-01T00:00:00.1234567Z", 123_456),
      ("1970-01-01T01:00:00+01:00", 0), ("1969-12-31T19:00:00-05:00", 0), ("1970-01-01T00:00:00-00:00", 0),
      ("2000-02-29T12:00:00Z", 951_825_600_000_000), ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
      ("1969-12-31T23:59:59.999999Z", -1),
    ])
  func spellings(_ text: String, _ microseconds: Int64) {
    #expect(Instant(rfc3339: text) == Instant(microseconds: microseconds))
  }

  @Test(
    "A text that is not RFC 3339 with an offset is refused",
    arguments: [
      "", "2026-12-01", "2026-12-01T03:00:00", "2026-12-01T03:00Z", "2026-12-01T03:00:00+0200",
      "2026-12-01T03:00:00+02", "2026-13-01T03:00:00Z", "2026-00-01T03:00:00Z", "2026-02-29T03:00:00Z",
      "1900-02-29T03:00:00Z", "2026-04-31T03:00:00Z", "2026-12-00T03:00:00Z", "2026-12-01T24:00:00Z",
      "2026-12-01T03:60:00Z", "2026-12-01T03:00:61Z", "2026-12-01T03:00:00.Z", "2026-12-01T03:00:00ZZ",
      "2026-12-01T03:00:00Z ", " 2026-12-01T03:00:00Z", "26-12-01T03:00:00Z", "+2026-12-01T03:00:00Z",
      "2026-12-01T03:00:00+24:00", "2026-12-01T03:00:00+02:60", "2026-1-1T03:00:00Z", "２０２６-12-01T03:00:00Z",
    ])
  func refused(_ text: String) {
    #expect(Instant(rfc3339: text) == nil)
  }

  @Test(
    "An instant that an offset or a leap second moves out of the years 0000 to 9999 is refused")
  func yearsOfFourDigits() {
    for text in ["9999-12-31T23:59:59-00:01", "9999-12-31T23:59:60Z", "0000-01-01T00:00:00+00:01"] {
      #expect(Instant(rfc3339: text) == nil, "\(text)")
    }
    for text in ["9999-12-31T23:59:59.999999Z", "0000-01-01T00:00:00.000000Z"] {
      #expect(Instant(rfc3339: text)?.description == text)
    }
  }

  @Test("Adding a span saturates at the ends of the range instead of overflowing")
  func saturation() {
    let (first, last) = (Instant(microseconds: .min), Instant(microseconds: .max))
    #expect(last + .seconds(1) == last)
    #expect(first - .seconds(1) == first)
    #expect(Instant(microseconds: 5) - .microseconds(7) == Instant(microseconds: -2))
    #expect(MonotonicInstant(microseconds: .max) + .seconds(1) == MonotonicInstant(microseconds: .max))
    #expect(Instant(microseconds: 7) - Instant(microseconds: 5) == .microseconds(2))
  }

  @Test("A span in microseconds is truncated toward zero, and saturates")
  func spans() {
    #expect(Duration.nanoseconds(1999).microseconds == 1)
    #expect(Duration.nanoseconds(-1999).microseconds == -1)
    #expect(Duration.microseconds(1999).milliseconds == 1)
    #expect(Duration.microseconds(Int64.max).microseconds == .max)
    #expect((Duration.microseconds(Int64.max) + .microseconds(1)).microseconds == .max)
    #expect((Duration.microseconds(Int64.min) - .microseconds(1)).microseconds == .min)
    #expect(Duration.seconds(Int64.max).microseconds == .max)
    #expect(Duration.seconds(Int64.min).microseconds == .min)
    #expect((Instant(microseconds: 0) - .seconds(Int64.min)) == Instant(microseconds: .max))
  }
}
