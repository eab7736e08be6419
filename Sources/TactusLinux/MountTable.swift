import Glibc
import Synchronization

/// The mounts that this process sees, read again after a change.
///
/// Any thread.
final class MountTable: Sendable {
  private let state = Mutex(State())

  private struct State {
    /// Signals changes through poll(2); nil before the first look, or without /proc.
    var descriptor: Int32?
    /// All mounts if one of them is remote.
    ///
    /// Otherwise empty, because local mounts do not matter.
    var mounts: [Mount] = []
  }

  /// Creates a table that has not been read.
  init() {}

  deinit {
    if let descriptor = state.withLock({ $0.descriptor }) { Descriptor.close(descriptor) }
  }

  /// The directory of the remote mount that a path is on; nil if it is on a local one.
  func remoteMount(of path: String) -> String? {
    let mounts = state.withLock { state in
      Self.refresh(&state)
      return state.mounts
    }
    guard !mounts.isEmpty else { return nil }
    var deepest: Mount?
    for mount in mounts where mount.lies(above: path) {
      if mount.point.utf8.count >= deepest?.point.utf8.count ?? 0 { deepest = mount }
    }
    guard let deepest, deepest.isRemote else { return nil }
    return deepest.point
  }

  private static let path = "/proc/self/mountinfo"

  /// Source: proc_pid_mounts(5), which describes how poll(2) reports changes.
  private static func refresh(_ state: inout State) {
    if let descriptor = state.descriptor {
      var entry = pollfd(fd: descriptor, events: Int16(POLLPRI), revents: 0)
      guard poll(&entry, 1, 0) > 0 else { return }
    } else {
      // Without it, each path is judged alone.
      guard let opened = try? Descriptor.open(path, O_RDONLY) else { return }
      state.descriptor = opened
    }
    let mounts = Mount.all(in: SmallFile.text(path, limit: 4 << 20) ?? "")
    state.mounts = mounts.contains { $0.isRemote } ? mounts : []
  }
}
