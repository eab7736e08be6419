import Glibc
import Synchronization
public import TactusModel
public import TactusPorts

/// The two clocks of the machine.
///
/// Only this type reads them.
public struct SystemTime: TimeSource {
  private let shift: ClockShift?

  /// Uses the real clocks.
  ///
  /// A shift moves the wall clock, so that a test can set the clock of one daemon.
  public init(shift: ClockShift? = nil) { self.shift = shift }

  /// The offset from `CLOCK_REALTIME`.
  public var offset: Duration { shift?.offset ?? .zero }

  /// `CLOCK_REALTIME`, plus the offset.
  public var now: Instant {
    Instant(microseconds: Self.read(CLOCK_REALTIME)) + offset
  }

  /// `CLOCK_MONOTONIC`.
  public var monotonic: MonotonicInstant {
    MonotonicInstant(microseconds: Self.read(CLOCK_MONOTONIC))
  }

  /// The offset of local time from UTC at an instant, by `$TZ` or the machine's time zone.
  public static func zoneOffset(at instant: Instant) -> Duration {
    var seconds = time_t(instant.microseconds / 1_000_000)
    var local = tm()
    return localtime_r(&seconds, &local) == nil ? .zero : .seconds(local.tm_gmtoff)
  }

  /// Runs the body, on any thread, after each change of the shift.
  ///
  /// It replaces the clock steps that a timerfd reports.
  func observe(_ body: @escaping @Sendable () -> Void) { shift?.observe(body) }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    guard clock_gettime(clock, &time) == 0 else { fatalError("clock \(clock) cannot be read") }
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }
}

/// The offset of a wall clock from the machine's clock.
///
/// Changing it is a step of that clock.
public final class ClockShift: Sendable {
  private struct State {
    var offset: Duration
    var observers: [@Sendable () -> Void] = []
  }

  private let state: Mutex<State>

  /// Creates a shift with an initial offset.
  public init(offset: Duration = .zero) { state = Mutex(State(offset: offset)) }

  /// The offset from `CLOCK_REALTIME`.
  public var offset: Duration { state.withLock { $0.offset } }

  /// Steps the clock.
  ///
  /// Any thread.
  public func set(_ offset: Duration) {
    let observers = state.withLock { state in
      state.offset = offset
      return state.observers
    }
    for observer in observers { observer() }
  }

  func observe(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.observers.append(body) } }
}
