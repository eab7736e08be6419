import CLinux
import Glibc
import TactusModel
public import TactusPorts

/// Alarms on timerfd(2), without wake-ups before the instant.
///
/// Steps of the wall clock are reported.
public struct LinuxAlarms: AlarmSource {
  private let time: SystemTime

  /// Creates alarms on the clocks of a time source, including its offset.
  public init(time: SystemTime = SystemTime()) { self.time = time }

  /// An alarm on the wall clock, which also reports steps of the clock.
  ///
  /// The queue is a ``DispatchWorkQueue``.
  public func wallAlarm(
    on queue: any WorkQueue, handler: @escaping @Sendable (WallAlarmEvent) -> Void
  ) -> any WallAlarm {
    WallTimer(on: Self.dispatch(queue), time: time, handler: handler)
  }

  /// An alarm on the monotonic clock.
  ///
  /// The queue is a ``DispatchWorkQueue``.
  public func monotonicAlarm(on queue: any WorkQueue, handler: @escaping @Sendable () -> Void) -> any MonotonicAlarm {
    MonotonicTimer(on: Self.dispatch(queue), handler: handler)
  }

  private static func dispatch(_ queue: any WorkQueue) -> DispatchWorkQueue {
    guard let queue = queue as? DispatchWorkQueue else {
      fatalError("\(queue.label) is not a Dispatch queue, which the alarms of Linux need")
    }
    return queue
  }
}

/// A timerfd on CLOCK_REALTIME with TFD_TIMER_CANCEL_ON_SET.
private actor WallTimer: QueueConfined, WallAlarm {
  nonisolated let queue: any WorkQueue
  private let watch: ReadinessWatch
  private let time: SystemTime
  private let handler: @Sendable (WallAlarmEvent) -> Void

  init(on queue: DispatchWorkQueue, time: SystemTime, handler: @escaping @Sendable (WallAlarmEvent) -> Void) {
    self.queue = queue
    self.time = time
    self.handler = handler
    let timer = made(tactus_timer_create_wall())
    watch = ReadinessWatch(owning: timer, on: queue) {
      switch ring(timer) {
      case .fired: handler(.fired)
      case .canceled: handler(.clockSet)
      case .silent: break
      }
    }
    _ = settime(timer, Self.farAway, cancelOnSet: true)
    time.observe { queue.post { handler(.clockSet) } }
  }

  /// The year 2223.
  private static let farAway: Int64 = 8_000_000_000_000_000

  nonisolated func arm(at instant: Instant?) {
    assumeIsolated { $0.set(instant) }
  }

  private func set(_ instant: Instant?) {
    // For nil, the timer is set to the far future, because only an armed timer reports clock steps.
    let microseconds = instant.map { min(($0 - time.offset).microseconds, Self.farAway) } ?? Self.farAway
    guard settime(watch.descriptor, microseconds, cancelOnSet: true) == .canceled else { return }
    // The timer is armed, but this call consumed a step of the clock that no read will report.
    queue.post { [handler] in handler(.clockSet) }
  }
}

/// A timerfd on CLOCK_MONOTONIC.
private actor MonotonicTimer: QueueConfined, MonotonicAlarm {
  nonisolated let queue: any WorkQueue
  private let watch: ReadinessWatch

  init(on queue: DispatchWorkQueue, handler: @escaping @Sendable () -> Void) {
    self.queue = queue
    let timer = made(tactus_timer_create_monotonic())
    watch = ReadinessWatch(owning: timer, on: queue) {
      if ring(timer) == .fired { handler() }
    }
  }

  nonisolated func arm(at instant: MonotonicInstant?) {
    assumeIsolated { $0.set(instant) }
  }

  private func set(_ instant: MonotonicInstant?) {
    guard let instant else { return disarm(watch.descriptor) }
    _ = settime(watch.descriptor, instant.microseconds, cancelOnSet: false)
  }
}

private enum Ring {
  case fired, canceled, silent
}

/// Reads a timerfd.
///
/// Returns silent if it was armed again between its expiry and the read.
private func ring(_ timer: Int32) -> Ring {
  var expirations: UInt64 = 0
  let size = read(timer, &expirations, MemoryLayout<UInt64>.size)
  let code = errno
  if size > 0 { return .fired }
  return code == ECANCELED ? .canceled : .silent
}

/// Arms a timer.
///
/// Returns canceled if it consumed an unreported step of the clock, otherwise silent.
private func settime(_ timer: Int32, _ microseconds: Int64, cancelOnSet: Bool) -> Ring {
  // At least 1 µs, because zero disarms the timer and the kernel refuses negative values.
  let (seconds, rest) = max(microseconds, 1).quotientAndRemainder(dividingBy: 1_000_000)
  let answer = tactus_timer_arm(timer, seconds, Int(rest) * 1000, cancelOnSet ? 1 : 0)
  if answer == -ECANCELED { return .canceled }
  guard answer == 0 else { fatalError("a timer cannot be armed: \(SystemError.words(for: -answer))") }
  return .silent
}

private func disarm(_ timer: Int32) {
  guard tactus_timer_arm(timer, 0, 0, 0) == 0 else { fatalError("a timer cannot be disarmed") }
}

private func made(_ timer: Int32) -> Int32 {
  guard timer >= 0 else { fatalError("a timer cannot be created: \(SystemError.words(for: -timer))") }
  return timer
}
