public import TactusModel

/// The problems of one file, in line order; never empty.
public struct UnitFileProblems: Error, Hashable, Sendable, CustomStringConvertible {
  /// At most ``Limits/unitFileProblems``, and a last one with the count of the others.
  public let problems: [UnitFileProblem]

  /// Orders problems by line and keeps the first ones.
  init(_ problems: [UnitFileProblem]) {
    // The sort of the standard library is stable: problems of one line keep the order in which they were found.
    let ordered = problems.sorted { $0.line < $1.line }
    let surplus = ordered.count - Limits.unitFileProblems
    guard surplus > 0, let first = ordered.first else {
      self.problems = ordered
      return
    }
    let rest = UnitFileProblem(file: first.file, line: 0, message: "has \(surplus) more problems")
    self.problems = ordered.prefix(Limits.unitFileProblems) + [rest]
  }

  /// Reports one problem of a file as a whole.
  init(_ file: String, _ message: String) {
    problems = [UnitFileProblem(file: file, line: 0, message: message)]
  }

  /// One problem a line.
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// The problem of a value: the end of the sentence that begins with `Key=value`.
///
/// A way out follows as a second sentence, without its full stop.
struct ValueRefusal: Error {
  let message: String

  init(_ message: String) { self.message = message }
}
