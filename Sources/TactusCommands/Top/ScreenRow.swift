/// A row of a screen: pieces of text with styles.
struct ScreenRow: Hashable {
  private struct Piece: Hashable {
    let text: String
    let style: Style
  }

  private var pieces: [Piece] = []
  /// The width in cells.
  private(set) var width = 0

  init() {}

  init(_ text: String, _ style: Style = .plain) { append(text, style) }

  /// Adds text, with control characters shown as escapes.
  mutating func append(_ text: String, _ style: Style = .plain) {
    let visible = text.visible
    guard !visible.isEmpty else { return }
    pieces.append(Piece(text: visible, style: style))
    width += visible.columns
  }

  mutating func append(_ row: ScreenRow) {
    pieces += row.pieces
    width += row.width
  }

  /// Pads with blanks.
  mutating func pad(to width: Int) {
    if width > self.width { append(String(repeating: " ", count: width - self.width)) }
  }

  /// Clips the row to a number of cells, with an ellipsis in the last one.
  func clipped(to limit: Int) -> ScreenRow {
    guard width > limit else { return self }
    var row = ScreenRow()
    for piece in pieces {
      let room = limit - row.width
      guard room > 0 else { break }
      let wanted = piece.text.columns
      if wanted < room || (wanted == room && row.width + wanted == width) {
        row.append(piece.text, piece.style)
      } else {
        // One character more than fits, so that a piece that ends at the edge also gets the ellipsis.
        row.append((piece.text + "…").shortened(to: room), piece.style)
        break
      }
    }
    return row
  }

  /// The text without styles.
  var text: String { pieces.map(\.text).joined() }

  /// Renders the row for a terminal.
  func rendered(hasColours: Bool) -> String {
    pieces.map { piece in
      hasColours && piece.style != .plain ? "\u{1B}[\(piece.style.rawValue)m\(piece.text)\u{1B}[0m" : piece.text
    }.joined()
  }
}
