/// A serial queue that owns the state of one worker. (A *work queue* is a thread of the daemon; a *queue* is a lane of jobs.)
///
/// Production puts a Dispatch queue behind it, the simulation a deterministic run loop: nothing above may know which.
public protocol WorkQueue: SerialExecutor {
  /// For logs and traps: `tactus.scheduling`.
  var label: String { get }
  /// Where the queue stands; waiting goes down only.
  var level: QueueLevel { get }
  /// Runs the body after everything posted before it, and returns at once. Any thread.
  func post(_ body: @escaping @Sendable () -> Void)
  /// Runs the body after everything posted before it, and returns when it is done.
  ///
  /// Traps unless this queue's level is below that of the queue that waits: this is the proof against deadlock.
  func wait(_ body: () -> Void)
}

/// The floors of the work queues: a queue waits only for queues below it.
public enum QueueLevel: Int, Comparable, Sendable {
  /// Runners, logs, journal: wait for nobody.
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

/// An actor whose state belongs to one work queue, and whose methods are all synchronous, so that nothing re-enters.
///
/// There are two ways in and only two: ``post(_:)`` and ``call(_:)``.
public protocol QueueConfined: Actor {
  /// The queue that owns the actor's state.
  nonisolated var queue: any WorkQueue { get }
}

extension QueueConfined {
  /// The actor runs where its queue runs.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    unsafe queue.asUnownedSerialExecutor()
  }

  /// Runs the body on the actor's queue, in order, later; about 1 µs.
  public nonisolated func post(_ body: @escaping @Sendable (isolated Self) -> Void) {
    queue.post { self.assumeIsolated { body($0) } }
  }

  /// Runs the body on the actor's queue and returns its value; traps unless the queue is below the caller's.
  public nonisolated func call<Value: Sendable>(_ body: @Sendable (isolated Self) -> Value) -> Value {
    var value: Value?
    queue.wait { value = self.assumeIsolated { body($0) } }
    guard let value else { fatalError("\(queue.label) returned without having run the body") }
    return value
  }
}
