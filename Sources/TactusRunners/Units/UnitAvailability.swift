import Dispatch
import Glibc
import Synchronization
import TactusModel

/// Whether this daemon may start transient units: asked by whoever starts a command, told by the bus.
public final class UnitAvailability: Sendable {
  private let value = Atomic<Bool>(false)
  private let isKnown = Atomic<Bool>(false)
  private let known = DispatchSemaphore(value: 0)

  /// It may not, as far as is known.
  public init() {}

  /// Whether it may.
  public var isThere: Bool { value.load(ordering: .relaxed) }

  func set(_ isThere: Bool) {
    value.store(isThere, ordering: .relaxed)
    if !isKnown.exchange(true, ordering: .relaxed) { known.signal() }
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
