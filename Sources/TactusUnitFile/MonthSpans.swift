public import TactusModel

/// Finds spans with the unit `M`, which means months, where the author may have meant minutes.
public enum MonthSpans {
  /// Returns a warning for each such span in the text of a valid file.
  public static func warnings(in text: [UInt8], file: String) -> [UnitFileProblem] {
    // Parses the text again only if it may hold such a span.
    guard mayHoldMonths(text) else { return [] }
    var inForce: [String: UnitFile.Assignment] = [:]
    for section in UnitFile.read(text, file: file).unit.sections {
      for assignment in section.assignments where keys.contains(assignment.key) {
        inForce["\(section.name) \(assignment.key)"] = assignment.value.isEmpty ? nil : assignment
      }
    }
    return inForce.values.sorted { $0.line < $1.line }.compactMap { assignment in
      months(in: assignment.value).map { number in
        let unit = number == "1" ? "month" : "months"
        return UnitFileProblem(
          file: file, line: assignment.line,
          message: "\(assignment.key)=\(assignment.value.abbreviated): \(number)M is \(number) \(unit), as in "
            + "systemd.time(7). Write \(number)min for minutes, or \(number)month for months")
      }
    }
  }

  /// The keys whose values are spans, in all kinds of files.
  private static let keys: Set = [
    "Interval", "StartWithin", "Timeout", "PullTimeout", "StopTimeout", "DispatchTimeout", "EventsKeep",
  ]

  private static func mayHoldMonths(_ text: [UInt8]) -> Bool {
    var last = UInt8.space
    for byte in text {
      if byte == UInt8(ascii: "M") && (last.isDigit || last == .space) { return true }
      last = byte
    }
    return false
  }

  /// Returns the number before the unit `M`; nil without such a unit.
  private static func months(in value: String) -> String? {
    var rest = Array(value.utf8)[...].trimmed
    while !rest.isEmpty {
      let number = rest.prefix { $0.isDigit || $0 == UInt8(ascii: ".") }
      rest = rest.dropFirst(number.count).trimmed
      let unit = rest.prefix { !$0.isDigit && !$0.isWhiteSpace && $0 != UInt8(ascii: ".") }
      if unit.text == "M" { return number.text }
      if number.isEmpty && unit.isEmpty { return nil }
      rest = rest.dropFirst(unit.count).trimmed
    }
    return nil
  }
}
