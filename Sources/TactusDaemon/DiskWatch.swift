internal import Synchronization
internal import TactusModel
internal import TactusPorts

/// Notices when the disk below a part of the daemon does not answer: a part that enters the file system and does not come back.
///
/// Any queue may ask. It wakes up only while that part is at work, and once afterwards.
final class DiskWatch: Sendable {
  /// How long the disk may take before it counts as silent.
  static let patience: Duration = .seconds(3)

  private let queue: any WorkQueue
  private let time: any TimeSource
  private let alarm = Mutex<(any MonotonicAlarm)?>(nil)
  private let observers = Mutex<[@Sendable () -> Void]>([])
  /// How many calls of this part are in the file system.
  private let depth = Atomic<Int>(0)
  /// When the outermost of them began, in microseconds of CLOCK_MONOTONIC.
  private let enteredAt = Atomic<Int64>(0)
  /// When the last one returned.
  private let leftAt = Atomic<Int64>(0)
  private let isLooking = Atomic(false)
  private let isKnownSilent = Atomic(false)

  /// - Parameter queue: a leaf on which it looks, shared with other watches.
  init(on queue: any WorkQueue, time: any TimeSource, alarms: any AlarmSource) {
    self.queue = queue
    self.time = time
    queue.post {
      let alarm = alarms.monotonicAlarm(on: queue) { [weak self] in self?.look() }
      self.alarm.withLock { $0 = alarm }
    }
  }

  /// Has the body run, on any queue, when the disk falls silent, and when it answers again; it must be quick.
  func onChange(_ body: @escaping @Sendable () -> Void) { observers.withLock { $0.append(body) } }

  private func changed() { for body in observers.withLock({ $0 }) { body() } }

  /// The part enters the file system, or comes back.
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

  /// Whether the part is in the file system, or was a moment ago: then its disk may be slow, but the part goes on.
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
      // Once more, because the part may have entered the file system between the look and that.
      if depth.load(ordering: .sequentiallyConsistent) > 0, !isLooking.exchange(true, ordering: .sequentiallyConsistent)
      {
        arm(at: time.monotonic + Self.patience)
      }
      return
    }
    guard waiting >= Self.patience else { return arm(at: time.monotonic + (Self.patience - waiting)) }
    if !isKnownSilent.exchange(true, ordering: .acquiringAndReleasing) { changed() }
    arm(at: time.monotonic + Self.patience)
    // Once more, because the part may have come back meanwhile.
    if depth.load(ordering: .sequentiallyConsistent) == 0,
      isKnownSilent.exchange(false, ordering: .acquiringAndReleasing)
    {
      changed()
    }
  }
}
