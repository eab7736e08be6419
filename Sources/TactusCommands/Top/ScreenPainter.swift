/// Converts screens to the bytes for a terminal: only the changed rows, all at once.
struct ScreenPainter {
  private var shown: [String] = []
  private var size = (columns: 0, rows: 0)

  /// Switches to the alternate screen, without a cursor.
  static let beginning = "\u{1B}[?1049h\u{1B}[?25l"
  /// Switches back to the previous screen.
  static let end = "\u{1B}[?7h\u{1B}[?2026l\u{1B}[0m\u{1B}[?25h\u{1B}[?1049l"

  /// Begins a synchronized update, without wrapping of rows that the terminal considers wider than this program does.
  private static let opening = "\u{1B}[?2026h\u{1B}[?7l"
  private static let closing = "\u{1B}[?7h\u{1B}[?2026l"

  /// Returns the bytes that change the terminal to these rows; empty if it already shows them.
  ///
  /// The rows must not be wider than the terminal.
  mutating func bytes(for rows: [ScreenRow], columns: Int, hasColours: Bool) -> [UInt8] {
    var text = ""
    if size != (columns, rows.count) {
      text += "\u{1B}[0m\u{1B}[2J"
      shown = Array(repeating: "", count: rows.count)
      size = (columns, rows.count)
    }
    for (index, row) in rows.enumerated() {
      let rendered = row.rendered(hasColours: hasColours)
      guard rendered != shown[index] else { continue }
      shown[index] = rendered
      // After the last column the cursor stays on it, and erasing would remove that character.
      text += "\u{1B}[\(index + 1);1H\(rendered)\(row.width < columns ? "\u{1B}[K" : "")"
    }
    return text.isEmpty ? [] : Array((Self.opening + text + Self.closing).utf8)
  }

  /// Forgets what the terminal shows, so that all rows are painted next time.
  mutating func forget() { size = (0, 0) }
}
