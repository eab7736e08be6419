/// What `--help` says; all of it comes from the table of verbs and options.
enum Help {
  /// Of the whole command, without the last newline.
  static var text: String {
    let exits = ExitCode.allCases.map { "\($0.rawValue) \($0.meaning)" }.joined(separator: ", ")
    return """
      tactusctl VERB [OPERAND…] [OPTION…]

      Sees and steers a Tactus daemon.

      \(aligned(Tactusctl.verbs.map { ($0.synopsis, $0.summary) }))

      \(aligned(rows(of: CommandOption.common)))

      Exits with \(exits).
      See tactusctl(1), and tactusctl VERB --help for the options of a verb.
      """
  }

  /// Of a verb, without the last newline.
  static func text(of verb: any Verb.Type) -> String {
    let explanations = verb.explanations.map { "\n\n" + "\($0).".wrapped(to: 80).joined(separator: "\n") }
    return """
      tactusctl \(verb.synopsis) [OPTION…]

      \(verb.summary).

      \(aligned(rows(of: verb.allOptions)))\(explanations.joined())
      """
  }

  /// Options without a letter stand where those with one have their name.
  private static func rows(of options: [CommandOption]) -> [(String, String)] {
    options.map { ($0.letter == nil ? "    \($0.synopsis)" : $0.synopsis, $0.summary) }
  }

  private static func aligned(_ rows: [(name: String, summary: String)]) -> String {
    let width = rows.reduce(0) { max($0, $1.name.count) }
    return rows.map { row in
      "  \(row.name)\(String(repeating: " ", count: width - row.name.count))  \(row.summary)"
    }.joined(separator: "\n")
  }
}
