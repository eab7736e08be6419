internal import Synchronization
internal import TactusModel

/// Keeps the answer to one call.
final class Answered<Value: Sendable>: Sendable {
  private let kept = Mutex<Result<Value, Refusal>?>(nil)

  /// The answer; nil before it has arrived.
  var result: Result<Value, Refusal>? { kept.withLock { $0 } }

  func note(_ result: Result<Value, Refusal>) { kept.withLock { $0 = result } }
}
