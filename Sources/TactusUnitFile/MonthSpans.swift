public import TactusModel

/// Spans with the unit `M`, which is a month, where minutes may have been meant.
public enum MonthSpans {
  /// A warning for each in the text of a file that was understood.
  public static func warnings(in text: [UInt8], file: String) -> [UnitFileProblem] {
    // The text is taken apart again only where there may be something to say.
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
            + "systemd.time(7); for minutes write \(number)min, for months \(number)month")
      }
    }
  }

  /// The keys of all files whose values are spans.
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

  /// The number in front of an `M` that is a unit; nil if there is none.
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
