import TactusLinux

extension Unicode.Scalar {
  /// Whether it controls the terminal, or the order of other characters, instead of being shown.
  var steers: Bool {
    switch value {
    case 0x00...0x1F, 0x7F...0x9F: true
    // Marks, embeddings and isolates of the bidirectional algorithm (UAX #9), and line separators.
    case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  /// The character, or `^X` or `\u{9B}` for a control character.
  var visible: String {
    guard steers else { return String(self) }
    return isASCII
      ? "^\(Unicode.Scalar(UInt8(value) ^ 0x40))" : "\\u{\(String(value, radix: 16, uppercase: true))}"
  }
}

extension String {
  /// The text on one line, safe for a terminal: control characters are shown as escapes.
  var visible: String {
    // Most text is plain, and is not copied.
    guard !utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else { return self }
    return unicodeScalars.reduce(into: "") { $0 += $1.visible }
  }

  /// Several lines, safe for a terminal: newlines and tabs stay.
  var visibleLines: String {
    unicodeScalars.reduce(into: "") { $0 += $1 == "\n" || $1 == "\t" ? String($1) : $1.visible }
  }

  /// The width in columns of a terminal.
  var columns: Int { unicodeScalars.reduce(0) { $0 + Terminal.columns(of: $1) } }

  /// Shortens to a number of columns, with an ellipsis at the end.
  func shortened(to width: Int) -> String {
    guard columns > width else { return self }
    var shortened = ""
    var room = width - 1
    for character in self {
      room -= String(character).columns
      guard room >= 0 else { break }
      shortened.append(character)
    }
    return width > 0 ? shortened + "…" : ""
  }
}

extension String {
  /// Wraps into at least one line of at most a number of columns, at spaces.
  ///
  /// A longer word has its own line. A command of tactusctl is never broken, so that it can be copied.
  func wrapped(to width: Int) -> [String] {
    unbreakable.reduce(into: []) { lines, word in
      let last = lines.count - 1
      if last >= 0, lines[last].columns + 1 + word.columns <= width {
        lines[last] += " \(word)"
      } else {
        lines.append(word)
      }
    }
  }

  /// The words, and the commands of tactusctl with their verbs, operands and options.
  private var unbreakable: [String] {
    /// The number of words of the command in the last part; nil if it is not a command, or a complete one.
    var words: Int?
    return split(separator: " ", omittingEmptySubsequences: false).reduce(into: []) { parts, word in
      // After the verb and one operand, a word in small letters belongs to the sentence again.
      if let count = words, count < 3 || word.contains(where: { !$0.isLowercase }) {
        parts[parts.count - 1] += " \(word)"
        words = count + 1
      } else {
        parts.append(String(word))
        words = word == "tactusctl" ? 1 : nil
      }
      if let end = word.last, ",;.:)".contains(end) { words = nil }
    }
  }
}

/// Converts foreign bytes, piece by piece, to text that is safe for a terminal.
struct VisibleText {
  /// The beginning of a character that continues in the next piece.
  private var rest: [UInt8] = []

  /// Converts the next piece; tabs stay.
  ///
  /// - Parameter isPartial: whether the line continues in another piece.
  mutating func next(_ bytes: [UInt8], isPartial: Bool) -> String {
    var bytes = rest + bytes
    rest = []
    if isPartial, let start = bytes.lastIndex(where: { $0 & 0xC0 != 0x80 }),
      bytes.count - start < Self.length(bytes[start])
    {
      rest = Array(bytes[start...])
      bytes.removeSubrange(start...)
    }
    return String(decoding: bytes, as: UTF8.self).unicodeScalars.reduce(into: "") { text, character in
      text += character == "\t" ? "\t" : character.visible
    }
  }

  /// The length of a character by its first byte.
  ///
  /// Source: RFC 3629, section 3
  private static func length(_ byte: UInt8) -> Int {
    switch byte {
    case 0xC2...0xDF: 2
    case 0xE0...0xEF: 3
    case 0xF0...0xF4: 4
    default: 1
    }
  }
}
