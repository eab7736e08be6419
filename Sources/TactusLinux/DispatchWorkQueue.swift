public import Dispatch
public import TactusPorts

/// The work queue of production: a private serial Dispatch queue.
public final class DispatchWorkQueue: WorkQueue {
  /// For logs and traps: `tactus.scheduling`.
  public let label: String
  /// Where the queue stands; waiting goes down only.
  public let level: QueueLevel
  /// For Dispatch sources; everything else enters by ``post(_:)`` and ``wait(_:)``.
  public let dispatchQueue: DispatchQueue

  private static let current = DispatchSpecificKey<Place>()

  /// Makes a queue of its own.
  public init(label: String, level: QueueLevel) {
    self.label = label
    self.level = level
    dispatchQueue = DispatchQueue(label: label)
    dispatchQueue.setSpecific(key: Self.current, value: Place(label: label, level: level))
  }

  /// Runs the body after everything posted before it, and returns at once.
  public func post(_ body: @escaping @Sendable () -> Void) {
    dispatchQueue.async(execute: body)
  }

  /// Runs the body after everything posted before it, and returns when it is done.
  ///
  /// A thread that is on no work queue may wait for any.
  public func wait(_ body: () -> Void) {
    if let place = DispatchQueue.getSpecific(key: Self.current), level >= place.level {
      fatalError("\(place.label) (\(place.level)) must not wait for \(label) (\(level)): waiting goes down only")
    }
    dispatchQueue.sync(execute: body)
  }

  /// Runs a job of the actors that live here.
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
