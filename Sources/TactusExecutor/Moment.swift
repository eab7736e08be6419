internal import TactusModel
internal import TactusPorts

/// A moment on both clocks: spans between two of them do not change when somebody sets the wall clock.
struct Moment {
  let at: Instant
  let monotonic: MonotonicInstant

  init(_ time: any TimeSource) { (at, monotonic) = (time.now, time.monotonic) }
}
