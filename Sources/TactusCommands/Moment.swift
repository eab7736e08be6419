import TactusModel
import TactusUnitFile

/// Parses instants as people name them on a command line; days are in UTC.
enum Moment {
  /// The valid forms, for messages.
  static let rule =
    "a span ago such as 1h or 2d, +1h, now, today, yesterday, tomorrow, a day such as 2026-12-01, "
    + "or RFC 3339 with an offset"

  /// Parses an instant; nil if the text is invalid, or the instant has no RFC 3339 form.
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

  /// Suggests a start for an invalid one: an instant in whole seconds, and a span.
  static func example(for text: String, now: Instant) -> (instant: Instant, span: String) {
    let text = text.lowercased()
    let bare = text.hasPrefix("+") ? String(text.dropFirst()) : text
    if let span = SpanText.duration(bare), span > .zero, span < .seconds(86_400 * 365) {
      return (wholeSecond(now + span), bare.contains(" ") ? "\"\(bare)\"" : bare)
    }
    let named =
      read(text, now: now) ?? timeOfDay(text, now: now) ?? Instant(rfc3339: "\(text)z")
      ?? Instant(rfc3339: "\(text):00z")
    // Only instants in the future are suggested.
    return (wholeSecond(named.flatMap { $0 > now ? $0 : nil } ?? now + .seconds(3600)), "1h")
  }

  /// Returns the next `03:00` or `03:00:30`.
  private static func timeOfDay(_ text: String, now: Instant) -> Instant? {
    let day = now.description.prefix(10)
    let today = Instant(rfc3339: "\(day)T\(text)Z") ?? Instant(rfc3339: "\(day)T\(text):00Z")
    return today.map { $0 > now ? $0 : $0 + .seconds(86_400) }
  }

  private static func wholeSecond(_ instant: Instant) -> Instant {
    instant - .microseconds(instant.microseconds % 1_000_000)
  }

  /// Removes the sign or the word from `-1h` and `1h ago`, which mean the same as `1h`.
  private static func ago(_ text: String) -> String {
    if text.hasPrefix("-") { return String(text.dropFirst()) }
    return text.hasSuffix(" ago") ? String(text.dropLast(4)) : text
  }
}
