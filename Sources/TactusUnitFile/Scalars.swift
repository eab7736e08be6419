import TactusModel

// The plain values of unit files: numbers, sizes, booleans, words, instants, paths.

/// A whole number within a range.
func number(_ range: ClosedRange<Int>) -> (String) throws(Refusal) -> Int {
  { (text: String) throws(Refusal) -> Int in
    guard let number = Int(text) else { throw Refusal("is not a whole number") }
    guard range.contains(number) else {
      throw Refusal("is outside the range from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }
}

/// A whole number within a range, or nil for `infinity`.
func numberOrInfinity(_ range: ClosedRange<Int>) -> (String) throws(Refusal) -> Int? {
  { (text: String) throws(Refusal) -> Int? in
    if text == "infinity" { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw Refusal("is neither a whole number from \(range.lowerBound) to \(range.upperBound) nor infinity")
    }
    return number
  }
}

/// A number of bytes within a range: digits, and K, M or G for powers of 1024.
func size(_ range: ClosedRange<Int64>) -> (String) throws(Refusal) -> Int64 {
  { (text: String) throws(Refusal) -> Int64 in
    let shifts: [Character: Int64] = ["K": 10, "M": 20, "G": 30]
    let shift = text.last.flatMap { shifts[$0] }
    let digits = shift == nil ? text[...] : text.dropLast()
    guard let number = Int64(digits), digits.utf8.allSatisfy(\.isDigit) else {
      throw Refusal("is not a size: write a number of bytes, or a number with K, M or G, for example 16M")
    }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << (shift ?? 0))
    guard !overflow, range.contains(bytes) else {
      throw Refusal("is outside the range from \(range.lowerBound) to \(range.upperBound >> 30)G")
    }
    return bytes
  }
}

/// A boolean as systemd reads it, in any case.
func boolean(_ text: String) throws(Refusal) -> Bool {
  switch text.lowercased() {
  case "1", "yes", "y", "true", "t", "on": true
  case "0", "no", "n", "false", "f", "off": false
  default: throw Refusal("is not a boolean: write yes or no")
  }
}

/// One of the words of an enumeration, spelled exactly.
func word<Word: RawRepresentable & CaseIterable>(
  of type: Word.Type
) -> (String) throws(Refusal) -> Word where Word.RawValue == String {
  { (text: String) throws(Refusal) -> Word in
    if let word = Word(rawValue: text) { return word }
    throw Refusal("is none of: \(Word.allCases.map(\.rawValue).joined(separator: " "))")
  }
}

/// An instant with an offset.
func instant(_ text: String) throws(Refusal) -> Instant {
  if let instant = Instant(rfc3339: text) {
    guard Limits.startAt.contains(instant) else {
      throw Refusal("is out of range: valid are \(Limits.startAt.lowerBound) to \(Limits.startAt.upperBound)")
    }
    return instant
  }
  if let hint = ForeignLines.hint(ofInstant: text) { throw Refusal(hint) }
  if Instant(rfc3339: text + "Z") != nil {
    throw Refusal("has no offset from UTC: write \(text)Z, or for example \(text)+02:00")
  }
  throw Refusal("is not an RFC 3339 instant: write for example 2026-12-01T03:00:00Z")
}

/// An absolute path that names the same place as it reads: no `.` or `..` in it.
func absolutePath(_ text: String) throws(Refusal) -> String {
  guard text.utf8.first == UInt8(ascii: "/") else {
    switch text.utf8.first {
    case UInt8(ascii: "%"): throw Refusal("is not an absolute path, and there are no specifiers here: begin it with /")
    case UInt8(ascii: "~"): throw Refusal("is not an absolute path, and only a shell knows ~: begin it with /")
    case UInt8(ascii: "$"): throw Refusal("is not an absolute path, and no shell reads it: begin it with /")
    case UInt8(ascii: "-"): throw Refusal("is not an absolute path, and has no prefix here: begin it with /")
    default: throw Refusal("is not an absolute path: begin it with /")
    }
  }
  let parts = text.split(separator: "/")
  if parts.contains("..") || parts.contains(".") {
    throw Refusal("contains . or .. as a part of the path: write the path without it")
  }
  return text
}

/// HTTP statuses and ranges of them, separated by white space.
func statusRanges(_ text: String) throws(Refusal) -> [ClosedRange<Int>] {
  var ranges: [ClosedRange<Int>] = []
  for word in text.split(whereSeparator: { $0 == " " || $0 == "\t" }) {
    let bounds = word.split(separator: "-", omittingEmptySubsequences: false)
    guard bounds.count <= 2, let first = bounds.first.flatMap({ Int($0) }), let last = bounds.last.flatMap({ Int($0) }),
      Limits.httpStatus.contains(first), Limits.httpStatus.contains(last), first <= last
    else {
      throw Refusal(
        "holds \"\(String(word).abbreviated)\": write statuses from 100 to 599 and ranges of them, "
          + "for example 200 204 300-399")
    }
    // Source: RFC 9110, section 15.2; 101 is the last answer in HTTP, the others are followed by one.
    guard last >= 200 || (first...last).contains(101) else {
      throw Refusal(
        "holds \"\(String(word).abbreviated)\", and such an answer is never the last: write 101, or statuses from 200")
    }
    ranges.append(first...last)
  }
  return ranges
}

/// The name of a group of the system. Source: shadow-utils, groupadd(8), "CAVEATS"
func groupName(_ text: String) throws(Refusal) -> String {
  let isWellFormed =
    (1...32).contains(text.utf8.count)
    && text.utf8.allSatisfy { byte in
      byte.isDigit || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
        || [UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: ".")].contains(byte)
    } && text.utf8.first.map { !$0.isDigit && $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: ".") } ?? false
  guard isWellFormed else { throw Refusal("is not the name of a group: write a name such as tactus-admin") }
  return text
}
