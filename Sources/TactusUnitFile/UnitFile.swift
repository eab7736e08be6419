public import TactusModel

/// The text of a unit file taken apart: sections and assignments with their lines, not yet interpreted.
///
/// Source: systemd.syntax(7). Stricter in one thing: what systemd warns about and skips is refused.
public struct UnitFile: Hashable, Sendable {
  /// In file order; a section whose header stands twice is here twice.
  public var sections: [Section] = []

  /// What stands under one header.
  public struct Section: Hashable, Sendable {
    /// Without the brackets.
    public var name: String
    /// The header's line, from 1.
    public var line: Int
    /// In file order.
    public var assignments: [Assignment] = []
  }

  /// One `Key=Value`.
  public struct Assignment: Hashable, Sendable {
    /// Without white space around it; never empty.
    public var key: String
    /// Without white space around it, continuation lines joined; empty means "back to the default".
    public var value: String
    /// The line that it begins on, from 1.
    public var line: Int
  }

  /// Takes text apart, and tells every problem with the syntax; what is not in one of the problem lines is usable.
  public static func read(_ bytes: [UInt8], file: String) -> (unit: UnitFile, problems: [UnitFileProblem]) {
    guard bytes.count <= Limits.unitFileBytes else {
      let message = "has \(bytes.count) bytes, the limit is \(Limits.unitFileBytes): split it or shorten it"
      return (UnitFile(), [UnitFileProblem(file: file, line: 0, message: message)])
    }
    var scanner = LineScanner(file: file)
    for (index, line) in bytes.withoutByteOrderMark.split(separator: .newline, omittingEmptySubsequences: false)
      .enumerated()
    {
      scanner.take(line.last == .carriageReturn ? line.dropLast() : line, number: index + 1)
    }
    scanner.finish()
    return (scanner.unit, scanner.problems)
  }
}

/// Turns physical lines into logical ones, and those into sections and assignments.
private struct LineScanner {
  let file: String
  var unit = UnitFile()
  var problems: [UnitFileProblem] = []
  /// A logical line that goes on, and the line that it began on.
  private var open: (bytes: [UInt8], line: Int)?
  private var place = Place.beforeFirstSection

  private enum Place { case beforeFirstSection, inSection, underBrokenHeader }

  init(file: String) { self.file = file }

  mutating func take(_ line: ArraySlice<UInt8>, number: Int) {
    if let message = Self.objection(to: line) { return complain(number, message) }
    // "Lines ending in a backslash are concatenated with the following non-comment line": a comment inside a
    // continuation is skipped, and does not end it.
    if let first = line.trimmed.first, first == UInt8(ascii: "#") || first == UInt8(ascii: ";") { return }
    var logical = open ?? (bytes: [], line: number)
    // Given up first, because bytes that are held twice would be copied for every line that joins them.
    open = nil
    logical.bytes += line
    guard logical.bytes.endsInBackslash else {
      return interpret(logical.bytes[...].trimmed, line: logical.line)
    }
    // "… and the backslash is replaced by a space character."
    logical.bytes[logical.bytes.count - 1] = .space
    open = logical
  }

  mutating func finish() {
    if let open { interpret(open.bytes[...].trimmed, line: open.line) }
    open = nil
  }

  private mutating func interpret(_ line: ArraySlice<UInt8>, line number: Int) {
    guard let first = line.first else { return }
    if first == UInt8(ascii: "[") { return header(line, line: number) }
    // Looked for first, because the command of a crontab's line may hold a "=".
    if "*@".utf8.contains(first) || first.isDigit, let hint = ForeignLines.hint(ofLine: line.text) {
      return complain(number, hint)
    }
    guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else {
      return complain(number, "has no \"=\": write Key=Value, or begin a comment with #\(Self.oddity(of: line))")
    }
    let key = line[..<equals].trimmed.text
    guard !key.isEmpty else { return complain(number, "has no key before \"=\": write Key=Value") }
    switch place {
    case .beforeFirstSection:
      let like = ForeignWords.crontab[key].map { "; as in a crontab, \($0.hint)" } ?? ""
      complain(
        number, "\(ShownName(key).asKey) stands before the first section: begin with a header such as [Workflow]\(like)"
      )
    case .underBrokenHeader:
      // Its header was refused already, and which section was meant is anybody's guess.
      break
    case .inSection:
      let value = line[(equals + 1)...].trimmed.text
      unit.sections[unit.sections.count - 1].assignments.append(.init(key: key, value: value, line: number))
    }
  }

  private mutating func header(_ line: ArraySlice<UInt8>, line number: Int) {
    let name = line.dropFirst().dropLast()
    guard line.count > 2, line.last == UInt8(ascii: "]"), !name.contains(where: { "[]".utf8.contains($0) }) else {
      place = .underBrokenHeader
      // Behind the bracket stands whatever the operator has put on the same line.
      let start = line.dropFirst().prefix { $0.isLetter }.text
      let shown =
        line.elementsEqual("[\(start)".utf8) || line.elementsEqual("[\(start)]".utf8) ? line.text : "[\(start)…"
      return complain(
        number, "\(shown) is not a section header: write [Name] and nothing else\(Self.oddity(of: line))")
    }
    place = .inSection
    unit.sections.append(.init(name: name.text, line: number))
  }

  private mutating func complain(_ line: Int, _ message: String) {
    problems.append(UnitFileProblem(file: file, line: line, message: message))
  }

  /// What else may be wrong with a line, because it cannot be seen.
  private static func oddity(of line: ArraySlice<UInt8>) -> String {
    OddCharacter.first(in: line.text).map { " (it has \($0.sentence))" } ?? ""
  }

  /// Why the bytes of a line cannot be text that an operator meant.
  private static func objection(to line: ArraySlice<UInt8>) -> String? {
    if line.contains(0) { return "contains a NUL byte: save the file as plain UTF-8 text" }
    guard let text = String(validating: line, as: UTF8.self) else {
      return "is not UTF-8: save the file as plain UTF-8 text"
    }
    let control = text.unicodeScalars.first { $0.properties.generalCategory == .control && $0 != "\t" }
    return control.map { "contains the control character U+\($0.hexadecimal): remove it" }
  }
}
