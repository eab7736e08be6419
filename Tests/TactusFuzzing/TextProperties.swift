import TactusModel
import TactusProtocol
import TactusUnitFile

/// Holds each text of a request against everything that the daemon may read a text as.
func checkTexts(in value: Any) throws(Violation) {
  if let text = value as? String { return try check(text) }
  for child in Mirror(reflecting: value).children { try checkTexts(in: child.value) }
}

private func check(_ text: String) throws(Violation) {
  for list in Cursor.List.allCases {
    guard let cursor = Cursor(text, of: list) else { continue }
    try hold(cursor.list == list, "a cursor of \(cursor.list) was read by \(list)")
    try hold(Cursor(cursor.description, of: list) == cursor, "\(cursor) does not read back")
  }
  if let instant = Instant(rfc3339: text) {
    try hold(
      Instant(rfc3339: "\(instant)") == instant, "the instant \(text) is written as \(instant), which is another")
  }
  if let id = JobID(text) { try hold(JobID("\(id)") == id, "the id \(text) is written as \(id), which is another") }
  if let name = WorkflowName(text) { try hold(name.text == text, "the name \(text) was read as \(name)") }
  if let name = QueueName(text) { try hold(name.text == text, "the name \(text) was read as \(name)") }
  try checkSpan(text)
}

/// A span is the same, however it is spelled.
func checkSpan(_ text: String) throws(Violation) {
  guard let span = SpanText.duration(text) else { return }
  try hold(span >= .zero, "the span \(text) is negative")
  let (seconds, attoseconds) = span.components
  let microseconds = attoseconds / 1_000_000_000_000
  for spelling in ["\(seconds)s \(microseconds)us", "\(seconds / 3600)h\(seconds % 3600)sec\(microseconds)µs"] {
    try hold(SpanText.duration(spelling) == span, "the span \(text) is another when spelled \(spelling)")
  }
}
