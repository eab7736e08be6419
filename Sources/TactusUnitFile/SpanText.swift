/// Parses spans of time on command lines, in the same spellings as in unit files.
public enum SpanText {
  /// Parses `1h 30min`, `1.5s` or `90` (seconds); nil for anything else, including `infinity`.
  ///
  /// Source: systemd.time(7), "Parsing Time Spans".
  public static func duration(_ text: String) -> Duration? {
    // The message of the refusal fits a line of a file, not a command line.
    guard let span = try? Span(text) else { return nil }
    return span.duration
  }
}
