import CLinux
import Glibc
public import TactusModel

/// A directory of the cgroup v2 hierarchy, cgroups(7).
public struct ControlGroup: Hashable, Sendable {
  /// The path of the directory.
  public let path: String

  /// Names a directory without checking it.
  public init(at path: String) { self.path = path }

  /// The group of this process; nil if the v2 hierarchy is missing, or mounted elsewhere.
  public static func own() -> ControlGroup? {
    guard let memberships = SmallFile.text("/proc/self/cgroup"),
      let mounts = SmallFile.text("/proc/self/mountinfo", limit: 1 << 20)
    else { return nil }
    return own(memberships: memberships, mounts: mounts)
  }

  /// The same from the texts of cgroups(7), "/proc files", and proc_pid_mountinfo(5).
  static func own(memberships: String, mounts: String) -> ControlGroup? {
    guard let line = memberships.split(separator: "\n").first(where: { $0.hasPrefix("0::") }) else { return nil }
    let member = line.dropFirst(3)
    for mount in mounts.split(separator: "\n") {
      let fields = mount.split(separator: " ")
      guard let dash = fields.firstIndex(of: "-"), dash >= 5, fields.count > dash + 1, fields[dash + 1] == "cgroup2"
      else { continue }
      let (root, point) = (fields[3] == "/" ? "" : fields[3], fields[4])
      guard member == root || member.hasPrefix("\(root)/") else { continue }
      let below = member.dropFirst(root.count)
      return ControlGroup(at: below == "/" ? String(point) : "\(point)\(below)")
    }
    return nil
  }

  /// Whether this process may create groups below this one: it is writable, and systemd delegated it or we created it.
  ///
  /// systemd marks a delegated group with "user.delegate", or "trusted.delegate" before version 254. Only root can read
  /// the latter. The owner then decides: systemd sets it to `User=` only where it delegates. Every group below our own
  /// is ours.
  ///
  /// Source: systemd's CGROUP_DELEGATION.md
  public var isDelegated: Bool {
    guard access(path, W_OK) == 0 else { return false }
    if geteuid() != 0, Self.owner(of: path) == geteuid(), Self.owner(of: "\(path)/..") != geteuid() { return true }
    return ["user.delegate", "trusted.delegate"].contains { name in
      var value: UInt8 = 0
      return tactus_attribute(path, name, &value, 1) == 1 && value == UInt8(ascii: "1")
    }
  }

  /// Moves this process, with all its threads, into a new child group, and returns it.
  ///
  /// Controllers can be enabled only afterwards: a group with members must not pass them down (cgroups(7), "no internal
  /// processes").
  @discardableResult
  public func moveIntoLeaf(named name: String) throws(SystemError) -> ControlGroup {
    let leaf = ControlGroup(at: "\(path)/\(name)")
    if mkdir(leaf.path, 0o755) != 0, errno != EEXIST {
      throw SystemError(code: errno, operation: "create", subject: leaf.path)
    }
    try SmallFile.write("0", to: "\(leaf.path)/cgroup.procs")
    return leaf
  }

  /// Enables the available controllers for child groups, and returns their names.
  @discardableResult
  public func enableControllers(_ wanted: [String] = ["cpu", "memory", "pids"]) -> [String] {
    let available = SmallFile.text("\(path)/cgroup.controllers")?.split { $0 == " " || $0 == "\n" }.map(String.init)
    return wanted.filter { controller in
      guard available?.contains(controller) == true else { return false }
      do { try SmallFile.write("+\(controller)", to: "\(path)/cgroup.subtree_control") } catch { return false }
      return true
    }
  }

  /// The controllers that child groups have.
  public var handedDown: [String] {
    SmallFile.text("\(path)/cgroup.subtree_control")?.split { $0 == " " || $0 == "\n" }.map(String.init) ?? []
  }

  /// The controllers that some limits need and the group lacks.
  public func missingControllers(for limits: CommandLimits) -> [String] {
    [
      limits.memoryMax == nil ? nil : ("memory", "memory.max"), limits.cpuQuota == nil ? nil : ("cpu", "cpu.max"),
      limits.tasksMax == nil ? nil : ("pids", "pids.max"),
    ].compactMap(\.self).filter { access("\(path)/\($0.1)", F_OK) != 0 }.map(\.0)
  }

  /// Sets limits for the whole group, as far as their controllers are available.
  ///
  /// The memory limit includes swap. If it is exceeded, the kernel kills the whole group instead of one process.
  public func limit(to limits: CommandLimits) throws(SystemError) {
    let missing = missingControllers(for: limits)
    if let memory = limits.memoryMax, !missing.contains("memory") {
      try write("\(memory)", to: "memory.max")
      // Neither file exists on every kernel: the first needs Linux 4.19, the second needs swap.
      if has("memory.oom.group") { try write("1", to: "memory.oom.group") }
      if has("memory.swap.max") { try write("0", to: "memory.swap.max") }
    }
    if let quota = limits.cpuQuota, !missing.contains("cpu") {
      let period = 100_000
      try write("\(quota * period / 100) \(period)", to: "cpu.max")
    }
    if let tasks = limits.tasksMax, !missing.contains("pids") { try write("\(tasks)", to: "pids.max") }
  }

  private static func owner(of path: String) -> UInt32? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_uid : nil
  }

  private func has(_ file: String) -> Bool { access("\(path)/\(file)", F_OK) == 0 }

  private func write(_ text: String, to file: String) throws(SystemError) {
    try SmallFile.write(text, to: "\(path)/\(file)")
  }

  /// Creates a child group.
  public func makeChild(_ name: String) throws(SystemError) -> ControlGroup {
    let child = ControlGroup(at: "\(path)/\(name)")
    guard mkdir(child.path, 0o755) == 0 else {
      throw SystemError(code: errno, operation: "create", subject: child.path)
    }
    return child
  }

  /// Whether the directory exists.
  public var exists: Bool { access(path, F_OK) == 0 }

  /// Opens a file of the group, close-on-exec.
  ///
  /// The caller closes it.
  public func open(_ file: String, _ flags: Int32) throws(SystemError) -> Int32 {
    try Descriptor.open("\(path)/\(file)", flags)
  }

  /// Kills every process in the group and below.
  ///
  /// Does nothing if the group is gone.
  ///
  /// A fork cannot escape `cgroup.kill`. Linux before 5.14 lacks it, so the members are killed repeatedly until none is
  /// alive.
  public func kill() {
    do { try SmallFile.write("1", to: "\(path)/cgroup.kill") } catch {
      for _ in 0..<1000 where isPopulated {
        for process in processes { _ = Glibc.kill(Int32(process), SIGKILL) }
      }
    }
  }

  /// The processes in the group and at any depth below.
  public var processes: [Int] {
    guard var tree = ControlGroupTree(at: path) else { return [] }
    var found: [Int] = []
    tree.visit { directory in
      let members = SmallFile.bytes("cgroup.procs", in: directory, limit: 1 << 20) ?? []
      found += members.split(separator: UInt8(ascii: "\n")).compactMap { Int(String(decoding: $0, as: UTF8.self)) }
    }
    return found
  }

  /// Whether a living process is in the group or below; false if the group is gone.
  public var isPopulated: Bool {
    SmallFile.text("\(path)/cgroup.events")?.split(separator: "\n").contains("populated 1") ?? false
  }

  /// The CPU time of all processes that were ever in the group.
  public var cpuTime: Duration? {
    guard let text = SmallFile.text("\(path)/cpu.stat"),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("usage_usec ") }),
      let microseconds = Int64(line.dropFirst("usage_usec ".count))
    else { return nil }
    return .microseconds(microseconds)
  }

  /// The peak memory of the group, in bytes; nil without the memory controller.
  public var peakMemory: Int64? {
    SmallFile.text("\(path)/memory.peak").flatMap { Int64($0.prefix { $0.isWholeNumber }) }
  }

  /// How many processes of the group were killed because memory ran out; 0 without the memory controller.
  public var memoryKills: Int {
    let events = SmallFile.text("\(path)/memory.events")?.split(separator: "\n") ?? []
    return events.first { $0.hasPrefix("oom_kill ") }.flatMap { Int($0.dropFirst("oom_kill ".count)) } ?? 0
  }

  /// Removes the group and all groups below.
  ///
  /// Returns false if a process is still in one of them.
  public func remove() -> Bool {
    if rmdir(path) == 0 || errno == ENOENT { return true }
    // Groups that the job created below also prevent the removal, like processes.
    guard errno == EBUSY, !isPopulated, var tree = ControlGroupTree(at: path), tree.removeBelow() else { return false }
    return rmdir(path) == 0 || errno == ENOENT
  }

  /// The names of the child groups.
  public var names: [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var found: [String] = []
    while let entry = readdir(directory) {
      guard entry.pointee.d_type == UInt8(DT_DIR) else { continue }
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { found.append(name) }
    }
    return found
  }
}
