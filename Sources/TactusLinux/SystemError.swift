import Glibc

/// A system call that failed: the operation, its subject and the errno.
public struct SystemError: Error, Hashable, Sendable {
  /// The errno.
  public var code: Int32
  /// The operation, as a verb: `open`, `connect to`.
  public var operation: String
  /// The subject: a path or a name.
  public var subject: String

  /// Creates an error.
  public init(code: Int32, operation: String, subject: String) {
    self.code = code
    self.operation = operation
    self.subject = subject
  }

  /// The system's text for an errno: `Permission denied`.
  public static func words(for code: Int32) -> String {
    // strerror is thread-safe since glibc 2.32 (strerror(3), ATTRIBUTES).
    guard let text = strerror(code) else { return "error \(code)" }
    return String(cString: text)
  }
}

extension SystemError: CustomStringConvertible {
  /// The message for the operator: `cannot open /x: Permission denied`.
  public var description: String { "cannot \(operation) \(subject): \(Self.words(for: code))" }
}

/// Converts the result of a `tactus_…` call to a value if it is 0 or more, or to an error if it is a negative errno.
func check(_ answer: Int32, _ operation: String, _ subject: @autoclosure () -> String) throws(SystemError) -> Int32 {
  guard answer < 0 else { return answer }
  throw SystemError(code: -answer, operation: operation, subject: subject())
}
