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
    let denied = account.acting { entries.compactMap { denial(of: $0, in: directory) } } ?? []
    // Below a folder that is closed nothing can be read, whatever its own mode is.
    let problems = denied.filter { denial in !denied.contains { denial.entry.lies(below: $0.entry) } }.map { denial in
      UnitFileProblem(
        file: denial.entry.name.isEmpty ? directory : denial.entry.name, line: 0,
        message: sentence(denial, in: directory))
    }
    return (problems, Set(denied.map(\.entry).filter { !$0.isFolder }.map(\.name)))
  }

  /// What the daemon's user may not read, and the folder before it that this user may not enter, if it is that.
  private typealias Denial = (entry: Entry, closed: String?)

  private static func denial(of entry: Entry, in directory: String) -> Denial? {
    let path = entry.path(in: directory)
    if isReadable(path, entry.isFolder) { return nil }
    return (entry, Passage.closedFolder(to: path) { mayPass($0, X_OK) })
  }

  private static func sentence(_ denial: Denial, in directory: String) -> String {
    let path = denial.entry.path(in: directory)
    guard let closed = denial.closed else {
      return "the daemon's user \(daemonUser) may not read it (\(FileOwner.text(of: path))): "
        + "chown root:\(daemonUser) \(path); chmod \(denial.entry.isFolder ? "750" : "640") \(path)"
    }
    return
      "the daemon's user \(daemonUser) may not read it, because on the way to it that user may not enter \(closed) "
      + "(\(FileOwner.text(of: closed))): put it elsewhere, or chmod o+x \(closed)"
  }

  private struct Entry {
    /// Below the directory; empty for itself.
    let name: String
    let isFolder: Bool

    func path(in directory: String) -> String { name.isEmpty ? directory : "\(directory)/\(name)" }

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
    mayPass(path, isFolder ? R_OK | X_OK : R_OK)
  }

  private static func mayPass(_ path: String, _ right: Int32) -> Bool {
    faccessat(AT_FDCWD, path, right, AT_EACCESS) == 0 || errno != EACCES
  }
}
