import CLinux
import Glibc

/// What keeps a user from executing a program, or from entering a directory: what is behind "Permission denied".
public enum Obstacle: Hashable, Sendable {
  /// A directory, the last of the path or one before, that the user may not enter.
  case directory(String)
  /// The program, by its mode.
  case program(String)
  /// What is there is no file: a directory, a device.
  case noFile(String)
  /// The program is on a file system that is mounted noexec.
  case fileSystem(String)

  /// What keeps an account, or this process, from executing a program; nil for what modes and mounts do not tell.
  static func toExecuting(_ path: String, as account: Account?) -> Obstacle? {
    if let closed = closed(in: path, to: account) { return .directory(closed) }
    guard let status = status(of: path) else { return nil }
    guard status.st_mode & S_IFMT == S_IFREG else { return .noFile(path) }
    var system = statvfs()
    // ST_NOEXEC of statvfs(3), which only GNU's headers have.
    if statvfs(path, &system) == 0, system.f_flag & 8 != 0 { return .fileSystem(path) }
    return mayPass(path, status, account) ? nil : .program(path)
  }

  /// What keeps an account, or this process, from entering a directory.
  static func toEntering(_ directory: String, as account: Account?) -> Obstacle? {
    // The way out of it leads through it.
    closed(in: "\(directory)/..", to: account).map { .directory($0) }
  }

  /// A sentence without a full stop that goes on behind "Permission denied".
  /// - Parameter name: of the user whom it stops.
  public func sentence(for name: String) -> String {
    switch self {
    case .directory(let path):
      "\(name) may not enter \(path) (\(FileOwner.text(of: path))): open it to \(name), or use another place"
    case .program(let path): "\(name) may not execute it (\(FileOwner.text(of: path))): for example chmod a+rx \(path)"
    case .noFile: "it is not a regular file"
    case .fileSystem: "its file system is mounted noexec: put the program on another"
    }
  }

  /// The first directory on the way to a file that the account may not enter.
  private static func closed(in path: String, to account: Account?) -> String? {
    Passage.closedFolder(to: path) { directory in
      guard let status = status(of: directory), status.st_mode & S_IFMT == S_IFDIR else { return true }
      return mayPass(directory, status, account)
    }
  }

  /// The right to execute a file, or to enter a directory, of that status.
  private static func mayPass(_ path: String, _ status: stat, _ account: Account?) -> Bool {
    guard let account else { return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 }
    // With an access control list the group's bits are its mask, and others may be named in it: acl(5).
    return account.mayPass(status) || tactus_attribute(path, "system.posix_acl_access", nil, 0) > 0
  }

  private static func status(of path: String) -> stat? {
    var status = stat()
    return stat(path, &status) == 0 ? status : nil
  }
}

extension Account {
  /// Whether the mode lets it execute a file, or enter a directory: path_resolution(7).
  func mayPass(_ status: stat) -> Bool {
    if user == 0 { return status.st_mode & S_IFMT == S_IFDIR || status.st_mode & 0o111 != 0 }
    let isOurs = status.st_gid == group || groups.contains(status.st_gid)
    let shift: mode_t = status.st_uid == user ? 6 : isOurs ? 3 : 0
    return status.st_mode >> shift & 1 != 0
  }
}
