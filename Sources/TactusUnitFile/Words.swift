/// Splits a command line, or assignments, into words as systemd does.
///
/// White space separates; quotes enclose a word or a part of it; C escapes mean the same inside and outside of quotes.
/// Unlike in a unit of systemd there are no prefixes, no specifiers and no variables: `%` and `$` are themselves.
///
/// Source: systemd.syntax(7), "Quoting"
func words(_ text: String) throws(Refusal) -> [String] {
  var splitter = WordSplitter(text)
  return try splitter.split()
}

private struct WordSplitter {
  private var rest: ArraySlice<UInt8>
  private var words: [String] = []
  private var word: [UInt8] = []
  /// Apart from the bytes of the word, because `""` is a word without any.
  private var isInWord = false
  private var quote: UInt8?

  init(_ text: String) { rest = Array(text.utf8)[...] }

  mutating func split() throws(Refusal) -> [String] {
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
    if let quote { throw Refusal("opens a quote \(Unicode.Scalar(quote)) that is never closed") }
    try endWord()
    return words
  }

  private mutating func append(_ bytes: [UInt8]) {
    word += bytes
    isInWord = true
  }

  private mutating func endWord() throws(Refusal) {
    guard isInWord else { return }
    guard let text = String(validating: word, as: UTF8.self) else {
      throw Refusal("has escapes that do not make UTF-8: write the characters themselves")
    }
    words.append(text)
    word.removeAll()
    isInWord = false
  }

  /// The bytes that the escape after a backslash stands for.
  private mutating func escape() throws(Refusal) -> [UInt8] {
    guard let letter = rest.first else { throw Refusal("ends in a single backslash: write \\\\ for a backslash") }
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
      throw Refusal("escapes % as in a crontab: here it means nothing but itself, write it without the backslash")
    default:
      throw Self.unknown
    }
  }

  /// A code of exactly so many digits; never 0, because nothing that takes these words can carry a NUL.
  private mutating func code(digits: Int, radix: UInt32) throws(Refusal) -> UInt32 {
    let text = rest.prefix(digits)
    // Swift's own reading of numbers would take a sign.
    guard text.count == digits, text.allSatisfy({ $0.isDigit || $0.isLetter }),
      let code = UInt32(text.text, radix: Int(radix))
    else { throw Self.unknown }
    if code == 0 { throw Refusal("contains an escaped NUL, which no argument can carry: remove it") }
    rest = rest.dropFirst(digits)
    return code
  }

  private static let unknown = Refusal(
    "has a backslash that begins no known escape: write \\\\ for a backslash "
      + "(known are \\a \\b \\f \\n \\r \\t \\v \\s \\\" \\' \\xHH \\OOO \\uHHHH \\UHHHHHHHH)")

  private static let simple: [UInt8: UInt8] = [
    UInt8(ascii: "a"): 7, UInt8(ascii: "b"): 8, UInt8(ascii: "t"): 9, UInt8(ascii: "n"): 10, UInt8(ascii: "v"): 11,
    UInt8(ascii: "f"): 12, UInt8(ascii: "r"): 13, UInt8(ascii: "s"): .space, .backslash: .backslash,
    UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "'"): UInt8(ascii: "'"),
  ]
}
