import Glibc
import TactusLinux
import TactusModel

/// Control groups of jobs that are over and whose processes may stay (`KillMode=process`), each until it is empty.
///
/// Belongs to the runner's queue.
final class LeftGroups {
  private var watched: [JobID: (group: ControlGroup, descriptor: Int32, token: Poller.Token)] = [:]

  /// Removes a group now, or when its last process has ended.
  ///
  /// Where nothing is to be had for the watching, the next daemon removes it.
  func add(_ group: ControlGroup, of id: JobID, watches: ProcessWatches) {
    guard watched[id] == nil, !group.remove() else { return }
    // Gone by now, or no descriptor to spare.
    guard let descriptor = try? group.open("cgroup.events", O_RDONLY) else { return }
    do { watched[id] = (group, descriptor, try watches.add(descriptor, for: .priority, as: .left(id))) } catch {
      return Descriptor.close(descriptor)
    }
    // Once more, because the last process may have ended between the look and the watching.
    changed(id, watches: watches)
  }

  /// Something in a group has changed.
  func changed(_ id: JobID, watches: ProcessWatches) {
    guard let left = watched[id] else { return }
    // The read makes the change known to the kernel as seen (kernfs, cgroups(7) "cgroup.events").
    _ = pread(left.descriptor, watches.buffer.baseAddress, watches.buffer.count, 0)
    guard left.group.remove() else { return }
    watched[id] = nil
    watches.remove(left.token)
    Descriptor.close(left.descriptor)
  }

  /// The job whose group has a name; nil if it is none of ours.
  static func job(of name: String) -> JobID? {
    name.hasPrefix("tactus-") ? JobID(String(name.dropFirst("tactus-".count))) : nil
  }
}
