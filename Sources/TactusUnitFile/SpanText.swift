/// Spans of time as people write them, for command lines: the same spellings as in unit files.
public enum SpanText {
  /// Reads `1h 30min`, `1.5s`, `90` (seconds); nil for anything else, `infinity` included.
  ///
  /// Source: systemd.time(7), "Parsing Time Spans".
  public static func duration(_ text: String) -> Duration? {
    // The refusal is written for a line of a file; a command line has words of its own.
    guard let span = try? Span(text) else { return nil }
    return span.duration
  }
}
