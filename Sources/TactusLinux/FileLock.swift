import Glibc

/// An exclusive lock by a file that names its holder, let go when the process ends, however it ends.
///
/// The file stays, because removing it would let two processes hold two locks of the same name.
public final class FileLock: Sendable {
  private let descriptor: Int32

  /// Somebody else holds the lock.
  public struct Held: Error, Hashable, Sendable, CustomStringConvertible {
    /// The lock file.
    public var path: String
    /// The holder, if the file says so.
    public var process: Int?
    /// Its command line, if it can be read.
    public var command: String?

    /// A sentence for the operator.
    public var description: String {
      guard let process else { return "\(path) is held by another process" }
      guard let command else { return "\(path) is held by process \(process)" }
      return "\(path) is held by process \(process) (\(command))"
    }
  }

  /// Takes the lock at once, or throws ``Held``, or ``SystemError`` when the file cannot be used.
  public init(at path: String) throws {
    let descriptor = try Descriptor.open(path, O_RDWR | O_CREAT, mode: 0o600)
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      Descriptor.close(descriptor)
      guard code == EWOULDBLOCK else { throw SystemError(code: code, operation: "lock", subject: path) }
      let holder = SmallFile.text(path).flatMap { Int($0.prefix { $0.isWholeNumber }) }
      throw Held(path: path, process: holder, command: holder.flatMap(ProcessTable.command))
    }
    let text = "\(getpid())\n"
    guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.utf8.count, 0) == text.utf8.count else {
      let code = errno
      Descriptor.close(descriptor)
      throw SystemError(code: code, operation: "write", subject: path)
    }
    self.descriptor = descriptor
  }

  deinit {
    // Said aloud, because a child between fork and exec holds a copy of the descriptor, and the lock with it.
    flock(descriptor, LOCK_UN)
    Descriptor.close(descriptor)
  }
}
