internal import Glibc
internal import TactusLinux
internal import TactusModel

/// Finds files that root can read and the user tactus cannot, which `--check` would accept and the daemon refuse.
enum Readability {
  /// The user that the unit of the package runs the daemon as.
  static let daemonUser = "tactus"

  /// The account of that user; nil if it does not exist, or if this process is not root.
  static var daemon: Account? {
    guard geteuid() == 0, let account = Account.named(daemonUser), account.user != 0 else { return nil }
    return account
  }

  /// The folders of the configuration directory, and the suffixes of their files.
  private static let folders = [
    ("tactusd.conf.d", ".conf"), ("queues", ".queue"), ("providers", ".provider"), ("workflows", ".workflow"),
  ]

  /// The paths that the user tactus may not read; empty without such a user, or if this process is not root.
  /// - Returns: a problem for each file and folder, and the names of all unreadable files, also in closed folders.
  static func problems(
    of directory: String, with lookout: Lookout
  ) -> (problems: [UnitFileProblem], files: Set<String>) {
    guard let account = daemon else { return ([], []) }
    // Listed as root, because the user tactus may not be able to list a folder.
    let entries = entries(of: directory, lookout)
    let seen = lookout.look(at: entries.map { Look(.status, $0.path(in: directory)) }, as: account)
    let denied = zip(entries, seen).compactMap { entry, seen -> Denial? in
      if mayPass(seen, reads: true, executes: entry.isFolder) { return nil }
      let closed = Passage.closedFolder(to: entry.path(in: directory)) {
        mayPass(lookout.look(.status, $0, as: account), reads: false, executes: true)
      }
      return (entry, closed)
    }
    // Nothing below a closed folder can be read, whatever its own mode is.
    let problems = denied.filter { denial in !denied.contains { denial.entry.lies(below: $0.entry) } }.map { denial in
      UnitFileProblem(
        file: denial.entry.name.isEmpty ? directory : denial.entry.name, line: 0,
        message: sentence(denial, in: directory))
    }
    return (problems, Set(denied.map(\.entry).filter { !$0.isFolder }.map(\.name)))
  }

  /// A path that the user tactus may not read, and the folder on the way that it may not enter, if that is the cause.
  private typealias Denial = (entry: Entry, closed: String?)

  private static func sentence(_ denial: Denial, in directory: String) -> String {
    let path = denial.entry.path(in: directory)
    guard let closed = denial.closed else {
      return "the user \(daemonUser) may not read it (\(FileOwner.text(of: path))). "
        + "Run chown root:\(daemonUser) \(path) && chmod \(denial.entry.isFolder ? "750" : "640") \(path)"
    }
    return
      "the user \(daemonUser) may not read it, because the user \(daemonUser) may not enter \(closed) "
      + "(\(FileOwner.text(of: closed))). Put it elsewhere, or run chmod o+x \(closed)"
  }

  private struct Entry {
    /// The path below the directory; empty for the directory itself.
    let name: String
    let isFolder: Bool

    func path(in directory: String) -> String { name.isEmpty ? directory : "\(directory)/\(name)" }

    func lies(below other: Entry) -> Bool {
      other.isFolder && name != other.name && (other.name.isEmpty || name.hasPrefix("\(other.name)/"))
    }
  }

  private static func entries(of directory: String, _ lookout: Lookout) -> [Entry] {
    var entries = [Entry(name: "", isFolder: true), Entry(name: "tactusd.conf", isFolder: false)]
    for (folder, suffix) in folders {
      guard case .names(let names, _) = lookout.look(.names, "\(directory)/\(folder)") else { continue }
      entries.append(Entry(name: folder, isFolder: true))
      entries += names.filter { $0.hasSuffix(suffix) && !$0.hasPrefix(".") }.sorted()
        .map { Entry(name: "\(folder)/\($0)", isFolder: false) }
    }
    return entries
  }

  /// Whether the account has access; true for a path that does not exist, or does not answer.
  private static func mayPass(_ seen: Looked, reads: Bool, executes: Bool) -> Bool {
    switch seen {
    case .status(let status):
      (!reads || status.readError != EACCES) && (!executes || status.executeError != EACCES)
    case .failed(let error): error.code != EACCES
    case .silent, .contents, .names: true
    }
  }
}
