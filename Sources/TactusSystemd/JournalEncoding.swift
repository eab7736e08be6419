import TactusModel
import TactusPorts

extension JournalEntry {
  /// The entry in the form of the journal.
  func record(identifier: String) -> JournalRecord {
    var record = JournalRecord()
    record.add("PRIORITY=", "\(priority.rawValue)".utf8)
    record.add("SYSLOG_IDENTIFIER=", identifier.utf8)
    record.add("MESSAGE_ID=", kind.id.utf8)
    record.add("MESSAGE=", message.utf8)
    record.add("\(JournalField.message.rawValue)=\(kind.rawValue)".utf8)
    for field in fields { record.add("\(field.name.rawValue)=\(field.value)".utf8) }
    return record
  }

  /// The entry as one line of text: `2026-11-22T07:41:27Z warning: sentence`.
  /// - Parameter hasFields: whether the fields follow, as `(TACTUS_WORKFLOW=x)`.
  func line(at instant: Instant, hasFields: Bool = false) -> String {
    let seconds = instant.description.prefix { $0 != "." }
    let details = hasFields ? fields.map { "\($0.name.rawValue)=\($0.value)" }.joined(separator: " ") : ""
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
