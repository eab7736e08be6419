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
  static func problems(
    of directory: String, with lookout: Lookout
  ) -> (problems: [UnitFileProblem], files: Set<String>) {
    guard let account = daemon else { return ([], []) }
    // Listed as root: the other may not even see what there is.
    let entries = entries(of: directory, lookout)
    let seen = lookout.look(at: entries.map { Look(.status, $0.path(in: directory)) }, as: account)
    let denied = zip(entries, seen).compactMap { entry, seen -> Denial? in
      if mayPass(seen, reads: true, executes: entry.isFolder) { return nil }
      let closed = Passage.closedFolder(to: entry.path(in: directory)) {
        mayPass(lookout.look(.status, $0, as: account), reads: false, executes: true)
      }
      return (entry, closed)
    }
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

  /// Whether that account may; what is not there, or does not answer, is nobody's trouble.
  private static func mayPass(_ seen: Looked, reads: Bool, executes: Bool) -> Bool {
    switch seen {
    case .status(let status):
      (!reads || status.readError != EACCES) && (!executes || status.executeError != EACCES)
    case .failed(let error): error.code != EACCES
    case .silent, .contents, .names: true
    }
  }
}
