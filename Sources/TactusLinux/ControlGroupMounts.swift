extension ControlGroup {
  /// The mounted root of the v2 hierarchy; nil if it is not mounted.
  public static func root() -> ControlGroup? {
    guard let mounts = SmallFile.text("/proc/self/mountinfo", limit: 1 << 20) else { return nil }
    return own(memberships: "0::/", mounts: mounts)
  }

  /// Whether systemd can enforce limits with a controller, of the v2 hierarchy or of a writable v1 hierarchy.
  public static func hasController(_ name: String) -> Bool {
    guard let mounts = SmallFile.text("/proc/self/mountinfo", limit: 1 << 20) else { return false }
    let controllers = root().flatMap { SmallFile.text("\($0.path)/cgroup.controllers") } ?? ""
    return hasController(name, controllers: controllers, mounts: mounts)
  }

  /// The same from the texts of cgroups(7) and proc_pid_mountinfo(5).
  static func hasController(_ name: String, controllers: String, mounts: String) -> Bool {
    if controllers.split(whereSeparator: \.isWhitespace).contains(Substring(name)) { return true }
    return mounts.split(separator: "\n").contains { mount in
      let fields = mount.split(separator: " ")
      guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 3, fields[dash + 1] == "cgroup"
      else { return false }
      // Only mounts where systemd has them. Others belong to a container.
      return fields[4].hasPrefix("/sys/fs/cgroup/") && fields[5].split(separator: ",").contains("rw")
        && fields[dash + 3].split(separator: ",").contains(Substring(name))
    }
  }
}
