import TactusModel
import TactusUnitFile

/// Instants as people name them on a command line; days are those of UTC, as everything is.
enum Moment {
  /// What is understood, for a message that refuses the rest.
  static let rule =
    "a span ago such as 1h or 2d, +1h, now, today, yesterday, tomorrow, a day such as 2026-12-01, "
    + "or RFC 3339 with an offset"

  /// Reads one; nil for what is none, or cannot be written as one.
  static func instant(_ text: String, now: Instant) -> Instant? {
    read(text, now: now).flatMap { Instant(rfc3339: $0.description) }
  }

  private static func read(_ text: String, now: Instant) -> Instant? {
    let day: Duration = .seconds(86_400)
    let midnight = now - .microseconds(now.microseconds % day.microseconds)
    switch text {
    case "now": return now
    case "today": return midnight
    case "yesterday": return midnight - day
    case "tomorrow": return midnight + day
    default: break
    }
    if text.hasPrefix("+") { return SpanText.duration(String(text.dropFirst())).map { now + $0 } }
    if let span = SpanText.duration(ago(text)) { return now - span }
    return Instant(rfc3339: text) ?? Instant(rfc3339: "\(text)T00:00:00Z")
  }

  /// `1h`, `-1h` and `1h ago` are the same.
  private static func ago(_ text: String) -> String {
    if text.hasPrefix("-") { return String(text.dropFirst()) }
    return text.hasSuffix(" ago") ? String(text.dropLast(4)) : text
  }
}
