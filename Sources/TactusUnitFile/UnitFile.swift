import TactusMessages
public import TactusModel

/// The parsed text of a unit file: sections and assignments with their lines, not yet interpreted.
///
/// Source: systemd.syntax(7). Stricter in one point: lines that systemd skips with a warning are refused.
public struct UnitFile: Hashable, Sendable {
  /// In file order.
  ///
  /// A section whose header appears twice is here twice.
  public var sections: [Section] = []

  /// A header and its assignments.
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
    /// Without white space around it, continuation lines joined.
    ///
    /// Empty resets the key to its default.
    public var value: String
    /// The line on which it begins, from 1.
    public var line: Int
  }

  /// Parses text, and returns every problem with the syntax.
  ///
  /// Lines without a problem are usable.
  public static func read(_ bytes: [UInt8], file: String) -> (unit: UnitFile, problems: [UnitFileProblem]) {
    guard bytes.count <= Limits.unitFileBytes else {
      let message = "has more than \(Limits.unitFileBytes) bytes, which is the limit. Shorten it"
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

/// Joins physical lines into logical ones, and parses those into sections and assignments.
private struct LineScanner {
  let file: String
  var unit = UnitFile()
  var problems: [UnitFileProblem] = []
  /// A logical line that continues, and the line on which it began.
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
    // Cleared first: a second reference would make every appended line copy all bytes.
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
    // Checked before "=" is searched for, because the command in a line of a crontab may hold a "=".
    if "*@".utf8.contains(first) || first.isDigit, let hint = ForeignLines.hint(ofLine: line.text) {
      return complain(number, hint)
    }
    guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else {
      return complain(number, "has no \"=\". Write Key=Value, or begin a comment with #\(Self.oddity(of: line))")
    }
    let key = line[..<equals].trimmed.text
    guard !key.isEmpty else { return complain(number, "has no key before \"=\". Write Key=Value") }
    switch place {
    case .beforeFirstSection:
      let hint = ForeignWords.crontab[key].map { ". \($0.hint)" } ?? ""
      complain(
        number, "\(ShownName(key).asKey) is before the first section. Begin with a header such as [Workflow]\(hint)")
    case .underBrokenHeader:
      // The broken header was refused already, and the section that it meant is unknown.
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
      // Anything may follow the bracket on the same line, also a secret.
      let start = line.dropFirst().prefix { $0.isLetter }.text
      let shown =
        line.elementsEqual("[\(start)".utf8) || line.elementsEqual("[\(start)]".utf8) ? line.text : "[\(start)…"
      return complain(
        number, "\(shown) is not a section header. Write [Name] and nothing else\(Self.oddity(of: line))")
    }
    place = .inSection
    unit.sections.append(.init(name: name.text, line: number))
  }

  private mutating func complain(_ line: Int, _ message: String) {
    problems.append(UnitFileProblem(file: file, line: line, message: message))
  }

  /// A note on an odd character in the line, for the end of a message; empty without such a character.
  private static func oddity(of line: ArraySlice<UInt8>) -> String {
    OddCharacter.first(in: line.text).map { " (it has \($0.sentence))" } ?? ""
  }

  /// The reason why the bytes of a line are refused as text; nil for valid text.
  private static func objection(to line: ArraySlice<UInt8>) -> String? {
    if line.contains(0) { return "contains a NUL byte. Save the file as plain UTF-8 text" }
    guard let text = String(validating: line, as: UTF8.self) else {
      return "is not UTF-8. Save the file as plain UTF-8 text"
    }
    let control = text.unicodeScalars.first { $0.properties.generalCategory == .control && $0 != "\t" }
    return control.map { "contains the control character U+\($0.hexadecimal). Remove it" }
  }
}
