import Synchronization
import TactusLinux
import Testing

@testable import TactusCommands

@Suite("Text on a terminal")
struct VisibleTests {
  @Test("Control characters are shown escaped")
  func visible() {
    #expect("plain é 表".visible == "plain é 表")
    #expect("a\u{1B}[31m\n\tb\u{7F}".visible == "a^[[31m^J^Ib^?")
    #expect("\u{9B}31m \u{202E}x\u{2028}".visible == "\\u{9B}31m \\u{202E}x\\u{2028}")
    #expect("e\u{301} 👨‍👩‍👧".visible == "e\u{301} 👨‍👩‍👧")
  }

  @Test("JSON keeps its meaning with escaped control characters")
  func json() {
    let text = "{\"bytes\":\"a\u{9B}31m\u{202E}\u{7F}é表\"}"
    let escaped = "{\"bytes\":\"a\\u009B31m\\u202E\\u007Fé表\"}\n"
    #expect(String(decoding: JSONMode.short.rendered(Array(text.utf8)), as: UTF8.self) == escaped)
  }

  @Test("East Asian wide characters have two columns, and combining marks none")
  func columns() {
    #expect("abc".columns == 3)
    #expect("表計算".columns == 6)
    #expect("e\u{301}é".columns == 2)
    #expect("…".columns == 1)
    #expect("🙂".columns == 2)
    #expect("".columns == 0)
  }

  @Test("Text is shortened to a number of columns, between characters and with an ellipsis")
  func shortened() {
    #expect("abcdef".shortened(to: 6) == "abcdef")
    #expect("abcdef".shortened(to: 5) == "abcd…")
    #expect("表計算表".shortened(to: 8) == "表計算表")
    #expect("表計算表".shortened(to: 7) == "表計算…")
    #expect("表計算表".shortened(to: 6) == "表計…")
    #expect("e\u{301}e\u{301}e\u{301}".shortened(to: 2) == "e\u{301}…")
    #expect("abc".shortened(to: 1) == "…")
    #expect("abc".shortened(to: 0) == "")
  }

  @Test("Long values continue on the next line, below their beginning")
  func wrapped() {
    #expect("one two three".wrapped(to: 7) == ["one two", "three"])
    #expect("表計 算".wrapped(to: 6) == ["表計", "算"])
    #expect("longer-than-that x".wrapped(to: 4) == ["longer-than-that", "x"])
    #expect("".wrapped(to: 4) == [""])
    #expect("a  b".wrapped(to: 80) == ["a  b"])
    // A command is kept on one line, so that it can be copied.
    #expect(
      "it has not ended; wait again with tactusctl wait 89abcdef --timeout=1h, or tactusctl cancel nightly ends it"
        .wrapped(to: 40)
        == [
          "it has not ended; wait again with", "tactusctl wait 89abcdef --timeout=1h, or",
          "tactusctl cancel nightly ends it",
        ])
    var sheet = Sheet()
    sheet.add("Id", "7")
    sheet.add("Error", "the program ended with code 7")
    let collected = Collected()
    sheet.print(on: Console(columns: 20, hasColours: false, now: CannedDaemon.now) { collected.add($1) })
    #expect(collected.text == "   Id: 7\nError: the program\n       ended with\n       code 7\n")
  }

  @Test("A piece of a line may end within a character")
  func pieces() {
    var text = VisibleText()
    #expect(text.next([0x61, 0xE2, 0x82], isPartial: true) == "a")
    #expect(text.next([0xAC, 0x09, 0xC2], isPartial: true) == "€\t")
    #expect(text.next([0x9B, 0x78], isPartial: false) == "\\u{9B}x")
    #expect(text.next([0xFF, 0xE2], isPartial: false) == "\u{FFFD}\u{FFFD}")
  }

  // MARK: Tables

  private func lines(_ table: Table, columns: Int?) -> [String] {
    let collected = Collected()
    table.print(on: Console(columns: columns, hasColours: false, now: CannedDaemon.now) { collected.add($1) })
    return collected.text.split(separator: "\n").map(String.init)
  }

  private func table(_ names: [String], reason: String = "-") -> Table {
    var table = Table([
      Table.Column(title: "NAME", isFlexible: true), Table.Column(title: "N", isRight: true),
      Table.Column(title: "REASON", isFlexible: true),
    ])
    for name in names { table.add([Table.Cell(name), "7", Table.Cell(reason)]) }
    return table
  }

  @Test("Columns stay aligned with wide and control characters")
  func aligned() {
    #expect(
      lines(table(["表計算", "plain", "a\u{1B}b"]), columns: 40) == [
        "NAME    N  REASON", "表計算  7  -", "plain   7  -", "a^[b    7  -",
      ])
  }

  @Test("A table is never wider than the terminal, and uses its full width", arguments: [30, 40, 60, 80, 200])
  func width(columns: Int) {
    let name = String(repeating: "表", count: 50)
    let lines = lines(table([name, "short"], reason: String(repeating: "r", count: 30)), columns: columns)
    let widest = lines.map(\.columns).max() ?? 0
    // Wide characters may leave one column empty.
    let natural = 100 + 2 + 1 + 2 + 30
    #expect(widest <= columns && widest >= min(columns, natural) - 1)
    #expect(lines.allSatisfy { columns >= natural || !$0.hasPrefix("表") || $0.contains("…") })
  }
}

/// Collects printed bytes.
private final class Collected: Sendable {
  private let bytes = Mutex<[UInt8]>([])

  func add(_ more: [UInt8]) { bytes.withLock { $0 += more } }

  var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }
}
