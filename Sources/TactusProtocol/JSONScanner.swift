/// Checks JSON text against the grammar in one pass.
///
/// Source: RFC 8259, sections 2 to 7.
struct JSONScanner {
  private let text: [UInt8]
  private let depthLimit: Int
  private var index = 0

  init(_ text: [UInt8], depthLimit: Int) {
    self.text = text
    self.depthLimit = depthLimit
  }

  /// Scans the only object of the text, and returns its range and its members.
  mutating func document() throws(JSONProblem) -> (whole: Range<Int>, members: [JSONObject.Member]) {
    skipSpace()
    let start = index
    guard peek == UInt8(ascii: "{") else { throw problem("expected an object") }
    var members: [JSONObject.Member] = []
    try object(depth: 1) { name, value in members.append(JSONObject.Member(name: name(), value: value)) }
    let end = index
    skipSpace()
    guard index == text.count else { throw problem("text after the end of the object") }
    return (start..<end, members)
  }

  private var peek: UInt8? { index < text.count ? text[index] : nil }

  private func problem(_ reason: String) -> JSONProblem { JSONProblem(reason: reason, offset: index) }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: character) else { return false }
    index += 1
    return true
  }

  private mutating func value(depth: Int) throws(JSONProblem) {
    switch peek {
    case UInt8(ascii: "{"): try object(depth: depth + 1) { _, _ in }
    case UInt8(ascii: "["): try array(depth: depth + 1)
    case UInt8(ascii: "\""): try string()
    case UInt8(ascii: "t"): try word("true")
    case UInt8(ascii: "f"): try word("false")
    case UInt8(ascii: "n"): try word("null")
    case let byte? where byte == UInt8(ascii: "-") || Self.isDigit(byte): try number()
    default: throw problem("expected a value")
    }
  }

  private mutating func object(
    depth: Int, member: (_ name: () -> String, _ value: Range<Int>) -> Void
  ) throws(JSONProblem) {
    try enter(depth)
    if take("}") { return }
    repeat {
      skipSpace()
      let nameStart = index
      guard peek == UInt8(ascii: "\"") else { throw problem("expected a member's name") }
      try string()
      let name = nameStart..<index
      skipSpace()
      guard take(":") else { throw problem("expected a colon") }
      skipSpace()
      let start = index
      try value(depth: depth)
      member({ JSONObject.string(quoted: text[name]) ?? String(decoding: text[name], as: UTF8.self) }, start..<index)
      skipSpace()
    } while take(",")
    guard take("}") else { throw problem("expected a comma or the end of the object") }
  }

  private mutating func array(depth: Int) throws(JSONProblem) {
    try enter(depth)
    if take("]") { return }
    repeat {
      skipSpace()
      try value(depth: depth)
      skipSpace()
    } while take(",")
    guard take("]") else { throw problem("expected a comma or the end of the array") }
  }

  private mutating func enter(_ depth: Int) throws(JSONProblem) {
    guard depth <= depthLimit else { throw problem("nested deeper than \(depthLimit)") }
    index += 1
    skipSpace()
  }

  private mutating func string() throws(JSONProblem) {
    index += 1
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        index += 1
        return
      case UInt8(ascii: "\\"):
        index += 1
        try escape()
      case 0..<0x20: throw problem("a control character in a string")
      default: index += 1
      }
    }
    throw problem("a string without an end")
  }

  private mutating func escape() throws(JSONProblem) {
    switch peek {
    case UInt8(ascii: "u"):
      let digits = text[index...].dropFirst().prefix(4)
      guard digits.count == 4, digits.allSatisfy(Self.isHexDigit) else { throw problem("not four hexadecimal digits") }
      index += 5
    case let byte? where "\"\\/bfnrt".utf8.contains(byte): index += 1
    default: throw problem("an unknown escape")
    }
  }

  private mutating func word(_ word: StaticString) throws(JSONProblem) {
    let word = word.description.utf8
    guard text[index...].starts(with: word) else { throw problem("expected a value") }
    index += word.count
  }

  private mutating func number() throws(JSONProblem) {
    _ = take("-")
    if !take("0") { try digits() }
    if take(".") { try digits() }
    if take("e") || take("E") {
      _ = take("+") || take("-")
      try digits()
    }
  }

  private mutating func digits() throws(JSONProblem) {
    let start = index
    while let byte = peek, Self.isDigit(byte) { index += 1 }
    guard index > start else { throw problem("expected a digit") }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0") <= byte && byte <= UInt8(ascii: "9") }

  private static func isHexDigit(_ byte: UInt8) -> Bool { Character(Unicode.Scalar(byte)).isHexDigit }
}
