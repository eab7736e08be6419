import Dispatch
import Glibc
import Synchronization
import TactusModel
public import TactusSystemd

/// Whether this daemon may start transient units: asked by whoever starts a command, told by the bus.
public final class UnitAvailability: Sendable {
  private let state = Mutex<UnitRight?>(nil)
  private let known = DispatchSemaphore(value: 0)

  /// It may not, as far as is known.
  public init() {}

  /// Whether it may.
  public var isThere: Bool { right == .granted }

  /// What was told last; nil before anything was.
  public var right: UnitRight? { state.withLock { $0 } }

  /// Takes an answer over; true if units are there by it, or are not, and it was known to be otherwise.
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

  /// Waits for the first answer, but not longer than a span: by one thread, once.
  func waitUntilKnown(within span: Duration) {
    _ = known.wait(timeout: .now() + .microseconds(Int(span.microseconds)))
  }
}

/// Whether systemd runs this machine.
///
/// Source: sd_booted(3).
public enum SystemdPresence {
  /// Whether it does.
  public static var isHere: Bool { access("/run/systemd/system", F_OK) == 0 }
}
