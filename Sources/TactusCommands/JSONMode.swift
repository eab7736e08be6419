/// The format of replies for programs.
enum JSONMode: String, CaseIterable {
  /// One object per line, as it was received.
  case short
  /// The same objects, indented for people.
  case pretty
  /// No JSON.
  case off

  /// Returns the text of an object, ended by a newline.
  ///
  /// Control characters are written as escapes such as `\u009B`, which JSON parsers read as the same characters.
  func rendered(_ text: [UInt8]) -> [UInt8] {
    let text = Self.harmless(text)
    var rendered = self == .pretty ? Self.indented(text) : text
    rendered.append(UInt8(ascii: "\n"))
    return rendered
  }

  private static func harmless(_ text: [UInt8]) -> [UInt8] {
    // Most text is plain, and is not copied. JSON already escapes characters below 0x20.
    guard text.contains(where: { $0 >= 0x7F }) else { return text }
    return String(decoding: text, as: UTF8.self).unicodeScalars.reduce(into: []) { bytes, scalar in
      guard scalar.value >= 0x7F, scalar.steers else { return bytes += Array(String(scalar).utf8) }
      let digits = String(scalar.value, radix: 16, uppercase: true)
      bytes += Array("\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8)
    }
  }

  /// Indents compact, well-formed JSON: one line for each member and element.
  private static func indented(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var depth = 0
    var isInString = false
    var isEscaped = false
    func newline() -> [UInt8] { Array("\n".utf8) + [UInt8](repeating: UInt8(ascii: " "), count: 2 * depth) }
    for (index, byte) in text.enumerated() {
      if isInString {
        result.append(byte)
        if !isEscaped && byte == UInt8(ascii: "\"") { isInString = false }
        isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
        continue
      }
      switch byte {
      case UInt8(ascii: "\""):
        isInString = true
        result.append(byte)
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        result.append(byte)
        let closer = byte + 2
        if index + 1 < text.count, text[index + 1] != closer { result += newline() }
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        let opener = byte - 2
        if text[index - 1] != opener { result += newline() }
        result.append(byte)
      case UInt8(ascii: ","):
        result.append(byte)
        result += newline()
      case UInt8(ascii: ":"): result += Array(": ".utf8)
      default: result.append(byte)
      }
    }
    return result
  }
}
