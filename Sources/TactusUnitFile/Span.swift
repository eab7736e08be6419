import TactusModel

/// A span of time in the syntax of systemd: `1h 30min`, `1.5s`, `90` (seconds), `infinity`.
///
/// Source: systemd.time(7), "Parsing Time Spans". The details (`55s500ms`, `1.5h`, `m` against `M`) follow
/// `parse_time()` in systemd's src/basic/time-util.c.
struct Span: Equatable {
  /// Not negative; nil means infinity.
  let duration: Duration?

  private static let infinity = Span(duration: nil)

  private init(duration: Duration?) { self.duration = duration }

  init(_ text: String) throws(ValueRefusal) {
    if text == "infinity" {
      self = .infinity
      return
    }
    if let hint = ForeignLines.hint(ofSpan: text) { throw ValueRefusal(hint) }
    var bytes = Array(text.utf8)[...].trimmed
    var sum: Int64 = 0
    if bytes.isEmpty { throw Self.notASpan }
    while !bytes.isEmpty {
      let part = try Self.takePart(&bytes)
      let (next, overflow) = sum.addingReportingOverflow(part)
      if overflow { throw Self.tooLong }
      sum = next
      bytes = bytes.trimmed
    }
    duration = .microseconds(sum)
  }

  /// Takes a number and its unit from the front, and returns microseconds.
  private static func takePart(_ bytes: inout ArraySlice<UInt8>) throws(ValueRefusal) -> Int64 {
    let digits = bytes.prefix(while: \.isDigit)
    bytes = bytes.dropFirst(digits.count)
    var places: ArraySlice<UInt8> = []
    if bytes.first == UInt8(ascii: ".") {
      places = bytes.dropFirst().prefix(while: \.isDigit)
      if places.isEmpty { throw notASpan }
      bytes = bytes.dropFirst(places.count + 1)
    }
    if digits.isEmpty && places.isEmpty { throw notASpan }
    let rest = bytes.trimmed
    let name = rest.prefix { !$0.isDigit && !$0.isWhiteSpace && $0 != UInt8(ascii: ".") }
    guard let unit = name.isEmpty ? 1_000_000 : units[name.text] else {
      throw ValueRefusal("has the unknown unit \"\(name.text.abbreviated)\". Use one of us ms s min h d w month year")
    }
    // "12.34.56" is malformed. "12.34 .56" and "12.34s.56" are two parts.
    if name.isEmpty && rest.count == bytes.count && !bytes.isEmpty { throw notASpan }
    bytes = rest.dropFirst(name.count)
    guard let whole = digits.isEmpty ? 0 : Int64(digits.text) else { throw tooLong }
    let (product, overflow) = whole.multipliedReportingOverflow(by: unit)
    if overflow { throw tooLong }
    var (sum, worth) = (product, unit / 10)
    for place in places {
      let (next, overflow) = sum.addingReportingOverflow(Int64(place - UInt8(ascii: "0")) * worth)
      if overflow { throw tooLong }
      (sum, worth) = (next, worth / 10)
    }
    return sum
  }

  /// The units in microseconds; a month is 30.44 days and a year 365.25.
  private static let units: [String: Int64] = {
    let names: [(Int64, [String])] = [
      (1, ["us", "usec", "µs", "μs"]),
      (1000, ["ms", "msec"]),
      (1_000_000, ["s", "sec", "second", "seconds"]),
      (60_000_000, ["m", "min", "minute", "minutes"]),
      (3_600_000_000, ["h", "hr", "hour", "hours"]),
      (86_400_000_000, ["d", "day", "days"]),
      (604_800_000_000, ["w", "week", "weeks"]),
      (2_629_800_000_000, ["M", "month", "months"]),
      (31_557_600_000_000, ["y", "year", "years"]),
    ]
    var units: [String: Int64] = [:]
    for (unit, names) in names { for name in names { units[name] = unit } }
    return units
  }()

  private static let notASpan = ValueRefusal("is not a span of time. Write for example 90, 1h 30min or 1.5s")
  private static let tooLong = ValueRefusal("is too long: more than 292,000 years")

  /// Returns a span for a message, in the largest unit that needs no fraction.
  static func text(_ duration: Duration) -> String {
    let microseconds = duration.microseconds
    let units: [(Int64, String)] = [
      (86_400_000_000, "d"), (3_600_000_000, "h"), (60_000_000, "min"), (1_000_000, "s"), (1000, "ms"),
    ]
    guard microseconds != 0 else { return "0" }
    let unit = units.first { microseconds.isMultiple(of: $0.0) } ?? (1, "us")
    return "\(microseconds / unit.0)\(unit.1)"
  }
}

extension Span {
  /// Reads a finite span within limits.
  static func within(_ limits: ClosedRange<Duration>) -> (String) throws(ValueRefusal) -> Duration {
    { (text: String) throws(ValueRefusal) -> Duration in
      guard let duration = try Span(text).duration, limits.contains(duration) else {
        throw ValueRefusal(
          "is outside the range from \(Span.text(limits.lowerBound)) to \(Span.text(limits.upperBound))")
      }
      return duration
    }
  }

  /// Reads a span within limits; nil means infinity.
  static func withinOrInfinity(_ limits: ClosedRange<Duration>) -> (String) throws(ValueRefusal) -> Duration? {
    { (text: String) throws(ValueRefusal) -> Duration? in
      guard let duration = try Span(text).duration else { return nil }
      guard limits.contains(duration) else {
        throw ValueRefusal(
          "is neither a span from \(Span.text(limits.lowerBound)) to \(Span.text(limits.upperBound)) nor infinity"
        )
      }
      return duration
    }
  }

  /// Reads a finite span longer than 0.
  static func positive(through longest: Duration) -> (String) throws(ValueRefusal) -> Duration {
    { (text: String) throws(ValueRefusal) -> Duration in
      guard let duration = try Span(text).duration, duration > .zero, duration <= longest else {
        throw ValueRefusal("must be longer than 0 and at most \(Span.text(longest))")
      }
      return duration
    }
  }

  /// Reads a span longer than 0; nil means infinity.
  static func positiveOrInfinity(through longest: Duration) -> (String) throws(ValueRefusal) -> Duration? {
    { (text: String) throws(ValueRefusal) -> Duration? in
      guard let duration = try Span(text).duration else { return nil }
      guard duration > .zero, duration <= longest else {
        throw ValueRefusal("must be longer than 0 and at most \(Span.text(longest)), or infinity")
      }
      return duration
    }
  }
}
