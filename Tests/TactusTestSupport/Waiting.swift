internal import Dispatch
public import Foundation
internal import Synchronization

/// An error: an expected event did not happen in time.
public struct TimedOut: Error, CustomStringConvertible {
  /// The time limit and the expected event.
  public let description: String

  /// Creates an error for an event and a limit.
  public init(_ what: String, after limit: Duration) { description = "not within \(limit): \(what)" }
}

/// The time limit of all waits, long enough for a machine that builds and runs other tests at the same time.
///
/// No successful test waits that long. The laboratories below Tests/ have the same limit.
public let patience = Duration.seconds(180)

/// Runs a blocking function on a separate thread, because the few threads that all tests share must not block.
///
/// After the limit it throws and leaves the thread behind. The thread continues when its fixture ends.
public func blocking<Value: Sendable>(
  _ what: String, within limit: Duration = patience, _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    let waiter = Waiter(continuation)
    Thread.detachNewThread { waiter.resume(Result(catching: body)) }
    DispatchQueue.global().asyncAfter(deadline: .now() + limit.timeInterval) {
      waiter.resume(.failure(TimedOut(what, after: limit)))
    }
  }
}

/// Calls a function every 20 ms until it returns a value.
///
/// All tests wait for a state with this function.
public func eventually<Value>(
  _ what: @autoclosure () -> String, within limit: Duration = patience, _ look: () async throws -> Value?
) async throws -> Value {
  let deadline = ContinuousClock.now + limit
  while true {
    if let value = try await look() { return value }
    guard ContinuousClock.now < deadline else { throw TimedOut(what(), after: limit) }
    try await Task.sleep(for: .milliseconds(20))
  }
}

/// A continuation that the first result resumes.
///
/// Later results are dropped.
private final class Waiter<Value: Sendable>: Sendable {
  private let continuation: Mutex<CheckedContinuation<Value, any Error>?>

  init(_ continuation: CheckedContinuation<Value, any Error>) { self.continuation = Mutex(continuation) }

  func resume(_ result: Result<Value, any Error>) {
    let waiting = continuation.withLock { waiting in
      defer { waiting = nil }
      return waiting
    }
    waiting?.resume(with: result)
  }
}

extension Duration {
  /// The duration in seconds.
  public var timeInterval: TimeInterval { self / .seconds(1) }
}
