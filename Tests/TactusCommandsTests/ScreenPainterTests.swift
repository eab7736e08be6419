import TactusSimulation
import TactusTestSupport
import Testing

@testable import TactusCommands

@Suite("Output to the terminal")
struct ScreenPainterTests {
  @Test("The painter sends only changed rows, and no bytes without changes")
  func onlyChanges() {
    var painter = ScreenPainter()
    let first = painter.bytes(for: [ScreenRow("one"), ScreenRow("two")], columns: 5, hasColours: false)
    #expect(
      String(decoding: first, as: UTF8.self)
        == "\u{1B}[?2026h\u{1B}[?7l\u{1B}[0m\u{1B}[2J\u{1B}[1;1Hone\u{1B}[K\u{1B}[2;1Htwo\u{1B}[K\u{1B}[?7h\u{1B}[?2026l"
    )
    #expect(painter.bytes(for: [ScreenRow("one"), ScreenRow("two")], columns: 5, hasColours: false) == [])
    let second = painter.bytes(for: [ScreenRow("one"), ScreenRow("three")], columns: 5, hasColours: false)
    #expect(String(decoding: second, as: UTF8.self) == "\u{1B}[?2026h\u{1B}[?7l\u{1B}[2;1Hthree\u{1B}[?7h\u{1B}[?2026l")
    painter.forget()
    #expect(painter.bytes(for: [ScreenRow("one"), ScreenRow("three")], columns: 5, hasColours: false).count > 20)
  }

  @Test("The painter sends colours only if they are enabled")
  func colours() {
    var row = ScreenRow("plain ")
    row.append("bad", .bad)
    #expect(row.rendered(hasColours: true) == "plain \u{1B}[1;31mbad\u{1B}[0m")
    #expect(row.rendered(hasColours: false) == "plain bad")
  }

  @Test("After any sequence of screens and sizes, a terminal shows the last one", arguments: 0..<20 as Range<UInt64>)
  func sequences(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var painter = ScreenPainter()
    var terminal = PaintedTerminal(columns: 10, rows: 4)
    for _ in 0..<200 {
      if Int.random(in: 0..<10, using: &random) == 0 {
        terminal = PaintedTerminal(
          columns: Int.random(in: 1...12, using: &random), rows: Int.random(in: 1...6, using: &random))
        painter.forget()
      }
      let rows = (0..<terminal.rows).map { _ in
        ScreenRow(
          String(
            (0..<Int.random(in: 0...terminal.columns, using: &random)).map { _ in
              "abc ".randomElement(using: &random) ?? "d"
            }),
          Bool.random(using: &random) ? .bad : .plain)
      }
      terminal.take(painter.bytes(for: rows, columns: terminal.columns, hasColours: true))
      #expect(terminal.text == rows.map { $0.text }, "seed \(seed)")
    }
  }

  @Test("A row escapes control characters and knows its width")
  func safety() {
    let row = ScreenRow("a\u{1B}[2J\n漢e\u{301}")
    #expect(row.text == "a^[[2J^J漢e\u{301}" && row.width == 11)
    // Half of a wide character cannot be shown.
    #expect(row.clipped(to: 10).text == "a^[[2J^J…" && row.clipped(to: 10).width == 9)
    #expect(row.clipped(to: 9).width == 9 && row.clipped(to: 8).text == "a^[[2J^…")
  }

  @Test("A row that is too long ends with an ellipsis at the edge, wherever its parts end")
  func clipping() {
    var row = ScreenRow("abc", .bad)
    row.append("def")
    #expect(row.clipped(to: 6) == row && row.clipped(to: 99) == row)
    #expect(row.clipped(to: 5).text == "abcd…")
    #expect(row.clipped(to: 4).text == "abc…")
    #expect(row.clipped(to: 3).text == "ab…")
    #expect(row.clipped(to: 1).text == "…")
    #expect(row.clipped(to: 0).text == "")
  }
}

/// A terminal with the features that ``ScreenPainter`` uses.
///
/// The cursor stays in the last column, as on a real terminal.
private struct PaintedTerminal {
  let columns: Int
  let rows: Int
  private var cells: [[Character]]
  private var cursor = (row: 0, column: 0)

  init(columns: Int, rows: Int) {
    (self.columns, self.rows) = (columns, rows)
    // The output of earlier programs.
    cells = Array(repeating: Array(repeating: "#", count: columns), count: rows)
  }

  /// The rows without trailing cells that are unwritten or cleared, which contain NULs.
  var text: [String] { cells.map { String($0.prefix { $0 != "\u{0}" }) } }

  mutating func take(_ bytes: [UInt8]) {
    var rest = Substring(String(decoding: bytes, as: UTF8.self))
    while let character = rest.popFirst() {
      guard character == "\u{1B}" else {
        cells[cursor.row][min(cursor.column, columns - 1)] = character
        cursor.column += 1
        continue
      }
      let sequence = rest.prefix { !$0.isLetter }
      rest = rest.dropFirst(sequence.count)
      let numbers = sequence.dropFirst().split(separator: ";").compactMap { Int($0) }
      switch rest.popFirst() {
      case "H": cursor = (numbers[0] - 1, numbers[1] - 1)
      case "J": cells = Array(repeating: Array(repeating: "\u{0}", count: columns), count: rows)
      case "K": for column in min(cursor.column, columns - 1)..<columns { cells[cursor.row][column] = "\u{0}" }
      case "h", "l", "m": break
      case let other: fatalError("\(other.map(String.init) ?? "nothing") is not known here")
      }
    }
  }
}
