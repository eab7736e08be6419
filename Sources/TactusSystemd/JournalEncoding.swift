import TactusModel
import TactusPorts

extension JournalEntry {
  /// The fields for the journal, `NAME=value`; values may contain any byte.
  ///
  /// Source: systemd.journal-fields(7).
  func journalFields(identifier: String) -> [[UInt8]] {
    let own = [
      "PRIORITY=\(priority.rawValue)", "SYSLOG_IDENTIFIER=\(identifier)", "MESSAGE_ID=\(kind.id)", "MESSAGE=\(message)",
      "\(JournalField.message.rawValue)=\(kind.rawValue)",
    ]
    return (own + fields.map { "\($0.name.rawValue)=\($0.value)" }).map { Array($0.utf8) }
  }

  /// The line for people: `2026-11-22T07:41:27Z warning: sentence (TACTUS_WORKFLOW=x)`.
  func line(at instant: Instant) -> String {
    let seconds = instant.description.prefix { $0 != "." }
    let details = fields.map { "\($0.name.rawValue)=\($0.value)" }.joined(separator: " ")
    let text = "\(seconds)Z \(priority): \(message)\(details.isEmpty ? "" : " (\(details))")"
    // An entry is one line, and no control character reaches a terminal.
    let isPlain = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
    return isPlain ? text : text.unicodeScalars.reduce(into: "") { $0 += $1.escapedIfControl }
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
