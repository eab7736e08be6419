/// How replies are printed for programs.
enum JSONMode: String, CaseIterable {
  /// One object per line, exactly as it came.
  case short
  /// The same, for people who look at it.
  case pretty
  /// Not at all.
  case off

  /// The text of an object, ended by a newline.
  func rendered(_ text: [UInt8]) -> [UInt8] {
    var rendered = self == .pretty ? Self.indented(text) : text
    rendered.append(UInt8(ascii: "\n"))
    return rendered
  }

  /// Compact, well-formed JSON with a line for each member and element.
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
