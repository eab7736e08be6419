import TactusModel

/// Reads instants from the command line.
extension Invocation {
  /// Returns the instant of an option in the form of the protocol; nil without the option.
  func moment(_ option: CommandOption) throws(Complaint) -> String? {
    guard let text = values[option] else { return nil }
    if let instant = Moment.instant(text, now: console.now) { return instant.description }
    throw .usage("\(option.word)=\(text) is not valid. Use \(Moment.rule).")
  }

  /// Returns the start from `--at` or `--in`; nil without them.
  func start() throws(Complaint) -> Instant? {
    if has(.at) && has(.in) { throw .usage("--at and --in contradict each other. Use one of them.") }
    if let text = values[.at] { return try start(text, named: "--at=") }
    return try span(.in).map { console.now + $0 }
  }

  /// Parses the start that a person has written; the error suggests a valid one.
  func start(_ text: String, named name: String = "") throws(Complaint) -> Instant {
    if let instant = Instant(rfc3339: text) { return instant }
    let example = Moment.example(for: text, now: console.now)
    throw .usage(
      "\(name)\(text) is not RFC 3339 with an offset. Write \(name)\(Readable.text(example.instant)), "
        + "which is UTC, or --in=\(example.span).")
  }
}
