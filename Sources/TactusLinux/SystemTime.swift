import Glibc
import Synchronization
public import TactusModel
public import TactusPorts

/// The two clocks of the machine: the one place that reads them.
public struct SystemTime: TimeSource {
  private let shift: ClockShift?

  /// The real clocks, or with a shift a wall clock that is wrong by it: lets a test set the clock of one daemon.
  public init(shift: ClockShift? = nil) { self.shift = shift }

  /// Added to `CLOCK_REALTIME`.
  public var offset: Duration { shift?.offset ?? .zero }

  /// `CLOCK_REALTIME`, plus the offset.
  public var now: Instant {
    Instant(microseconds: Self.read(CLOCK_REALTIME)) + offset
  }

  /// `CLOCK_MONOTONIC`.
  public var monotonic: MonotonicInstant {
    MonotonicInstant(microseconds: Self.read(CLOCK_MONOTONIC))
  }

  /// How far the clocks on the wall are ahead of UTC at an instant, by `$TZ` or the machine's time zone.
  public static func zoneOffset(at instant: Instant) -> Duration {
    var seconds = time_t(instant.microseconds / 1_000_000)
    var local = tm()
    return localtime_r(&seconds, &local) == nil ? .zero : .seconds(local.tm_gmtoff)
  }

  /// Has the body run, on any thread, whenever the shift changes: what a step of the real clock is to a timerfd.
  func observe(_ body: @escaping @Sendable () -> Void) { shift?.observe(body) }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    guard clock_gettime(clock, &time) == 0 else { fatalError("clock \(clock) cannot be read") }
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }
}

/// How far a wall clock is from the machine's; changing it is a step of that clock.
public final class ClockShift: Sendable {
  private struct State {
    var offset: Duration
    var observers: [@Sendable () -> Void] = []
  }

  private let state: Mutex<State>

  /// A shift that begins with an offset.
  public init(offset: Duration = .zero) { state = Mutex(State(offset: offset)) }

  /// Added to `CLOCK_REALTIME`.
  public var offset: Duration { state.withLock { $0.offset } }

  /// Steps the clock; any thread.
  public func set(_ offset: Duration) {
    let observers = state.withLock { state in
      state.offset = offset
      return state.observers
    }
    for observer in observers { observer() }
  }

  func observe(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.observers.append(body) } }
}
