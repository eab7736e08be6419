/// One thing that `tactusctl` does: the parser, the help, the completions and the test of the manual page read this.
protocol Verb: SendableMetatype {
  static var name: String { get }
  /// What stands after the name.
  static var operands: [Operand] { get }
  /// One line, without a full stop.
  static var summary: String { get }
  /// Besides the common ones.
  static var options: [CommandOption] { get }
  /// Whether it prints what may be longer than a screen, and ends by itself.
  static var isPaged: Bool { get }
  static func run(_ invocation: Invocation) throws
}

extension Verb {
  static var operands: [Operand] { [] }
  static var options: [CommandOption] { [] }
  static var isPaged: Bool { false }

  /// All that it takes.
  static var allOptions: [CommandOption] { options + CommandOption.common }

  static var synopsis: String { ([name] + operands.map(\.synopsis)).joined(separator: " ") }

  /// What the help says below the lists, see ``Noun/explanation``.
  static var explanations: [String] {
    (operands.map(\.noun) + allOptions.compactMap(\.value)).compactMap(\.explanation)
  }

  /// How many operands there may be.
  static var operandCount: ClosedRange<Int> {
    let counts = operands.map(\.words)
    let most = counts.contains { $0.upperBound == .max } ? .max : counts.reduce(0) { $0 + $1.upperBound }
    return counts.reduce(0) { $0 + $1.lowerBound }...most
  }
}
