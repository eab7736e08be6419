internal import TactusModel
internal import TactusPorts

/// A moment on both clocks: spans between two moments do not change when the wall clock is set.
struct Moment {
  let at: Instant
  let monotonic: MonotonicInstant

  init(_ time: any TimeSource) { (at, monotonic) = (time.now, time.monotonic) }
}
