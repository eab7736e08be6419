import TactusLinux

extension Unicode.Scalar {
  /// Whether it steers the terminal, or the order in which it shows other characters, instead of being shown.
  var steers: Bool {
    switch value {
    case 0x00...0x1F, 0x7F...0x9F: true
    // Marks, embeddings and isolates of the bidirectional algorithm (UAX #9), and separators of lines.
    case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  /// Itself, or `^X` or `\u{9B}` for what would steer the terminal.
  var visible: String {
    guard steers else { return String(self) }
    return isASCII
      ? "^\(Unicode.Scalar(UInt8(value) ^ 0x40))" : "\\u{\(String(value, radix: 16, uppercase: true))}"
  }
}

extension String {
  /// What can be shown on a terminal, in a line, whoever wrote it.
  var visible: String {
    // Most text is plain; then nothing is copied.
    guard !utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else { return self }
    return unicodeScalars.reduce(into: "") { $0 += $1.visible }
  }

  /// The same of several lines, whose ends and tabs stay.
  var visibleLines: String {
    unicodeScalars.reduce(into: "") { $0 += $1 == "\n" || $1 == "\t" ? String($1) : $1.visible }
  }

  /// How many columns of a terminal it takes.
  var columns: Int { unicodeScalars.reduce(0) { $0 + Terminal.columns(of: $1) } }

  /// At most a number of columns; an ellipsis at the end says that there was more.
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
  /// Lines of at most a number of columns, ended at spaces.
  ///
  /// There is at least one; a word that is longer is a line of its own, and so is a command of tactusctl, which can be copied
  /// only if it is whole.
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

  /// Words, and commands: those have a verb, and operands or options behind it.
  private var unbreakable: [String] {
    /// How much of a command the last part has; nil if it is none, or ended.
    var words: Int?
    return split(separator: " ", omittingEmptySubsequences: false).reduce(into: []) { parts, word in
      // Behind the verb and one operand only what is no plain word: the sentence goes on in plain ones.
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

/// Bytes that somebody else wrote, piece by piece, as text for a terminal.
struct VisibleText {
  /// The beginning of a character whose rest comes with the next piece.
  private var rest: [UInt8] = []

  /// The next piece; tabs stay.
  /// - Parameter isPartial: whether the line goes on in another piece.
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

  /// How many bytes a character takes that begins with a byte; RFC 3629, section 3.
  private static func length(_ byte: UInt8) -> Int {
    switch byte {
    case 0xC2...0xDF: 2
    case 0xE0...0xEF: 3
    case 0xF0...0xF4: 4
    default: 1
    }
  }
}
