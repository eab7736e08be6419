import TactusModel

/// How long a container ran.
///
/// An engine tells instants of its own wall clock, exact as long as nobody sets that clock. The daemon's monotonic clock is never
/// set, but an end is noticed up to a quarter of a second late, and after a pause of the daemon much later. So the engine is
/// believed unless its clock was set meanwhile, and never beyond what was measured here.
struct ContainerDuration {
  /// From `StartedAt` to `FinishedAt`; nil if one of them is missing.
  var told: Duration?
  /// From the start to the moment when the end was noticed, by CLOCK_MONOTONIC; nil if the start was seen by another boot.
  var measured: Duration?
  /// By how much the wall clock of this machine was set between the two; nil if that is unknown.
  var step: Duration?
  /// Whether the engine has the wall clock of this machine.
  var isLocal: Bool

  /// A clock that is slewed drifts by less than this while a container runs; engines write their instants a moment late.
  private static let tolerance: Duration = .milliseconds(500)

  /// Never negative; nil if nothing is known.
  var value: Duration? {
    guard let measured = measured.map({ max(.zero, $0) }) else { return told.map { max(.zero, $0) } }
    guard let told, told >= .zero, told <= measured + Self.tolerance else { return measured }
    if isLocal, let step, step < .zero - Self.tolerance || step > Self.tolerance { return measured }
    return min(told, measured)
  }
}
