import TactusModel

// Reads the plain values of unit files: numbers, sizes, booleans, words, instants, paths.

/// Reads a whole number within a range.
func number(_ range: ClosedRange<Int>) -> (String) throws(ValueRefusal) -> Int {
  { (text: String) throws(ValueRefusal) -> Int in
    guard let number = Int(text) else { throw ValueRefusal("is not a whole number") }
    guard range.contains(number) else {
      throw ValueRefusal("is outside the range from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }
}

/// Reads a whole number within a range, or nil for `infinity`.
func numberOrInfinity(_ range: ClosedRange<Int>) -> (String) throws(ValueRefusal) -> Int? {
  { (text: String) throws(ValueRefusal) -> Int? in
    if text == "infinity" { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw ValueRefusal("is neither a whole number from \(range.lowerBound) to \(range.upperBound) nor infinity")
    }
    return number
  }
}

/// Reads a number of bytes within a range: digits, and K, M or G for powers of 1024.
func size(_ range: ClosedRange<Int64>) -> (String) throws(ValueRefusal) -> Int64 {
  { (text: String) throws(ValueRefusal) -> Int64 in
    let shifts: [Character: Int64] = ["K": 10, "M": 20, "G": 30]
    let shift = text.last.flatMap { shifts[$0] }
    let digits = shift == nil ? text[...] : text.dropLast()
    guard let number = Int64(digits), digits.utf8.allSatisfy(\.isDigit) else {
      throw ValueRefusal("is not a size. Write a number of bytes, or a number with K, M or G, for example 16M")
    }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << (shift ?? 0))
    guard !overflow, range.contains(bytes) else {
      let least = range.lowerBound
      let lower = least > 0 && least % (1 << 20) == 0 ? "\(least >> 20)M" : "\(least)"
      throw ValueRefusal("is outside the range from \(lower) to \(range.upperBound >> 30)G")
    }
    return bytes
  }
}

/// Reads a boolean as systemd does, in any case.
func boolean(_ text: String) throws(ValueRefusal) -> Bool {
  switch text.lowercased() {
  case "1", "yes", "y", "true", "t", "on": true
  case "0", "no", "n", "false", "f", "off": false
  default: throw ValueRefusal("is not a boolean. Write yes or no")
  }
}

/// Reads one of the words of an enumeration, spelled exactly.
func word<Word: RawRepresentable & CaseIterable>(
  of type: Word.Type
) -> (String) throws(ValueRefusal) -> Word where Word.RawValue == String {
  { (text: String) throws(ValueRefusal) -> Word in
    if let word = Word(rawValue: text) { return word }
    throw ValueRefusal("is not valid. Use one of: \(Word.allCases.map(\.rawValue).joined(separator: " "))")
  }
}

/// Reads an instant with an offset.
func instant(_ text: String) throws(ValueRefusal) -> Instant {
  if let instant = Instant(rfc3339: text) {
    guard Limits.startAt.contains(instant) else {
      throw ValueRefusal("is outside the range from \(Limits.startAt.lowerBound) to \(Limits.startAt.upperBound)")
    }
    return instant
  }
  if let hint = ForeignLines.hint(ofInstant: text) { throw ValueRefusal(hint) }
  if Instant(rfc3339: text + "Z") != nil {
    throw ValueRefusal("has no offset from UTC. Write \(text)Z, or for example \(text)+02:00")
  }
  throw ValueRefusal("is not an RFC 3339 instant. Write for example 2026-12-01T03:00:00Z")
}

/// Reads an absolute path without `.` and `..`.
func absolutePath(_ text: String) throws(ValueRefusal) -> String {
  guard text.utf8.first == UInt8(ascii: "/") else {
    switch text.utf8.first {
    case UInt8(ascii: "%"):
      throw ValueRefusal("is not an absolute path, and specifiers are not supported. Begin it with /")
    case UInt8(ascii: "~"): throw ValueRefusal("is not an absolute path, and only a shell knows ~. Begin it with /")
    case UInt8(ascii: "$"): throw ValueRefusal("is not an absolute path, and no shell reads it. Begin it with /")
    case UInt8(ascii: "-"): throw ValueRefusal("is not an absolute path, and takes no prefix here. Begin it with /")
    default: throw ValueRefusal("is not an absolute path. Begin it with /")
    }
  }
  let parts = text.split(separator: "/")
  if parts.contains("..") || parts.contains(".") {
    throw ValueRefusal("contains . or .. as a part of the path. Write the path without it")
  }
  return text
}

/// Reads HTTP statuses and ranges of them, separated by white space.
func statusRanges(_ text: String) throws(ValueRefusal) -> [ClosedRange<Int>] {
  var ranges: [ClosedRange<Int>] = []
  for word in text.split(whereSeparator: { $0 == " " || $0 == "\t" }) {
    let bounds = word.split(separator: "-", omittingEmptySubsequences: false)
    guard bounds.count <= 2, let first = bounds.first.flatMap({ Int($0) }), let last = bounds.last.flatMap({ Int($0) }),
      Limits.httpStatus.contains(first), Limits.httpStatus.contains(last), first <= last
    else {
      throw ValueRefusal(
        "has the invalid status \"\(String(word).abbreviated)\". Use statuses from 100 to 599 and ranges of them, "
          + "for example 200 204 300-399")
    }
    // 101 is the last answer in HTTP. After the other statuses below 200, another answer follows.
    // Source: RFC 9110, section 15.2
    guard last >= 200 || (first...last).contains(101) else {
      throw ValueRefusal(
        "has \"\(String(word).abbreviated)\", but such an answer is never the last. Use 101, or statuses from 200")
    }
    ranges.append(first...last)
  }
  return ranges
}

/// Reads the name of a group of the system.
///
/// Source: shadow-utils, groupadd(8), "CAVEATS"
func groupName(_ text: String) throws(ValueRefusal) -> String {
  let isWellFormed =
    (1...32).contains(text.utf8.count)
    && text.utf8.allSatisfy { byte in
      byte.isDigit || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
        || [UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: ".")].contains(byte)
    } && text.utf8.first.map { !$0.isDigit && $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: ".") } ?? false
  guard isWellFormed else { throw ValueRefusal("is not the name of a group. Write a name such as tactus-admin") }
  return text
}
