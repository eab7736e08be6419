import Glibc
import TactusModel

/// Waits of a single-threaded program for several descriptors, by poll(2).
public enum DescriptorWait {
  /// Waits until at least one descriptor can be read or written, or a time has passed.
  ///
  /// Without a limit it waits forever.
  ///
  /// A descriptor whose other side is gone counts as ready: the read or write shows the reason.
  ///
  /// - Parameter limit: rounded up to whole milliseconds.
  /// - Returns: the ready descriptors; none if the time has passed.
  public static func ready(
    toRead readers: [Int32], toWrite writers: [Int32] = [], within limit: Duration?
  ) throws(SystemError) -> (readers: Set<Int32>, writers: Set<Int32>) {
    var entries =
      readers.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      + writers.map { pollfd(fd: $0, events: Int16(POLLOUT), revents: 0) }
    let milliseconds = limit.map { Int32(clamping: max(0, $0.microseconds + 999) / 1000) } ?? -1
    let count = poll(&entries, nfds_t(entries.count), milliseconds)
    let code = errno
    guard count >= 0 || code == EINTR else {
      throw SystemError(code: code, operation: "wait for", subject: "descriptors")
    }
    guard count > 0 else { return ([], []) }
    func ready(_ entries: ArraySlice<pollfd>) -> Set<Int32> { Set(entries.filter { $0.revents != 0 }.map(\.fd)) }
    return (ready(entries[..<readers.count]), ready(entries[readers.count...]))
  }

  /// Waits until one descriptor can be read, or a time has passed.
  ///
  /// Without a limit it waits forever.
  ///
  /// Continues after a signal.
  ///
  /// - Returns: the first ready descriptor, in the order of the argument; nil if the time has passed.
  public static func first(toRead readers: [Int32], within limit: Duration?) throws(SystemError) -> Int32? {
    let deadline = limit.map { SystemTime().monotonic + $0 }
    while true {
      let rest = deadline.map { max(.zero, $0 - SystemTime().monotonic) }
      let ready = try ready(toRead: readers, within: rest).readers
      if let first = readers.first(where: ready.contains) { return first }
      if let deadline, deadline <= SystemTime().monotonic { return nil }
    }
  }
}
