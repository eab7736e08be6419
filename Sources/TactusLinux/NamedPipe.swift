import CLinux
import Glibc

/// A named pipe, fifo(7), which outlives its readers.
public enum NamedPipe {
  /// Creates a pipe that every holder of a descriptor may reopen.
  ///
  /// An existing pipe is kept.
  ///
  /// Its directory keeps other users out.
  public static func make(_ path: String) throws(SystemError) {
    if mkfifo(path, 0o600) != 0 {
      let code = errno
      var status = stat()
      let isPipe = code == EEXIST && lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
      guard isPipe else { throw SystemError(code: code, operation: "create", subject: path) }
    }
    // Set separately, because the umask reduces the mode above. /dev/stdout leads to the file, and the job may run as
    // any user.
    let descriptor = try open(path, O_RDWR | O_NONBLOCK)
    defer { Descriptor.close(descriptor) }
    guard fchmod(descriptor, 0o666) == 0 else {
      throw SystemError(code: errno, operation: "change the mode of", subject: path)
    }
  }

  /// Opens a pipe for reading, non-blocking and without waiting for a writer.
  ///
  /// The descriptor also writes, because poll(2) shows only writers whether a pipe is full.
  public static func openReader(_ path: String) throws(SystemError) -> Int32 {
    try open(path, O_RDWR | O_NONBLOCK)
  }

  /// Opens a pipe for both.
  ///
  /// Its owner then never loses its reader, and readers never see the end of the pipe.
  public static func openBoth(_ path: String) throws(SystemError) -> Int32 { try open(path, O_RDWR) }

  /// Opens a pipe.
  ///
  /// Refuses links and other files.
  private static func open(_ path: String, _ flags: Int32) throws(SystemError) -> Int32 {
    let descriptor = try Descriptor.open(path, flags | O_NOFOLLOW)
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else {
      Descriptor.close(descriptor)
      throw SystemError(code: EINVAL, operation: "open", subject: "\(path), which is not a named pipe")
    }
    return descriptor
  }

  /// Whether writers block until something is read: all pages of the pipe are used, even if they hold few bytes.
  ///
  /// Source: `pipe_poll` and `pipe_full` of Linux
  public static func isFull(_ reader: Int32) -> Bool {
    var entry = pollfd(fd: reader, events: Int16(POLLOUT), revents: 0)
    return poll(&entry, 1, 0) == 0
  }
}

/// Copies the content of a pipe without consuming it, tee(2), and consumes it without reading it, splice(2).
public final class PipeView {
  private let ends: (read: Int32, write: Int32)
  private let null: Int32

  /// Creates the pipe for copies, and opens the file that discarded bytes go to.
  public init() throws(SystemError) {
    let null = try Descriptor.open("/dev/null", O_WRONLY)
    do throws(SystemError) { ends = try Descriptor.pipe(nonBlockingRead: true) } catch {
      Descriptor.close(null)
      throw error
    }
    self.null = null
  }

  deinit {
    Descriptor.close(ends.read)
    Descriptor.close(ends.write)
    Descriptor.close(null)
  }

  /// Discards the oldest bytes of a pipe, or as many as there are.
  ///
  /// It avoids read(2), which consumes a whole packet for a partial read if a writer has set O_DIRECT: pipe(2).
  public func discard(_ count: Int, from descriptor: Int32) {
    var rest = count
    while rest > 0 {
      let moved = Int(tactus_splice(descriptor, null, UInt(rest)))
      if moved == -Int(EINTR) { continue }
      guard moved > 0 else { return }
      rest -= moved
    }
  }

  /// Copies the oldest bytes of a pipe, as many as fit.
  ///
  /// Returns their number.
  public func look(into buffer: UnsafeMutableRawBufferPointer, at descriptor: Int32) -> Int {
    let copied = Int(tactus_tee(descriptor, ends.write, UInt(buffer.count)))
    guard copied > 0 else { return 0 }
    var size = 0
    while size < copied {
      guard
        case .bytes(let read) = Descriptor.read(
          ends.read, into: UnsafeMutableRawBufferPointer(rebasing: buffer[size..<copied]))
      else { fatalError("a pipe has fewer bytes than were copied into it") }
      size += read
    }
    return size
  }
}
