import CLinux
import Glibc

/// Operations on descriptors.
///
/// Each is close-on-exec from its creation, and errno is read at once.
public enum Descriptor {
  /// The result of a read or a write.
  public enum Transfer: Hashable, Sendable {
    /// The number of bytes, at least one.
    case bytes(Int)
    /// No data or no room at the moment.
    case wouldBlock
    /// The other side has finished.
    ///
    /// For writes, it is gone.
    case end
    /// The errno.
    case failed(Int32)
  }

  /// Creates a pipe, like `pipe2` with `O_CLOEXEC`.
  ///
  /// The ends that the parameters name are non-blocking.
  public static func pipe(
    nonBlockingRead: Bool = false
  ) throws(SystemError) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    _ = try check(tactus_pipe(&ends, nonBlockingRead ? 1 : 0), "create", "a pipe")
    return (ends[0], ends[1])
  }

  /// Opens /dev/null for closed standard descriptors.
  ///
  /// Called first of all, before anything else is opened.
  ///
  /// Otherwise the next socket gets the number of standard output, and printed text goes to its client.
  public static func keepStandard() throws(SystemError) {
    _ = try check(tactus_keep_standard_descriptors(), "keep", "the standard descriptors")
  }

  /// Opens a file, close-on-exec.
  public static func open(_ path: String, _ flags: Int32, mode: UInt32 = 0) throws(SystemError) -> Int32 {
    let descriptor = Glibc.open(path, flags | O_CLOEXEC, mode)
    let code = errno
    guard descriptor >= 0 else { throw SystemError(code: code, operation: "open", subject: path) }
    return descriptor
  }

  /// Makes reads and writes of this open file return at once.
  public static func setNonBlocking(_ descriptor: Int32) throws(SystemError) {
    let flags = fcntl(descriptor, F_GETFL)
    guard flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 else {
      throw SystemError(code: errno, operation: "set non-blocking", subject: "descriptor \(descriptor)")
    }
  }

  /// Reads available bytes into the caller's buffer.
  ///
  /// Continues after a signal.
  public static func read(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
    while true {
      let size = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      let code = errno
      if size > 0 { return .bytes(size) }
      if size == 0 { return .end }
      if code == EINTR { continue }
      return code == EAGAIN ? .wouldBlock : .failed(code)
    }
  }

  /// Writes what fits into a file or a pipe.
  ///
  /// Pipes need SIGPIPE to be ignored, see ``Signals/ignoreBrokenPipes()``.
  public static func write(_ descriptor: Int32, from buffer: UnsafeRawBufferPointer) -> Transfer {
    written { Glibc.write(descriptor, buffer.baseAddress, buffer.count) }
  }

  /// Writes what fits into a socket.
  ///
  /// A closed connection raises no signal.
  public static func send(_ socket: Int32, from buffer: UnsafeRawBufferPointer) -> Transfer {
    written { Glibc.send(socket, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL)) }
  }

  private static func written(_ attempt: () -> Int) -> Transfer {
    while true {
      let size = attempt()
      let code = errno
      if size >= 0 { return .bytes(size) }
      if code == EINTR { continue }
      if code == EPIPE || code == ECONNRESET { return .end }
      return code == EAGAIN ? .wouldBlock : .failed(code)
    }
  }

  /// The inode of an open file, which both ends of a pipe share; nil if the descriptor is not open.
  public static func inode(of descriptor: Int32) -> UInt64? {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? UInt64(status.st_ino) : nil
  }

  /// The number of bytes that can be read now from a pipe or a socket.
  public static func bytesWaiting(in descriptor: Int32) -> Int { max(0, Int(tactus_bytes_waiting(descriptor))) }

  /// Closes a descriptor.
  ///
  /// Traps if it is not open, because closing twice may close a descriptor that another part has opened since.
  public static func close(_ descriptor: Int32) {
    guard Glibc.close(descriptor) != 0, errno == EBADF else { return }
    fatalError("descriptor \(descriptor) was closed twice")
  }
}
