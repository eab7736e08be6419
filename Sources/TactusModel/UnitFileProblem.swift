/// A refusal of a unit file: the place, the mistake, and the correction.
public struct UnitFileProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// The path of the file, as the operator would open it.
  public var file: String
  /// The line, from 1; 0 for the file as a whole.
  public var line: Int
  /// The mistake, and the correction as a second sentence; the last sentence has no full stop.
  public var message: String

  /// Creates a problem.
  public init(file: String, line: Int, message: String) {
    self.file = file
    self.line = line
    self.message = message
  }

  /// `file:line: message`, or `file: message`.
  public var description: String { line > 0 ? "\(file):\(line): \(message)" : "\(file): \(message)" }
}
