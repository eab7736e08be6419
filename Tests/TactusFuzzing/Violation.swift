/// An error: a property is violated.
public struct Violation: Error, CustomStringConvertible {
  /// The description of the violation.
  public let description: String

  init(_ description: String) { self.description = description }
}

/// Throws a violation unless the condition is true.
func hold(_ condition: Bool, _ sentence: @autoclosure () -> String) throws(Violation) {
  guard condition else { throw Violation(sentence()) }
}

/// Returns the result of a call, or throws a violation if the call throws.
func sound<Value, Failure: Error>(
  _ sentence: @autoclosure () -> String, _ call: () throws(Failure) -> Value
) throws(Violation) -> Value {
  do throws(Failure) {
    return try call()
  } catch {
    throw Violation("\(sentence()): \(error)")
  }
}

extension Sequence<UInt8> {
  /// The bytes in the form that violations show.
  var shown: String { String(decoding: Array(self), as: UTF8.self).debugDescription }
}
