public import TactusModel

/// The two clocks.
///
/// Only this port reads them; the decisions get `now` as a parameter.
public protocol TimeSource: Sendable {
  /// `CLOCK_REALTIME`.
  var now: Instant { get }
  /// `CLOCK_MONOTONIC`.
  var monotonic: MonotonicInstant { get }
}

/// Makes alarms that fire on a worker's queue.
public protocol AlarmSource: Sendable {
  /// An alarm on the wall clock that also tells when the clock is set. The handler runs on the queue.
  func wallAlarm(on queue: any WorkQueue, handler: @escaping @Sendable (WallAlarmEvent) -> Void) -> any WallAlarm
  /// An alarm on the monotonic clock. The handler runs on the queue.
  func monotonicAlarm(on queue: any WorkQueue, handler: @escaping @Sendable () -> Void) -> any MonotonicAlarm
}

/// What a wall-clock alarm tells.
public enum WallAlarmEvent: Hashable, Sendable {
  /// The instant it was armed for has come.
  case fired
  /// The clock was set; whether the instant has come must be looked at anew.
  case clockSet
}

/// One alarm on the wall clock.
public protocol WallAlarm: Sendable {
  /// Fires once at the instant, or at once if it has passed; replaces what was armed; nil only listens for clock steps.
  /// Called on the queue that the alarm was made for.
  func arm(at instant: Instant?)
}

/// One alarm on the monotonic clock.
public protocol MonotonicAlarm: Sendable {
  /// Fires once at the instant, or at once if it has passed; replaces what was armed; nil disarms.
  /// Called on the queue that the alarm was made for.
  func arm(at instant: MonotonicInstant?)
}
