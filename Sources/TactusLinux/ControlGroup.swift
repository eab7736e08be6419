import CLinux
import Glibc

/// A directory of the cgroup v2 hierarchy, cgroups(7).
public struct ControlGroup: Hashable, Sendable {
  /// The directory.
  public let path: String

  /// Names a directory, unchecked.
  public init(at path: String) { self.path = path }

  /// The group that this process is in; nil where there is no v2 hierarchy, or it is mounted elsewhere.
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

  /// Whether the group was handed to us to make groups below: writable, and marked so by systemd.
  ///
  /// Source: systemd's CGROUP_DELEGATION.md, "user.delegate" and before version 254 "trusted.delegate".
  public var isDelegated: Bool {
    guard access(path, W_OK) == 0 else { return false }
    return ["user.delegate", "trusted.delegate"].contains { name in
      var value: UInt8 = 0
      return tactus_attribute(path, name, &value, 1) == 1 && value == UInt8(ascii: "1")
    }
  }

  /// Moves this process, with all its threads, into a new group below, and answers it.
  ///
  /// Only then can controllers be enabled here: a group with members may not hand them down (cgroups(7), "no internal
  /// processes").
  @discardableResult
  public func moveIntoLeaf(named name: String) throws(SystemError) -> ControlGroup {
    let leaf = ControlGroup(at: "\(path)/\(name)")
    if mkdir(leaf.path, 0o755) != 0, errno != EEXIST {
      throw SystemError(code: errno, operation: "make", subject: leaf.path)
    }
    try SmallFile.write("0", to: "\(leaf.path)/cgroup.procs")
    return leaf
  }

  /// Hands the controllers that measure down to the groups below, as far as they are there, and answers which.
  @discardableResult
  public func enableControllers(_ wanted: [String] = ["cpu", "memory", "pids"]) -> [String] {
    let available = SmallFile.text("\(path)/cgroup.controllers")?.split { $0 == " " || $0 == "\n" }.map(String.init)
    return wanted.filter { controller in
      guard available?.contains(controller) == true else { return false }
      do { try SmallFile.write("+\(controller)", to: "\(path)/cgroup.subtree_control") } catch { return false }
      return true
    }
  }

  /// The controllers that groups below have.
  public var handedDown: [String] {
    SmallFile.text("\(path)/cgroup.subtree_control")?.split { $0 == " " || $0 == "\n" }.map(String.init) ?? []
  }

  /// Makes a group below.
  public func makeChild(_ name: String) throws(SystemError) -> ControlGroup {
    let child = ControlGroup(at: "\(path)/\(name)")
    guard mkdir(child.path, 0o755) == 0 else { throw SystemError(code: errno, operation: "make", subject: child.path) }
    return child
  }

  /// Whether the directory is there.
  public var exists: Bool { access(path, F_OK) == 0 }

  /// Opens a file of the group, close-on-exec; the caller's to close.
  public func open(_ file: String, _ flags: Int32) throws(SystemError) -> Int32 {
    try Descriptor.open("\(path)/\(file)", flags)
  }

  /// Kills every process in the group and below; nothing if the group is gone.
  ///
  /// A fork cannot slip through `cgroup.kill`. Linux before 5.14 does not have it: there the members are killed again and
  /// again until none is left that lives.
  public func kill() {
    do { try SmallFile.write("1", to: "\(path)/cgroup.kill") } catch {
      for _ in 0..<1000 where isPopulated {
        for process in processes { _ = Glibc.kill(Int32(process), SIGKILL) }
      }
    }
  }

  /// The processes in the group and below.
  public var processes: [Int] {
    let own = SmallFile.text("\(path)/cgroup.procs", limit: 1 << 20) ?? ""
    return own.split(separator: "\n").compactMap { Int($0) } + children.flatMap(\.processes)
  }

  /// Whether a living process is in the group or below; false when the group is gone.
  public var isPopulated: Bool {
    SmallFile.text("\(path)/cgroup.events")?.split(separator: "\n").contains("populated 1") ?? false
  }

  /// CPU time of everything that was ever in the group.
  public var cpuTime: Duration? {
    guard let text = SmallFile.text("\(path)/cpu.stat"),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("usage_usec ") }),
      let microseconds = Int64(line.dropFirst("usage_usec ".count))
    else { return nil }
    return .microseconds(microseconds)
  }

  /// The most memory that the group ever had, in bytes; nil without the memory controller.
  public var peakMemory: Int64? {
    SmallFile.text("\(path)/memory.peak").flatMap { Int64($0.prefix { $0.isWholeNumber }) }
  }

  /// Removes the group and the groups below; false when a process is still in it.
  public func remove() -> Bool {
    if rmdir(path) == 0 || errno == ENOENT { return true }
    let code = errno
    // Groups below, made by the job itself, are in the way as much as processes are.
    let below = children
    guard code == EBUSY, !below.isEmpty, !isPopulated else { return false }
    for child in below where !child.remove() { return false }
    return rmdir(path) == 0 || errno == ENOENT
  }

  private var children: [ControlGroup] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var found: [ControlGroup] = []
    while let entry = readdir(directory) {
      guard entry.pointee.d_type == UInt8(DT_DIR) else { continue }
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { found.append(ControlGroup(at: "\(path)/\(name)")) }
    }
    return found
  }
}
