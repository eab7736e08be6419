import TactusModel

/// How long a container ran.
///
/// An engine reports instants of its own wall clock, which are exact unless that clock is set. The daemon's monotonic
/// clock is never set, but the daemon notices an end up to 250 ms late, and much later after a pause. So the engine's
/// value counts unless its clock was set in between, and it never exceeds the daemon's measurement.
struct ContainerDuration {
  /// From `StartedAt` to `FinishedAt`; nil if one of them is missing.
  var reported: Duration?
  /// From the start until the end was noticed, by CLOCK_MONOTONIC; nil if the start was seen during another boot.
  var measured: Duration?
  /// By how much this machine's wall clock was set in between; nil if that is unknown.
  var step: Duration?
  /// Whether the engine uses the wall clock of this machine.
  var isLocal: Bool

  /// A slewed clock drifts by less than this while a container runs.
  ///
  /// Engines also record their instants slightly late.
  private static let tolerance: Duration = .milliseconds(500)

  /// The duration, never negative; nil if nothing is known.
  var value: Duration? {
    guard let measured = measured.map({ max(.zero, $0) }) else { return reported.map { max(.zero, $0) } }
    guard let reported, reported >= .zero, reported <= measured + Self.tolerance else { return measured }
    if isLocal, let step, step < .zero - Self.tolerance || step > Self.tolerance { return measured }
    return min(reported, measured)
  }
}
