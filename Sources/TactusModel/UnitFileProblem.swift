/// A refusal of a unit file: where, what is wrong, and what would be right.
public struct UnitFileProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file's name, as the operator would open it.
  public var file: String
  /// From 1; 0 when the file as a whole is meant.
  public var line: Int
  /// What is wrong and what would be right, one sentence without a full stop.
  public var message: String

  /// Puts a problem together.
  public init(file: String, line: Int, message: String) {
    self.file = file
    self.line = line
    self.message = message
  }

  /// `file:line: message`, or `file: message`.
  public var description: String { line > 0 ? "\(file):\(line): \(message)" : "\(file): \(message)" }
}
