import Glibc
import TactusLinux

/// The directory of the pipes of units.
///
/// It belongs to the daemon alone, which keeps other users away from the pipes.
public struct PipeDirectory: Sendable {
  /// Its path.
  public let path: String

  /// Names a directory without creating it.
  public init(at path: String) { self.path = path }

  /// The reason why no unit can be started, and the way out.
  public struct Unusable: Error, Hashable, CustomStringConvertible, Sendable {
    /// The obstacle.
    public let reason: String
    /// The command that fixes it.
    public let cure: String
    /// The obstacle and the way out.
    public var description: String { "\(reason). Run \(cure)" }
  }

  /// The fault of the existing directory; nil if it is usable, or can still be created.
  public var fault: Unusable? {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      let code = errno
      if code == ENOENT { return nil }
      return Unusable(
        reason: "\(path) cannot be accessed: \(SystemError.words(for: code))",
        cure: "namei -l \(path) to find the directory that \(Account.name(of: geteuid())) may not enter")
    }
    let owner = Account.name(of: geteuid())
    guard status.st_mode & S_IFMT == S_IFDIR else {
      return Unusable(
        reason: "\(path) is not a directory, but must hold the pipes of units",
        cure: "mv \(path) \(path).old (tactusd creates it again when needed)")
    }
    guard status.st_uid == geteuid() else {
      return Unusable(
        reason: "\(path) belongs to \(Account.name(of: status.st_uid)) instead of \(owner)",
        cure: "chown -R \(owner): \(path)")
    }
    return nil
  }

  /// Creates it unless it exists, and closes it to other users.
  func make() throws {
    guard mkdir(path, 0o700) != 0 else { return }
    let code = errno
    guard code == EEXIST else { throw SystemError(code: code, operation: "create", subject: path) }
    if let fault { throw fault }
    let descriptor = try Descriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    defer { Descriptor.close(descriptor) }
    guard fchmod(descriptor, 0o700) == 0 else {
      throw SystemError(code: errno, operation: "change the mode of", subject: path)
    }
  }
}
