public import TactusModel

/// All that is wrong with one file, in line order: never empty.
public struct UnitFileProblems: Error, Hashable, Sendable, CustomStringConvertible {
  /// At most ``Limits/unitFileProblems``; what lies beyond is counted in a last one.
  public let problems: [UnitFileProblem]

  /// Orders problems by line and keeps the first ones.
  init(_ problems: [UnitFileProblem]) {
    // Sorting in the standard library is stable: several problems of a line stay in the order they were found.
    let ordered = problems.sorted { $0.line < $1.line }
    let surplus = ordered.count - Limits.unitFileProblems
    guard surplus > 0, let first = ordered.first else {
      self.problems = ordered
      return
    }
    let rest = UnitFileProblem(file: first.file, line: 0, message: "has \(surplus) more problems")
    self.problems = ordered.prefix(Limits.unitFileProblems) + [rest]
  }

  /// One problem of a file as a whole.
  init(_ file: String, _ message: String) {
    problems = [UnitFileProblem(file: file, line: 0, message: message)]
  }

  /// One problem a line.
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// What is wrong with a value, as the end of the sentence that begins with `Key=value`.
struct Refusal: Error {
  let message: String

  init(_ message: String) { self.message = message }
}
