/// A serial queue that owns the state of one worker.
///
/// A *work queue* is a thread of the daemon; a *queue* is a lane of jobs. In production it is a Dispatch queue, in the
/// simulation a deterministic run loop. Code must not depend on which one it is.
public protocol WorkQueue: SerialExecutor {
  /// The name for logs and traps: `tactus.scheduling`.
  var label: String { get }
  /// The level of the queue: a queue waits only for queues of lower levels.
  var level: QueueLevel { get }
  /// Runs the body after all bodies posted before it; returns at once.
  ///
  /// Any thread.
  func post(_ body: @escaping @Sendable () -> Void)
  /// Runs the body after all bodies posted before it; returns when it is done.
  ///
  /// Traps unless this queue's level is below that of the waiting queue: this check excludes deadlocks.
  func wait(_ body: () -> Void)
}

/// The levels of the work queues: a queue waits only for queues of lower levels.
public enum QueueLevel: Int, Comparable, Sendable {
  /// Runners, logs, journal: they wait for no queue.
  case leaf
  /// The ledger's write connection.
  case store
  /// The scheduling and the execution worker.
  case worker
  /// The control socket and the composition root.
  case control

  /// Orders from the leaves up.
  public static func < (left: QueueLevel, right: QueueLevel) -> Bool { left.rawValue < right.rawValue }
}

/// An actor that is confined to one work queue, and whose methods are all synchronous, so that it is never reentered.
///
/// The only ways to enter it are ``post(_:)`` and ``call(_:)``.
public protocol QueueConfined: Actor {
  /// The queue that owns the actor's state.
  nonisolated var queue: any WorkQueue { get }
}

extension QueueConfined {
  /// The executor of the work queue, so that the actor runs there.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    unsafe queue.asUnownedSerialExecutor()
  }

  /// Runs the body later on the actor's queue, in order; costs about 1 µs.
  ///
  /// Any thread.
  public nonisolated func post(_ body: @escaping @Sendable (isolated Self) -> Void) {
    queue.post { self.assumeIsolated { body($0) } }
  }

  /// Runs the body on the actor's queue and returns its value; traps unless the queue's level is below the caller's.
  public nonisolated func call<Value: Sendable>(_ body: @Sendable (isolated Self) -> Value) -> Value {
    var value: Value?
    queue.wait { value = self.assumeIsolated { body($0) } }
    guard let value else { fatalError("\(queue.label) returned without having run the body") }
    return value
  }
}
