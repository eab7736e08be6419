import Glibc
public import TactusModel
public import TactusPorts

/// The two clocks of the machine: the one place that reads them.
public struct SystemTime: TimeSource {
  /// Added to `CLOCK_REALTIME`: lets a test start a daemon on a clock that was set.
  public let offset: Duration

  /// The real clocks, or with an offset a wall clock that is wrong by it.
  public init(offset: Duration = .zero) { self.offset = offset }

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

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    guard clock_gettime(clock, &time) == 0 else { fatalError("clock \(clock) cannot be read") }
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }
}
