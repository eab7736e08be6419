import CLinux
import Glibc

/// The reason why a user cannot execute a program or enter a directory: the cause of "Permission denied".
public enum Obstacle: Hashable, Sendable {
  /// A directory in the path that the user may not enter, possibly the last one.
  case directory(String)
  /// The mode of the program.
  case program(String)
  /// The path is not a regular file, but a directory or a device.
  case noFile(String)
  /// The program is on a file system that is mounted noexec.
  case fileSystem(String)

  /// The obstacle to executing a program, for an account or for this process; nil if modes and mounts show none.
  static func toExecuting(_ path: String, as account: Account?) -> Obstacle? {
    if let closed = closed(in: path, to: account) { return .directory(closed) }
    guard let status = status(of: path) else { return nil }
    guard status.st_mode & S_IFMT == S_IFREG else { return .noFile(path) }
    var system = statvfs()
    // ST_NOEXEC of statvfs(3), which only GNU's headers define.
    if statvfs(path, &system) == 0, system.f_flag & 8 != 0 { return .fileSystem(path) }
    return mayPass(path, status, account) ? nil : .program(path)
  }

  /// The obstacle to entering a directory, for an account or for this process; nil if modes show none.
  static func toEntering(_ directory: String, as account: Account?) -> Obstacle? {
    // Its parent is reached through it.
    closed(in: "\(directory)/..", to: account).map { .directory($0) }
  }

  /// The text to append to "Permission denied": the obstacle and the way out, without a final full stop.
  ///
  /// - Parameter name: the name of the user who is stopped.
  public func sentence(for name: String) -> String {
    switch self {
    case .directory(let path):
      "\(name) may not enter \(path) (\(FileOwner.text(of: path))). Open it to \(name), or use another place"
    case .program(let path):
      "\(name) may not execute it (\(FileOwner.text(of: path))). Run chmod a+rx \(path), for example"
    case .noFile: "it is not a regular file"
    case .fileSystem: "its file system is mounted noexec. Put the program on another one"
    }
  }

  /// The first directory on the way to a file that the account may not enter; nil if it may enter all.
  private static func closed(in path: String, to account: Account?) -> String? {
    Passage.closedFolder(to: path) { directory in
      guard let status = status(of: directory), status.st_mode & S_IFMT == S_IFDIR else { return true }
      return mayPass(directory, status, account)
    }
  }

  /// Whether an account may execute a file of this status, or enter a directory.
  private static func mayPass(_ path: String, _ status: stat, _ account: Account?) -> Bool {
    guard let account else { return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 }
    // With an access control list, the group bits are its mask, and the list may name the account: acl(5).
    return account.mayPass(status) || tactus_attribute(path, "system.posix_acl_access", nil, 0) > 0
  }

  private static func status(of path: String) -> stat? {
    var status = stat()
    return stat(path, &status) == 0 ? status : nil
  }
}

extension Account {
  /// Whether the mode lets the account execute a file or enter a directory: path_resolution(7).
  func mayPass(_ status: stat) -> Bool {
    if user == 0 { return status.st_mode & S_IFMT == S_IFDIR || status.st_mode & 0o111 != 0 }
    let isOurs = status.st_gid == group || groups.contains(status.st_gid)
    let shift: mode_t = status.st_uid == user ? 6 : isOurs ? 3 : 0
    return status.st_mode >> shift & 1 != 0
  }
}
