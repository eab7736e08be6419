internal import Synchronization
internal import TactusModel
internal import TactusPorts

/// Detects that the disk of a part of the daemon does not answer, because a call into the file system does not return.
///
/// Any queue may ask. The watch wakes up only while the part is at work, and once afterwards.
final class DiskWatch: Sendable {
  /// The longest time that a call may take before the disk counts as silent.
  static let patience: Duration = .seconds(3)

  private let queue: any WorkQueue
  private let time: any TimeSource
  private let alarm = Mutex<(any MonotonicAlarm)?>(nil)
  private let observers = Mutex<[@Sendable () -> Void]>([])
  /// The number of calls of this part that are in the file system.
  private let depth = Atomic<Int>(0)
  /// When the outermost of them began, in microseconds of CLOCK_MONOTONIC.
  private let enteredAt = Atomic<Int64>(0)
  /// When the last one returned.
  private let leftAt = Atomic<Int64>(0)
  private let isLooking = Atomic(false)
  private let isKnownSilent = Atomic(false)

  /// - Parameter queue: the leaf queue of the checks, which other watches share.
  init(on queue: any WorkQueue, time: any TimeSource, alarms: any AlarmSource) {
    self.queue = queue
    self.time = time
    queue.post {
      let alarm = alarms.monotonicAlarm(on: queue) { [weak self] in self?.look() }
      self.alarm.withLock { $0 = alarm }
    }
  }

  /// Runs the body, which must be quick, on any queue when the disk falls silent and when it answers again.
  func onChange(_ body: @escaping @Sendable () -> Void) { observers.withLock { $0.append(body) } }

  private func changed() { for body in observers.withLock({ $0 }) { body() } }

  /// Notes that the part enters the file system, or leaves it.
  func note(isInside: Bool) {
    let now = time.monotonic
    guard isInside else {
      leftAt.store(now.microseconds, ordering: .relaxed)
      guard depth.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
      if isKnownSilent.exchange(false, ordering: .acquiringAndReleasing) { changed() }
      return
    }
    guard depth.add(1, ordering: .acquiringAndReleasing).newValue == 1 else { return }
    enteredAt.store(now.microseconds, ordering: .releasing)
    if !isLooking.exchange(true, ordering: .acquiringAndReleasing) { arm(at: now + Self.patience) }
  }

  /// How long the disk has been silent; nil if it answers.
  var silence: Duration? { waiting.flatMap { $0 >= Self.patience ? $0 : nil } }

  /// Whether the part is in the file system, or was within the last second: its disk may be slow, but the part works.
  var isAtWork: Bool { waiting != nil || time.monotonic.microseconds - leftAt.load(ordering: .relaxed) < 1_000_000 }

  private var waiting: Duration? {
    guard depth.load(ordering: .acquiring) > 0 else { return nil }
    return time.monotonic - MonotonicInstant(microseconds: enteredAt.load(ordering: .acquiring))
  }

  private func arm(at instant: MonotonicInstant) {
    queue.post { [weak self] in self?.alarm.withLock { $0 }?.arm(at: instant) }
  }

  private func look() {
    guard let waiting else {
      isLooking.store(false, ordering: .sequentiallyConsistent)
      // Checked again, because the part may have entered the file system in the meantime.
      if depth.load(ordering: .sequentiallyConsistent) > 0, !isLooking.exchange(true, ordering: .sequentiallyConsistent)
      {
        arm(at: time.monotonic + Self.patience)
      }
      return
    }
    guard waiting >= Self.patience else { return arm(at: time.monotonic + (Self.patience - waiting)) }
    if !isKnownSilent.exchange(true, ordering: .acquiringAndReleasing) { changed() }
    arm(at: time.monotonic + Self.patience)
    // Checked again, because the part may have left the file system in the meantime.
    if depth.load(ordering: .sequentiallyConsistent) == 0,
      isKnownSilent.exchange(false, ordering: .acquiringAndReleasing)
    {
      changed()
    }
  }
}
