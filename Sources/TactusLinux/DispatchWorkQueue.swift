public import Dispatch
public import TactusPorts

/// The work queue of production: a private serial Dispatch queue.
public final class DispatchWorkQueue: WorkQueue {
  /// The name in logs and traps, such as `tactus.scheduling`.
  public let label: String
  /// The level of the queue.
  ///
  /// Waiting goes down only.
  public let level: QueueLevel
  /// For Dispatch sources.
  ///
  /// All other work enters through ``post(_:)`` and ``wait(_:)``.
  public let dispatchQueue: DispatchQueue

  private static let current = DispatchSpecificKey<Place>()

  /// Creates a queue.
  ///
  /// - Parameter qos: `.background` for work that clients can request in any amount. Dispatch runs it on threads with a
  ///   nice value of 10, so that it yields to the work on jobs if processors are scarce.
  public init(label: String, level: QueueLevel, qos: DispatchQoS = .unspecified) {
    self.label = label
    self.level = level
    dispatchQueue = DispatchQueue(label: label, qos: qos)
    dispatchQueue.setSpecific(key: Self.current, value: Place(label: label, level: level))
  }

  /// Runs the body after everything posted before it.
  ///
  /// Returns at once.
  public func post(_ body: @escaping @Sendable () -> Void) {
    dispatchQueue.async(execute: body)
  }

  /// Runs the body after everything posted before it.
  ///
  /// Returns when it is done.
  ///
  /// A thread that is on no work queue may wait for any queue.
  public func wait(_ body: () -> Void) {
    if let place = DispatchQueue.getSpecific(key: Self.current), level >= place.level {
      fatalError("\(place.label) (\(place.level)) must not wait for \(label) (\(level)): waiting goes down only")
    }
    dispatchQueue.sync(execute: body)
  }

  /// Runs a job of the actors on this queue.
  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    dispatchQueue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }

  /// Traps unless the caller runs on this queue.
  public func checkIsolated() {
    dispatchPrecondition(condition: .onQueue(dispatchQueue))
  }

  private struct Place {
    let label: String
    let level: QueueLevel
  }
}
