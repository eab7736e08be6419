import Glibc
import TactusLinux
import TactusModel

/// The process tree of an attempt in its own control group, which no process can leave.
final class ProcessGroup: ProcessTree {
  private let id: JobID
  private let group: ControlGroup
  private let watches: ProcessWatches
  private let killMode: KillMode
  private var events: (descriptor: Int32, token: Poller.Token)?
  private var cpuTime: Duration?
  private var peakMemory: Int64?
  private var endedProcesses = 0
  private var isKilled = false
  private var isLeft = false
  private(set) var memoryKills = 0

  init(of id: JobID, group: ControlGroup, killMode: KillMode = .controlGroup, watches: ProcessWatches) {
    (self.id, self.group, self.killMode, self.watches) = (id, group, killMode, watches)
  }

  func terminate() {
    for process in group.processes { _ = Glibc.kill(Int32(process), SIGTERM) }
  }

  func kill() {
    isKilled = true
    group.kill()
  }

  func mainEnded() {
    guard !removed() else { return }
    guard killMode == .controlGroup else { return isLeft = true }
    endedProcesses = group.processes.count
    kill()
  }

  func mainReaped() {}

  func isGone() -> Bool {
    if isLeft || removed() { return true }
    guard events == nil else { return false }
    watch()
    // Checked again, because the last process may have ended between the check and the watch.
    return removed()
  }

  func heard(_ token: Poller.Token) {
    // Reading the file acknowledges the change to the kernel (kernfs, cgroups(7) "cgroup.events").
    if let events { readAgain(events.descriptor) }
  }

  func measure(into report: inout Report) {
    (report.cpuTime, report.peakMemoryBytes) = (cpuTime, peakMemory)
    report.endedProcesses = endedProcesses
  }

  var obstacle: String? {
    guard isKilled else { return nil }
    let processes = group.processes
    guard processes.isEmpty, group.exists else { return ProcessTable.obstacle(to: processes) }
    return "has no process left, but its control group \(group.path) cannot be removed"
  }

  var remainder: ControlGroup? { isLeft ? group : nil }

  /// Measures and removes the group.
  ///
  /// Returns false while a living process is in it.
  private func removed() -> Bool {
    guard group.exists else { return true }
    (cpuTime, peakMemory, memoryKills) = (group.cpuTime, group.peakMemory, group.memoryKills)
    guard group.remove() else { return false }
    if let events {
      watches.remove(events.token)
      Descriptor.close(events.descriptor)
    }
    events = nil
    return true
  }

  private func watch() {
    do {
      let descriptor = try group.open("cgroup.events", O_RDONLY)
      readAgain(descriptor)
      do { events = (descriptor, try watches.add(descriptor, for: .priority, as: .rest(id))) } catch {
        Descriptor.close(descriptor)
        throw error
      }
    } catch {
      // Without a descriptor the end cannot be awaited, so the processes get no grace and are killed now.
      kill()
    }
  }

  private func readAgain(_ descriptor: Int32) {
    _ = pread(descriptor, watches.buffer.baseAddress, watches.buffer.count, 0)
  }
}
