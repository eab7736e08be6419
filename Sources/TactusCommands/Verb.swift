/// One thing that `tactusctl` does.
protocol Verb: SendableMetatype {
  static var name: String { get }
  /// As the help shows them: `NAME…`.
  static var operands: String { get }
  /// How many of them there may be.
  static var operandCount: ClosedRange<Int> { get }
  /// One line, without a full stop.
  static var summary: String { get }
  /// Besides the common ones.
  static var options: [CommandOption] { get }
  static func run(_ invocation: Invocation) throws
}

extension Verb {
  static var operands: String { "" }
  static var operandCount: ClosedRange<Int> { 0...0 }
  static var options: [CommandOption] { [] }

  static var synopsis: String { operands.isEmpty ? name : "\(name) \(operands)" }
}
