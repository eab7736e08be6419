import Glibc

/// A call of the system that failed: what was tried, on what, and the errno.
public struct SystemError: Error, Hashable, Sendable {
  /// The errno.
  public var code: Int32
  /// What was tried, as a verb: `open`, `connect to`.
  public var operation: String
  /// On what: a path, a name.
  public var subject: String

  /// Puts an error together.
  public init(code: Int32, operation: String, subject: String) {
    self.code = code
    self.operation = operation
    self.subject = subject
  }

  /// The system's words for an errno: `Permission denied`.
  public static func words(for code: Int32) -> String {
    // strerror is thread-safe since glibc 2.32 (strerror(3), ATTRIBUTES).
    guard let text = strerror(code) else { return "error \(code)" }
    return String(cString: text)
  }
}

extension SystemError: CustomStringConvertible {
  /// A sentence for the operator: `cannot open /x: Permission denied`.
  public var description: String { "cannot \(operation) \(subject): \(Self.words(for: code))" }
}

/// Turns the answer of a `tactus_…` call, 0 or more or a negative errno, into a value or an error.
func check(_ answer: Int32, _ operation: String, _ subject: @autoclosure () -> String) throws(SystemError) -> Int32 {
  guard answer < 0 else { return answer }
  throw SystemError(code: -answer, operation: operation, subject: subject())
}
