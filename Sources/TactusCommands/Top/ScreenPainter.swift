/// Turns screens into what a terminal is sent: only rows that changed, and all of them at once.
struct ScreenPainter {
  private var shown: [String] = []
  private var size = (columns: 0, rows: 0)

  /// To another screen, without a cursor.
  static let beginning = "\u{1B}[?1049h\u{1B}[?25l"
  /// Back to what was there.
  static let end = "\u{1B}[?7h\u{1B}[?2026l\u{1B}[0m\u{1B}[?25h\u{1B}[?1049l"

  /// No state between is shown, and what the terminal takes for wider than this program does ends at its edge.
  private static let opening = "\u{1B}[?2026h\u{1B}[?7l"
  private static let closing = "\u{1B}[?7h\u{1B}[?2026l"

  /// What changes the terminal from what it shows to these rows; nothing if they are shown already.
  ///
  /// No row is wider than the terminal.
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
      // Behind the last column the cursor stays on it, and erasing would take that character away.
      text += "\u{1B}[\(index + 1);1H\(rendered)\(row.width < columns ? "\u{1B}[K" : "")"
    }
    return text.isEmpty ? [] : Array((Self.opening + text + Self.closing).utf8)
  }

  /// Whatever the terminal shows is not what was painted: the next rows are painted all.
  mutating func forget() { size = (0, 0) }
}
