import Glibc
import TactusLinux
import TactusModel

/// The control groups of ended jobs whose processes may continue (`KillMode=process`), each until it is empty.
///
/// Belongs to the runner's queue.
final class LeftGroups {
  private var watched: [JobID: (group: ControlGroup, descriptor: Int32, token: Poller.Token)] = [:]

  /// Removes a group now, or when its last process has ended.
  ///
  /// If the group cannot be watched for lack of a descriptor, the next daemon removes it.
  func add(_ group: ControlGroup, of id: JobID, watches: ProcessWatches) {
    guard watched[id] == nil, !group.remove() else { return }
    // The group is gone, or no descriptor is left.
    guard let descriptor = try? group.open("cgroup.events", O_RDONLY) else { return }
    do { watched[id] = (group, descriptor, try watches.add(descriptor, for: .priority, as: .left(id))) } catch {
      return Descriptor.close(descriptor)
    }
    // Checked again, because the last process may have ended between the check and the watch.
    changed(id, watches: watches)
  }

  /// Handles a change in a group.
  func changed(_ id: JobID, watches: ProcessWatches) {
    guard let left = watched[id] else { return }
    // Reading the file acknowledges the change to the kernel (kernfs, cgroups(7) "cgroup.events").
    _ = pread(left.descriptor, watches.buffer.baseAddress, watches.buffer.count, 0)
    guard left.group.remove() else { return }
    watched[id] = nil
    watches.remove(left.token)
    Descriptor.close(left.descriptor)
  }

  /// The job that owns a group of this name; nil for names that are not ours.
  static func job(of name: String) -> JobID? {
    name.hasPrefix("tactus-") ? JobID(String(name.dropFirst("tactus-".count))) : nil
  }
}
