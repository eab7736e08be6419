/// Splits a command line, or assignments, into words as systemd does.
///
/// White space separates words. Quotes enclose a word or a part of it. C escapes mean the same inside and outside of
/// quotes. Unlike in a systemd unit, there are no prefixes, specifiers or variables: `%` and `$` are literal.
///
/// Source: systemd.syntax(7), "Quoting"
func words(_ text: String) throws(ValueRefusal) -> [String] {
  var splitter = WordSplitter(text)
  return try splitter.split()
}

private struct WordSplitter {
  private var rest: ArraySlice<UInt8>
  private var words: [String] = []
  private var word: [UInt8] = []
  /// Whether a word has begun.
  ///
  /// Kept apart from its bytes, because `""` is a word without bytes.
  private var isInWord = false
  private var quote: UInt8?

  init(_ text: String) { rest = Array(text.utf8)[...] }

  mutating func split() throws(ValueRefusal) -> [String] {
    while let byte = rest.popFirst() {
      if byte == .backslash {
        append(try escape())
      } else if byte == quote {
        quote = nil
      } else if quote == nil && (byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")) {
        quote = byte
        append([])
      } else if quote == nil && byte.isWhiteSpace {
        try endWord()
      } else {
        append([byte])
      }
    }
    if let quote { throw ValueRefusal("opens a quote \(Unicode.Scalar(quote)) that is never closed") }
    try endWord()
    return words
  }

  private mutating func append(_ bytes: [UInt8]) {
    word += bytes
    isInWord = true
  }

  private mutating func endWord() throws(ValueRefusal) {
    guard isInWord else { return }
    guard let text = String(validating: word, as: UTF8.self) else {
      throw ValueRefusal("has escapes that are not valid UTF-8. Write the characters themselves")
    }
    words.append(text)
    word.removeAll()
    isInWord = false
  }

  /// Reads the escape after a backslash, and returns its bytes.
  private mutating func escape() throws(ValueRefusal) -> [UInt8] {
    guard let letter = rest.first else { throw ValueRefusal("ends in a single backslash. Write \\\\ for a backslash") }
    if let byte = Self.simple[letter] {
      rest.removeFirst()
      return [byte]
    }
    switch letter {
    case UInt8(ascii: "x"):
      rest.removeFirst()
      return [UInt8(truncatingIfNeeded: try code(digits: 2, radix: 16))]
    case UInt8(ascii: "u"), UInt8(ascii: "U"):
      rest.removeFirst()
      let code = try code(digits: letter == UInt8(ascii: "u") ? 4 : 8, radix: 16)
      guard let scalar = Unicode.Scalar(code) else { throw Self.unknown }
      return Array(String(Character(scalar)).utf8)
    case UInt8(ascii: "0")...UInt8(ascii: "3"):
      return [UInt8(truncatingIfNeeded: try code(digits: 3, radix: 8))]
    case UInt8(ascii: "%"):
      throw ValueRefusal("escapes % as in a crontab, but % is literal here. Remove the backslash")
    default:
      throw Self.unknown
    }
  }

  /// Reads a code of exactly `digits` digits.
  ///
  /// Code 0 is refused: neither an argument nor a variable can hold a NUL.
  private mutating func code(digits: Int, radix: UInt32) throws(ValueRefusal) -> UInt32 {
    let text = rest.prefix(digits)
    // `UInt32(_:radix:)` accepts a sign.
    guard text.count == digits, text.allSatisfy({ $0.isDigit || $0.isLetter }),
      let code = UInt32(text.text, radix: Int(radix))
    else { throw Self.unknown }
    if code == 0 { throw ValueRefusal("contains an escaped NUL, which an argument cannot hold. Remove it") }
    rest = rest.dropFirst(digits)
    return code
  }

  private static let unknown = ValueRefusal(
    "has a backslash that does not begin a known escape. Write \\\\ for a backslash "
      + "(known escapes: \\a \\b \\f \\n \\r \\t \\v \\s \\\" \\' \\xHH \\OOO \\uHHHH \\UHHHHHHHH)")

  private static let simple: [UInt8: UInt8] = [
    UInt8(ascii: "a"): 7, UInt8(ascii: "b"): 8, UInt8(ascii: "t"): 9, UInt8(ascii: "n"): 10, UInt8(ascii: "v"): 11,
    UInt8(ascii: "f"): 12, UInt8(ascii: "r"): 13, UInt8(ascii: "s"): .space, .backslash: .backslash,
    UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "'"): UInt8(ascii: "'"),
  ]
}
