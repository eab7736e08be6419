extension Instant: CustomStringConvertible {
  /// RFC 3339 in UTC with microseconds: `2026-12-01T03:00:00.000000Z`.
  public var description: String {
    let seconds = microseconds.flooredQuotient(by: 1_000_000)
    let fraction = microseconds - seconds * 1_000_000
    let day = seconds.flooredQuotient(by: 86_400)
    let second = Int(seconds - day * 86_400)
    let date = CivilDate(daysSinceEpoch: day)
    // Bytes instead of interpolation: lists and logs format thousands of instants, and this takes a tenth of the time.
    var text: [UInt8] = []
    text.reserveCapacity(27)
    text.append(date.year, digits: 4, before: "-")
    text.append(date.month, digits: 2, before: "-")
    text.append(date.day, digits: 2, before: "T")
    text.append(second / 3600, digits: 2, before: ":")
    text.append(second / 60 % 60, digits: 2, before: ":")
    text.append(second % 60, digits: 2, before: ".")
    text.append(Int(fraction), digits: 6, before: "Z")
    return String(decoding: text, as: UTF8.self)
  }

  /// Parses RFC 3339 with a mandatory offset and converts it to UTC; digits beyond the microsecond are dropped.
  ///
  /// Accepts `T`, `t` or a space between date and time, and `Z`, `z` or `±hh:mm` as the offset. A leap second (`:60`)
  /// reads as the first instant of the next minute. Returns nil for anything else, in particular without an offset.
  /// Also returns nil if an offset or a leap second moves the instant out of the years 0000 to 9999, because it could
  /// not be written again.
  ///
  /// Source: RFC 3339, section 5.6.
  public init?(rfc3339 text: String) {
    var scanner = DigitScanner(text)
    guard let year = scanner.number(digits: 4), scanner.take("-"),
      let month = scanner.number(digits: 2), scanner.take("-"),
      let day = scanner.number(digits: 2), scanner.take("T") || scanner.take("t") || scanner.take(" "),
      let hour = scanner.number(digits: 2), scanner.take(":"),
      let minute = scanner.number(digits: 2), scanner.take(":"),
      let second = scanner.number(digits: 2),
      let date = CivilDate(year: year, month: month, day: day),
      hour < 24, minute < 60, second < 61
    else { return nil }
    var fraction = 0
    if scanner.take(".") {
      guard let digits = scanner.fraction(places: 6) else { return nil }
      fraction = digits
    }
    guard let offset = scanner.offsetSeconds(), scanner.isAtEnd else { return nil }
    let seconds = date.daysSinceEpoch * 86_400 + Int64(hour * 3600 + minute * 60 + second - offset)
    guard Self.writableSeconds.contains(seconds) else { return nil }
    self.init(microseconds: seconds * 1_000_000 + Int64(fraction))
  }

  /// The years 0000 to 9999 in UTC: the instants whose text ``init(rfc3339:)`` accepts.
  public static let writable: Range<Instant> =
    Instant(
      microseconds: writableSeconds.lowerBound * 1_000_000)..<Instant(
      microseconds: writableSeconds.upperBound * 1_000_000)

  /// The years 0000 to 9999 in UTC.
  private static let writableSeconds: Range<Int64> = -62_167_219_200..<253_402_300_800
}

/// A day of the proleptic Gregorian calendar in UTC; it does not know time zones.
struct CivilDate: Equatable {
  let year: Int
  let month: Int
  let day: Int

  init?(year: Int, month: Int, day: Int) {
    guard (1...12).contains(month), day >= 1, day <= Self.length(ofMonth: month, in: year) else { return nil }
    (self.year, self.month, self.day) = (year, month, day)
  }

  /// Counts in eras of 400 years that begin on 1 March, so that the leap day is the last day of its year.
  init(daysSinceEpoch: Int64) {
    let shifted = daysSinceEpoch + 719_468
    let era = shifted.flooredQuotient(by: 146_097)
    let dayOfEra = Int(shifted - era * 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    year = yearOfEra + Int(era) * 400 + (month <= 2 ? 1 : 0)
  }

  var daysSinceEpoch: Int64 {
    let marchYear = Int64(month <= 2 ? year - 1 : year)
    let era = marchYear.flooredQuotient(by: 400)
    let yearOfEra = marchYear - era * 400
    let dayOfYear = Int64((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1)
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func length(ofMonth month: Int, in year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

extension Int64 {
  /// Returns the quotient rounded toward negative infinity, as calendars need before 1970.
  func flooredQuotient(by divisor: Int64) -> Int64 {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }
}

extension [UInt8] {
  /// Appends a number with leading zeros, and a character; appends more digits if the number needs them.
  fileprivate mutating func append(_ number: Int, digits: Int, before character: Unicode.Scalar) {
    var divisor = 1
    for _ in 1..<digits { divisor *= 10 }
    if number < 0 || number / divisor >= 10 {
      append(contentsOf: String(number).utf8)
    } else {
      while divisor > 0 {
        append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
        divisor /= 10
      }
    }
    append(UInt8(ascii: character))
  }
}

private struct DigitScanner {
  private let bytes: [UInt8]
  private var index = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  var isAtEnd: Bool { index == bytes.count }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
    index += 1
    return true
  }

  private mutating func digit() -> Int? {
    guard index < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) else { return nil }
    defer { index += 1 }
    return Int(bytes[index] - UInt8(ascii: "0"))
  }

  mutating func number(digits: Int) -> Int? {
    var value = 0
    for _ in 0..<digits {
      guard let next = digit() else { return nil }
      value = value * 10 + next
    }
    return value
  }

  /// Reads at least one digit; returns the first `places` digits, scaled.
  mutating func fraction(places: Int) -> Int? {
    var value = 0
    var count = 0
    while let next = digit() {
      if count < places { value = value * 10 + next }
      count += 1
    }
    guard count > 0 else { return nil }
    for _ in 0..<max(0, places - count) { value *= 10 }
    return value
  }

  mutating func offsetSeconds() -> Int? {
    if take("Z") || take("z") { return 0 }
    let sign: Int
    if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
    guard let hours = number(digits: 2), take(":"), let minutes = number(digits: 2), hours < 24, minutes < 60
    else { return nil }
    return sign * (hours * 3600 + minutes * 60)
  }
}
