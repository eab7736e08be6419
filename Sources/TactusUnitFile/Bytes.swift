// Unit files are parsed as bytes, not as Characters: "=" and a combining mark after it are one Character, and so is
// "\r\n".

extension UInt8 {
  static let space = UInt8(ascii: " ")
  static let newline = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")
  static let backslash = UInt8(ascii: "\\")

  var isWhiteSpace: Bool { self == .space || self == .newline || self == .carriageReturn || self == UInt8(ascii: "\t") }
  var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
  var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }
}

extension [UInt8] {
  var withoutByteOrderMark: ArraySlice<UInt8> { starts(with: [0xEF, 0xBB, 0xBF]) ? dropFirst(3) : self[...] }

  /// Whether the last backslash escapes the end of the line and is not escaped itself.
  var endsInBackslash: Bool { !reversed().prefix { $0 == .backslash }.count.isMultiple(of: 2) }
}

extension ArraySlice<UInt8> {
  /// Without white space at both ends.
  var trimmed: ArraySlice<UInt8> {
    guard let first = firstIndex(where: { !$0.isWhiteSpace }), let last = lastIndex(where: { !$0.isWhiteSpace })
    else { return [] }
    return self[first...last]
  }

  /// The bytes as text; they must be valid UTF-8.
  var text: String { String(decoding: self, as: UTF8.self) }
}

extension String {
  /// The text as a message shows it: at most 60 characters, in one line.
  ///
  /// A value may have 256 KiB, and an escape may have put a newline into it.
  var abbreviated: String {
    let shown = unicodeScalars.prefix(60).reduce(into: "") { text, scalar in
      let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
      text += isControl ? "\\u\(scalar.hexadecimal)" : String(scalar)
    }
    return unicodeScalars.count <= 60 ? shown : "\(shown)…"
  }
}

extension Unicode.Scalar {
  /// At least four hexadecimal digits.
  var hexadecimal: String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
