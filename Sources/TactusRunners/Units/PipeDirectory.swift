import Glibc
import TactusLinux

/// The directory in which the pipes of units lie: the daemon's alone, because only that keeps others away from them.
public struct PipeDirectory: Sendable {
  /// Where it is.
  public let path: String

  /// Names one; nothing is made.
  public init(at path: String) { self.path = path }

  /// Why no unit can be started, and the way out.
  public struct Unusable: Error, Hashable, CustomStringConvertible, Sendable {
    /// What is in the way.
    public let reason: String
    /// The command that mends it.
    public let cure: String
    /// Both in one sentence.
    public var description: String { "\(reason): \(cure)" }
  }

  /// What is wrong with what is there; nil if it is as it should be, or can still be made.
  public var fault: Unusable? {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      let code = errno
      if code == ENOENT { return nil }
      return Unusable(
        reason: "\(path) cannot be looked at: \(SystemError.words(for: code))", cure: "see who may enter its parents")
    }
    let owner = Account.name(of: geteuid())
    guard status.st_mode & S_IFMT == S_IFDIR else {
      return Unusable(
        reason: "\(path) is no directory, and the pipes of units have to lie in it",
        cure: "mv \(path) \(path).old (it is made anew when it is needed)")
    }
    guard status.st_uid == geteuid() else {
      return Unusable(
        reason: "\(path) belongs to \(Account.name(of: status.st_uid)), and has to be \(owner)'s",
        cure: "chown -R \(owner): \(path)")
    }
    return nil
  }

  /// Makes it, unless it is there, and keeps others out of it.
  func make() throws {
    guard mkdir(path, 0o700) != 0 else { return }
    let code = errno
    guard code == EEXIST else { throw SystemError(code: code, operation: "make", subject: path) }
    if let fault { throw fault }
    let descriptor = try Descriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    defer { Descriptor.close(descriptor) }
    guard fchmod(descriptor, 0o700) == 0 else {
      throw SystemError(code: errno, operation: "close to others", subject: path)
    }
  }
}
