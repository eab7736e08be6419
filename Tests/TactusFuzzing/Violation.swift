/// A property that does not hold: what was expected, in a sentence.
public struct Violation: Error, CustomStringConvertible {
  /// The sentence.
  public let description: String

  init(_ description: String) { self.description = description }
}

/// Throws the sentence unless the condition is true.
func hold(_ condition: Bool, _ sentence: @autoclosure () -> String) throws(Violation) {
  guard condition else { throw Violation(sentence()) }
}

/// What a throwing call gives; that it throws is a violation.
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
  /// The bytes as a violation shows them.
  var shown: String { String(decoding: Array(self), as: UTF8.self).debugDescription }
}
