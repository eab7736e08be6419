import TactusModel
import TactusProtocol
import TactusUnitFile

/// Checks each text of a request against all types that the daemon may read from a text.
func checkTexts(in value: Any) throws(Violation) {
  if let text = value as? String { return try check(text) }
  for child in Mirror(reflecting: value).children { try checkTexts(in: child.value) }
}

private func check(_ text: String) throws(Violation) {
  for list in Cursor.List.allCases {
    guard let cursor = Cursor(text, of: list) else { continue }
    try hold(cursor.list == list, "\(list) read a cursor of \(cursor.list)")
    try hold(Cursor(cursor.description, of: list) == cursor, "\(cursor) differs when it is read again")
  }
  if let instant = Instant(rfc3339: text) {
    try hold(
      Instant(rfc3339: "\(instant)") == instant, "the instant \(text) is written as \(instant), which differs")
  }
  if let id = JobID(text) { try hold(JobID("\(id)") == id, "the id \(text) is written as \(id), which differs") }
  if let name = WorkflowName(text) { try hold(name.text == text, "the name \(text) was read as \(name)") }
  if let name = QueueName(text) { try hold(name.text == text, "the name \(text) was read as \(name)") }
  try checkSpan(text)
}

/// A span has the same value in all spellings.
func checkSpan(_ text: String) throws(Violation) {
  guard let span = SpanText.duration(text) else { return }
  try hold(span >= .zero, "the span \(text) is negative")
  let (seconds, attoseconds) = span.components
  let microseconds = attoseconds / 1_000_000_000_000
  for spelling in ["\(seconds)s \(microseconds)us", "\(seconds / 3600)h\(seconds % 3600)sec\(microseconds)µs"] {
    try hold(SpanText.duration(spelling) == span, "the span \(text) differs from its spelling \(spelling)")
  }
}
