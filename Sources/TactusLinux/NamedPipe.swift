import CLinux
import Glibc

/// A pipe with a name, fifo(7), that outlives who reads it.
public enum NamedPipe {
  /// Makes a pipe that whoever has a descriptor of it may open again, or leaves the one that is there.
  ///
  /// The directory is what keeps everybody else out.
  public static func make(_ path: String) throws(SystemError) {
    if mkfifo(path, 0o600) != 0 {
      let code = errno
      var status = stat()
      let isPipe = code == EEXIST && lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
      guard isPipe else { throw SystemError(code: code, operation: "make", subject: path) }
    }
    // Not by the mode above, which the umask cuts: /dev/stdout leads to the file, and the job may be anybody.
    let descriptor = try open(path, O_RDWR | O_NONBLOCK)
    defer { Descriptor.close(descriptor) }
    guard fchmod(descriptor, 0o666) == 0 else {
      throw SystemError(code: errno, operation: "open to jobs", subject: path)
    }
  }

  /// The end that is read, non-blocking; it needs no writer, and is one itself, because only writers are told by poll(2)
  /// whether a pipe is full.
  public static func openReader(_ path: String) throws(SystemError) -> Int32 {
    try open(path, O_RDWR | O_NONBLOCK)
  }

  /// An end that is both, so that its owner is never told that nobody reads, and nobody else that nobody writes.
  public static func openBoth(_ path: String) throws(SystemError) -> Int32 { try open(path, O_RDWR) }

  /// Opens a pipe; neither a link nor another thing of that name.
  private static func open(_ path: String, _ flags: Int32) throws(SystemError) -> Int32 {
    let descriptor = try Descriptor.open(path, flags | O_NOFOLLOW)
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else {
      Descriptor.close(descriptor)
      throw SystemError(code: EINVAL, operation: "open", subject: "\(path), which is no pipe")
    }
    return descriptor
  }

  /// Whether who writes waits now until somebody reads: all its pages are used, however few bytes are in them.
  ///
  /// Source: `pipe_poll` and `pipe_full` of Linux.
  public static func isFull(_ reader: Int32) -> Bool {
    var entry = pollfd(fd: reader, events: Int16(POLLOUT), revents: 0)
    return poll(&entry, 1, 0) == 0
  }
}

/// Looks at what is in a pipe without taking it out, tee(2), and takes out of it without looking, splice(2).
public final class PipeView {
  private let ends: (read: Int32, write: Int32)
  private let null: Int32

  /// Makes the pipe that copies go through, and opens the file that everything else goes to.
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

  /// Takes the oldest bytes out of a pipe, so many as there are.
  ///
  /// Not by read(2), which takes a whole packet for a part of it where a writer has set O_DIRECT: pipe(2).
  public func discard(_ count: Int, from descriptor: Int32) {
    var rest = count
    while rest > 0 {
      let moved = Int(tactus_splice(descriptor, null, UInt(rest)))
      if moved == -Int(EINTR) { continue }
      guard moved > 0 else { return }
      rest -= moved
    }
  }

  /// Copies the oldest bytes of a pipe, as many as fit, and answers their number.
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
