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
    if let instant = try instant(.at) { return instant }
    return try span(.in).map { console.now + $0 }
  }

  /// The second operand as an instant; nil if there is none.
  func secondInstant() throws(Complaint) -> Instant? {
    guard operands.count > 1 else { return nil }
    if let instant = Instant(rfc3339: operands[1]) { return instant }
    throw .usage("\(operands[1]) is not \(Instant.rule)")
  }
}
