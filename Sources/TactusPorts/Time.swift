public import TactusModel

/// The two clocks.
///
/// Any queue.
///
/// Only this port reads them; decisions get `now` as a parameter.
public protocol TimeSource: Sendable {
  /// The time of `CLOCK_REALTIME`.
  var now: Instant { get }
  /// The time of `CLOCK_MONOTONIC`.
  var monotonic: MonotonicInstant { get }
}

/// Creates alarms that fire on a worker's queue.
public protocol AlarmSource: Sendable {
  /// Creates an alarm on the wall clock that also reports clock steps.
  ///
  /// The handler runs on the queue.
  func wallAlarm(on queue: any WorkQueue, handler: @escaping @Sendable (WallAlarmEvent) -> Void) -> any WallAlarm
  /// Creates an alarm on the monotonic clock.
  ///
  /// The handler runs on the queue.
  func monotonicAlarm(on queue: any WorkQueue, handler: @escaping @Sendable () -> Void) -> any MonotonicAlarm
}

/// The events of a wall-clock alarm.
public enum WallAlarmEvent: Hashable, Sendable {
  /// The armed instant has come.
  case fired
  /// The clock was set; check again whether the instant has come.
  case clockSet
}

/// An alarm on the wall clock.
public protocol WallAlarm: Sendable {
  /// Arms the alarm: it fires once at the instant, or at once if the instant has passed.
  ///
  /// It replaces the previous instant. Nil only listens for clock steps. On the queue that the alarm was created for.
  func arm(at instant: Instant?)
}

/// An alarm on the monotonic clock.
public protocol MonotonicAlarm: Sendable {
  /// Arms the alarm: it fires once at the instant, or at once if the instant has passed.
  ///
  /// It replaces the previous instant. Nil disarms. On the queue that the alarm was created for.
  func arm(at instant: MonotonicInstant?)
}
