import TactusModel

/// Instants on the command line.
extension Invocation {
  /// An instant as people name it, in the form that the daemon takes; nil without the option.
  func moment(_ option: CommandOption) throws(Complaint) -> String? {
    guard let text = values[option] else { return nil }
    if let instant = Moment.instant(text, now: console.now) { return instant.description }
    throw .usage("\(option.word)=\(text): write \(Moment.rule)")
  }

  /// When something is to start, by `--at` or `--in`, whichever the verb takes; nil without them.
  func start() throws(Complaint) -> Instant? {
    if has(.at) && has(.in) { throw .usage("--at and --in contradict each other; give one of them") }
    if let text = values[.at] { return try start(text, named: "--at=") }
    return try span(.in).map { console.now + $0 }
  }

  /// When something is to start, as a person has named it; what is refused is answered with what would be taken.
  func start(_ text: String, named name: String = "") throws(Complaint) -> Instant {
    if let instant = Instant(rfc3339: text) { return instant }
    let example = Moment.example(for: text, now: console.now)
    throw .usage(
      "\(name)\(text) is not RFC 3339 with an offset: write \(name)\(Readable.text(example.instant)), "
        + "which is UTC, or --in=\(example.span)")
  }
}
