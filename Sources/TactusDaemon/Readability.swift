internal import Glibc
internal import TactusLinux
internal import TactusModel

/// What root reads and the daemon's own user may not: `--check` would find nothing wrong with it, and the daemon refuse it.
enum Readability {
  /// Whom the unit of the package runs the daemon as.
  static let daemonUser = "tactus"

  /// That account, as root may become it; nil where there is none, or this is not root.
  static var daemon: Account? {
    guard geteuid() == 0, let account = Account.named(daemonUser), account.user != 0 else { return nil }
    return account
  }

  /// The folders of the configuration directory, and how the names of their files end.
  private static let folders = [
    ("tactusd.conf.d", ".conf"), ("queues", ".queue"), ("providers", ".provider"), ("workflows", ".workflow"),
  ]

  /// What the daemon's user may not read; nothing where there is no such user, or this is not root.
  /// - Returns: a problem for each file and folder, and the names of all files that are out of reach, in closed folders, too.
  static func problems(of directory: String) -> (problems: [UnitFileProblem], files: Set<String>) {
    guard let account = daemon else { return ([], []) }
    // Listed as root: the other may not even see what there is.
    let entries = entries(of: directory)
    let denied = account.acting { entries.filter { !isReadable("\(directory)/\($0.name)", $0.isFolder) } } ?? []
    // Below a folder that is closed nothing can be read, whatever its own mode is.
    let problems = denied.filter { entry in !denied.contains { entry.lies(below: $0) } }.map { entry in
      let path = entry.name.isEmpty ? directory : "\(directory)/\(entry.name)"
      return UnitFileProblem(
        file: entry.name.isEmpty ? directory : entry.name, line: 0,
        message: "the daemon's user \(daemonUser) may not read it (\(looks(of: path))): "
          + "chown root:\(daemonUser) \(path); chmod \(entry.isFolder ? "750" : "640") \(path)")
    }
    return (problems, Set(denied.filter { !$0.isFolder }.map(\.name)))
  }

  private struct Entry {
    /// Below the directory; empty for itself.
    let name: String
    let isFolder: Bool

    func lies(below other: Entry) -> Bool {
      other.isFolder && name != other.name && (other.name.isEmpty || name.hasPrefix("\(other.name)/"))
    }
  }

  private static func entries(of directory: String) -> [Entry] {
    var entries = [Entry(name: "", isFolder: true), Entry(name: "tactusd.conf", isFolder: false)]
    for (folder, suffix) in folders {
      guard case .success(let names) = Files.list("\(directory)/\(folder)") else { continue }
      entries.append(Entry(name: folder, isFolder: true))
      entries += names.filter { $0.hasSuffix(suffix) && !$0.hasPrefix(".") }.sorted()
        .map { Entry(name: "\(folder)/\($0)", isFolder: false) }
    }
    return entries
  }

  /// Whether the effective user may read it; what is not there is nobody's trouble.
  private static func isReadable(_ path: String, _ isFolder: Bool) -> Bool {
    faccessat(AT_FDCWD, path, isFolder ? R_OK | X_OK : R_OK, AT_EACCESS) == 0 || errno != EACCES
  }

  /// `mode 600, root:root`.
  private static func looks(of path: String) -> String {
    var status = stat()
    guard stat(path, &status) == 0 else { return "it cannot be looked at" }
    let group = getgrgid(status.st_gid).map { String(cString: $0.pointee.gr_name) } ?? "gid \(status.st_gid)"
    return "mode \(String(status.st_mode & 0o7777, radix: 8)), \(Account.name(of: status.st_uid)):\(group)"
  }
}
