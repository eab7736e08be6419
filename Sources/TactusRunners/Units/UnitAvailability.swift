import Glibc
import Synchronization

/// Whether this daemon may start transient units: asked by whoever starts a command, told by the bus.
public final class UnitAvailability: Sendable {
  private let value = Atomic<Bool>(false)

  /// It may not, as far as is known.
  public init() {}

  /// Whether it may.
  public var isThere: Bool { value.load(ordering: .relaxed) }

  func set(_ isThere: Bool) { value.store(isThere, ordering: .relaxed) }
}

/// Whether systemd runs this machine.
///
/// Source: sd_booted(3).
public enum SystemdPresence {
  /// Whether it does.
  public static var isHere: Bool { access("/run/systemd/system", F_OK) == 0 }
}
