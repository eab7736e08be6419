/// A verb of `tactusctl`: the parser, the help, the completions and the test of the manual page use this.
protocol Verb: SendableMetatype {
  static var name: String { get }
  /// The operands after the name.
  static var operands: [Operand] { get }
  /// A sentence on one line, without a full stop.
  static var summary: String { get }
  /// The options in addition to the common ones.
  static var options: [CommandOption] { get }
  /// Whether its output may be longer than a screen, and ends by itself.
  static var isPaged: Bool { get }
  static func run(_ invocation: Invocation) throws
}

extension Verb {
  static var operands: [Operand] { [] }
  static var options: [CommandOption] { [] }
  static var isPaged: Bool { false }

  /// All options of the verb.
  static var allOptions: [CommandOption] { options + CommandOption.common }

  static var synopsis: String { ([name] + operands.map(\.synopsis)).joined(separator: " ") }

  /// The sentences of the help below the lists, see ``Noun/explanation``.
  static var explanations: [String] {
    (operands.map(\.noun) + allOptions.compactMap(\.value)).compactMap(\.explanation)
  }

  /// The valid number of operands.
  static var operandCount: ClosedRange<Int> {
    let counts = operands.map(\.words)
    let most = counts.contains { $0.upperBound == .max } ? .max : counts.reduce(0) { $0 + $1.upperBound }
    return counts.reduce(0) { $0 + $1.lowerBound }...most
  }
}
