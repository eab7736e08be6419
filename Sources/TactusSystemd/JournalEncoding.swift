import TactusModel
import TactusPorts

extension JournalEntry {
  /// The fields for the journal, `NAME=value`; values may contain any byte.
  ///
  /// Source: systemd.journal-fields(7). The journal drops fields with other names without a word.
  func journalFields(identifier: String) -> [[UInt8]] {
    let own = [
      ("PRIORITY", "\(priority.rawValue)"), ("SYSLOG_IDENTIFIER", identifier), ("MESSAGE", message),
    ]
    return (own + fields).map { name, value in
      guard Self.isFieldName(name) else { fatalError("“\(name)” is no name for a field of the journal") }
      return Array("\(name)=\(value)".utf8)
    }
  }

  /// The line for people: `2026-11-22T07:41:27Z warning: sentence (TACTUS_WORKFLOW=x)`.
  func line(at instant: Instant) -> String {
    let seconds = instant.description.prefix { $0 != "." }
    let details = fields.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    let text = "\(seconds)Z \(priority): \(message)\(details.isEmpty ? "" : " (\(details))")"
    // An entry is one line, and no control character reaches a terminal.
    let isPlain = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
    return isPlain ? text : text.unicodeScalars.reduce(into: "") { $0 += $1.escapedIfControl }
  }

  private static func isFieldName(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count) && name.utf8.first != UInt8(ascii: "_")
      && name.utf8.first.map { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } == true
      && name.utf8.allSatisfy {
        $0 == UInt8(ascii: "_") || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
      }
  }
}

extension Unicode.Scalar {
  /// The scalar, or its code as `\n` or `\u{1b}`.
  fileprivate var escapedIfControl: String {
    switch self {
    case "\n": "\\n"
    case "\t": "\\t"
    case let scalar where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
      "\\u{\(String(scalar.value, radix: 16))}"
    case let scalar: String(scalar)
    }
  }
}
