/// The text of `--help`, generated from the table of verbs and options.
enum Help {
  /// The help of the whole command, without the last newline.
  static var text: String {
    let exits = ExitCode.allCases.map { "\($0.rawValue) \($0.meaning)" }.joined(separator: ", ")
    return """
      tactusctl VERB [OPERAND…] [OPTION…]

      Queries and controls the Tactus daemon.

      \(aligned(Tactusctl.verbs.map { ($0.synopsis, $0.summary) }))

      \(aligned(rows(of: CommandOption.common)))

      Exits with \(exits).
      See tactusctl(1), and tactusctl VERB --help for the options of a verb.
      """
  }

  /// The help of a verb, without the last newline.
  static func text(of verb: any Verb.Type) -> String {
    let explanations = verb.explanations.map { "\n\n" + "\($0).".wrapped(to: 80).joined(separator: "\n") }
    return """
      tactusctl \(verb.synopsis) [OPTION…]

      \(verb.summary).

      \(aligned(rows(of: verb.allOptions)))\(explanations.joined())
      """
  }

  /// Indents options without a letter, so that all long names are aligned.
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
