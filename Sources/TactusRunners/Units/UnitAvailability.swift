import Dispatch
import Glibc
import Synchronization
import TactusModel
public import TactusSystemd

/// Whether this daemon may start transient units.
///
/// Runners read it when they start a command; the bus sets it.
public final class UnitAvailability: Sendable {
  private let state = Mutex<UnitRight?>(nil)
  private let known = DispatchSemaphore(value: 0)

  /// Assumes that it may not, until an answer arrives.
  public init() {}

  /// Whether it may.
  public var isThere: Bool { right == .granted }

  /// The last answer; nil before the first.
  public var right: UnitRight? { state.withLock { $0 } }

  /// Stores an answer.
  ///
  /// Returns true if it changes a previous answer between allowed and not allowed.
  func set(_ right: UnitRight) -> Bool {
    let before = state.withLock { state in
      defer { state = right }
      return state
    }
    guard let before else {
      known.signal()
      return false
    }
    return (before == .granted) != (right == .granted)
  }

  /// Waits for the first answer for at most a span.
  ///
  /// Called by one thread, once.
  func waitUntilKnown(within span: Duration) {
    _ = known.wait(timeout: .now() + .microseconds(Int(span.microseconds)))
  }
}

/// Checks whether systemd manages this machine.
///
/// Source: sd_booted(3)
public enum SystemdPresence {
  /// Whether systemd manages this machine.
  public static var isHere: Bool { access("/run/systemd/system", F_OK) == 0 }
}
