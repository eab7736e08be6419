internal import Glibc
internal import TactusLinux
internal import TactusModel

/// Examines files and the folders and links on the way to them, each once.
struct CustodyExamination {
  let custody: Custody
  private var accesses: [String: FileAccess?] = [:]
  private var ways: [String: Custody.Weakness?] = [:]

  /// Examines paths on remote mounts, which may not answer; nil to examine all paths on the caller's thread.
  private let lookout: Lookout?

  init(_ custody: Custody, with lookout: Lookout? = nil) { (self.custody, self.lookout) = (custody, lookout) }

  /// The weakness that lets strangers change or replace a file; nil if they cannot, or the file does not exist.
  mutating func weakness(ofFile path: String) -> Custody.Weakness? {
    guard let parent = Self.parent(of: path) else { return weaknessOfWay(to: path) }
    // The way to the folder is examined once for all its files. Only a link leads further.
    if let weakness = weaknessOfWay(to: parent) { return weakness }
    guard let access = access(to: path) else { return nil }
    return access.kind == .link ? weaknessOfWay(to: path) : custody.weakness(of: access)
  }

  /// The weakness that lets strangers change a file that a definition names; nil if they cannot, or it does not exist.
  ///
  /// The file may be in a folder to which everybody may add files, such as `/tmp`.
  mutating func weakness(ofInput path: String) -> Custody.Weakness? { weaknessOfWay(to: path) }

  /// The weakness that lets strangers add files to a folder, or replace it; nil if they cannot, or it does not exist.
  mutating func weakness(ofFolder path: String) -> Custody.Weakness? { weaknessOfWay(to: path) }

  /// The first weakness on the way from the root to a path, or that of the path itself; nil if there is no weakness.
  private mutating func weaknessOfWay(to path: String) -> Custody.Weakness? {
    if let known = ways[path] { return known }
    let found = search(path)
    ways[path] = .some(found)
    return found
  }

  private mutating func search(_ path: String) -> Custody.Weakness? {
    let steps = Passage.steps(to: path) { [lookout] in !Self.isRemote($0, lookout) }
    for (index, step) in steps.enumerated() {
      guard let folder = access(to: step.folder), let entry = access(to: step.place) else { return nil }
      if let weakness = custody.weakness(of: entry, in: folder) { return weakness }
      // The target of a link on a remote mount is unknown.
      if entry.kind == .link, Self.isRemote(step.place, lookout) { return nil }
      if index == steps.count - 1, entry.kind != .link { return custody.weakness(of: entry) }
    }
    return nil
  }

  private mutating func access(to path: String) -> FileAccess? {
    if let known = accesses[path] { return known }
    let found = Self.isRemote(path, lookout) ? lookout?.access(to: path) : FileAccess.of(path)
    accesses[path] = .some(found)
    return found
  }

  /// Whether a path is on a remote mount.
  ///
  /// The paths of a step contain no links, so their text is enough.
  private static func isRemote(_ path: String, _ lookout: Lookout?) -> Bool {
    lookout?.silentPaths.lane(of: [path]) != nil
  }

  private static func parent(of path: String) -> String? {
    guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return nil }
    return String(path[..<slash])
  }
}

extension Lookout {
  /// The owners and the mode of a path, without access control lists; nil if it cannot be examined, or does not answer.
  fileprivate func access(to path: String) -> FileAccess? {
    guard case .status(let status) = look(.linkStatus, path) else { return nil }
    let kind: FileAccess.Kind =
      status.isDirectory ? .folder : status.mode & S_IFMT == S_IFLNK ? .link : .file
    return FileAccess(
      path: path, kind: kind, owner: status.user, group: status.group, mode: status.mode & 0o7777)
  }
}
