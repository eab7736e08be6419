import Glibc

/// An exclusive lock on a file that names its holder.
///
/// It is released when the process ends for any reason.
///
/// The file remains, because removing it would let two processes hold two locks of the same name.
public final class FileLock: Sendable {
  private let descriptor: Int32

  /// Another process holds the lock.
  public struct Held: Error, Hashable, Sendable, CustomStringConvertible {
    /// The lock file.
    public var path: String
    /// The holder; nil if the file does not name it.
    public var process: Int?
    /// The holder's command line; nil if it cannot be read.
    public var command: String?

    /// The message for the operator.
    public var description: String {
      guard let process else { return "\(path) is held by another process" }
      guard let command else { return "\(path) is held by process \(process)" }
      return "\(path) is held by process \(process) (\(command))"
    }
  }

  /// Takes the lock at once.
  ///
  /// Throws ``Held``, or ``SystemError`` if the file cannot be used.
  public init(at path: String) throws {
    let descriptor = try Descriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, mode: 0o600)
    do throws(SystemError) { try Self.expectRegular(descriptor, path) } catch {
      Descriptor.close(descriptor)
      throw error
    }
    // A lock of the open file description. Unlike a lock of flock(2), it can be queried. Unlike other locks of
    // fcntl(2), it remains when another part of the process closes the file.
    var whole = Self.exclusive
    guard fcntl(descriptor, Self.setLock, &whole) == 0 else {
      let code = errno
      Descriptor.close(descriptor)
      guard code == EAGAIN || code == EACCES else { throw SystemError(code: code, operation: "lock", subject: path) }
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

  /// Whether a process holds the lock.
  ///
  /// The check does not take it, so it disturbs no other process.
  ///
  /// Throws ``SystemError`` if the file cannot be inspected. A missing file is not held.
  public static func isHeld(at path: String) throws(SystemError) -> Bool {
    let descriptor: Int32
    do { descriptor = try Descriptor.open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK) } catch {
      if error.code == ENOENT { return false }
      throw error
    }
    defer { Descriptor.close(descriptor) }
    var found = exclusive
    guard fcntl(descriptor, getLock, &found) == 0 else {
      throw SystemError(code: errno, operation: "query the lock of", subject: path)
    }
    return found.l_type != Int16(F_UNLCK)
  }

  /// The process writes to the lock file, so it must not be a link or a device.
  private static func expectRegular(_ descriptor: Int32, _ path: String) throws(SystemError) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw SystemError(code: errno, operation: "access", subject: path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw SystemError(code: EINVAL, operation: "lock", subject: "\(path), which is not a regular file")
    }
  }

  /// F_OFD_GETLK and F_OFD_SETLK, which the Glibc module lacks. Source: fcntl(2), <bits/fcntl-linux.h>
  private static let (getLock, setLock): (Int32, Int32) = (36, 37)

  /// The whole file.
  private static var exclusive: flock {
    flock(l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
  }

  deinit {
    // Released explicitly, because a child between fork and exec holds a copy of the descriptor and the lock.
    var whole = Self.exclusive
    whole.l_type = Int16(F_UNLCK)
    _ = fcntl(descriptor, Self.setLock, &whole)
    Descriptor.close(descriptor)
  }
}
