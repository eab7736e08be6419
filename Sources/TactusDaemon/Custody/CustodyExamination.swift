internal import Glibc
internal import TactusLinux
internal import TactusModel

/// Looks at files and at all that leads to them, each folder once.
struct CustodyExamination {
  let custody: Custody
  private var accesses: [String: FileAccess?] = [:]
  private var ways: [String: Custody.Weakness?] = [:]

  /// Looks at what lies on remote mounts, which may not answer; nil to look at all of it on the caller's thread.
  private let lookout: Lookout?

  init(_ custody: Custody, with lookout: Lookout? = nil) { (self.custody, self.lookout) = (custody, lookout) }

  /// What lets strangers change a file, or put another in its place; nil if they cannot, or nothing is there.
  mutating func weakness(ofFile path: String) -> Custody.Weakness? {
    guard let parent = Self.parent(of: path) else { return weaknessOfWay(to: path) }
    // The folder's way once for all files in it; only a link has more of a way.
    if let weakness = weaknessOfWay(to: parent) { return weakness }
    guard let access = access(to: path) else { return nil }
    return access.kind == .link ? weaknessOfWay(to: path) : custody.weakness(of: access)
  }

  /// What lets strangers change a file that somebody else names; nil if they cannot, or nothing is there.
  ///
  /// It may lie in a folder to which everybody adds files of their own, such as `/tmp`.
  mutating func weakness(ofInput path: String) -> Custody.Weakness? { weaknessOfWay(to: path) }

  /// What lets strangers add files to a folder, or put another in its place; nil if they cannot, or nothing is there.
  mutating func weakness(ofFolder path: String) -> Custody.Weakness? { weaknessOfWay(to: path) }

  /// What lets strangers change what a path names: the first weakness from the root on, and at last that of what is there.
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
      // Where a link on a remote mount leads is not known.
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

  /// Neither path of a step has a link in it, so its words say where it lies.
  private static func isRemote(_ path: String, _ lookout: Lookout?) -> Bool {
    lookout?.silentPaths.lane(of: [path]) != nil
  }

  private static func parent(of path: String) -> String? {
    guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return nil }
    return String(path[..<slash])
  }
}

extension Lookout {
  /// Who may change what a path names, by its mode alone; nil if it cannot be looked at, or does not answer.
  fileprivate func access(to path: String) -> FileAccess? {
    guard case .status(let status) = look(.linkStatus, path) else { return nil }
    let kind: FileAccess.Kind =
      status.isDirectory ? .folder : status.mode & S_IFMT == S_IFLNK ? .link : .file
    return FileAccess(
      path: path, kind: kind, owner: status.user, group: status.group, mode: status.mode & 0o7777)
  }
}
