internal import Dispatch
public import Foundation
internal import Synchronization

/// Something did not happen in time.
public struct TimedOut: Error, CustomStringConvertible {
  /// What it was, and how long was waited for it.
  public let description: String

  /// Makes one.
  public init(_ what: String, after limit: Duration) { description = "not within \(limit): \(what)" }
}

/// Long enough for a machine that builds and tests other things at the same time; never waited for when all is well.
///
/// The one limit of all waits; the laboratories below Tests/ have the same.
public let patience = Duration.seconds(180)

/// Runs what blocks on a thread of its own, because the few threads that all tests share must not wait.
///
/// After the limit it throws and leaves the thread behind; the end of the fixture lets that thread go on.
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

/// Looks every 20 ms until there is something to see; the one place of these tests that waits for a state.
public func eventually<Value>(
  _ what: String, within limit: Duration = patience, _ look: () async throws -> Value?
) async throws -> Value {
  let deadline = ContinuousClock.now + limit
  while true {
    if let value = try await look() { return value }
    guard ContinuousClock.now < deadline else { throw TimedOut(what, after: limit) }
    try await Task.sleep(for: .milliseconds(20))
  }
}

/// The first result resumes, the others are late.
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
  /// In seconds.
  public var timeInterval: TimeInterval { self / .seconds(1) }
}
