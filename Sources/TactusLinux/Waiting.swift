import Glibc
import TactusModel

extension Descriptor {
  /// Waits until one of several can be read, or has ended; goes on when a signal comes in between.
  ///
  /// The corresponding C function is `poll`. For programs that do one thing at a time; a daemon has a ``Poller``.
  /// - Parameter span: how long at most; nil means for ever.
  /// - Returns: the first that is ready; nil when the time is over.
  public static func waitToRead(_ descriptors: [Int32], for span: Duration?) throws(SystemError) -> Int32? {
    var entries = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    let deadline = span.map { SystemTime().monotonic + $0 }
    while true {
      // Rounded up: what is about to come is not given up a moment before.
      let rest = deadline.map { max(.zero, $0 - SystemTime().monotonic + .microseconds(999)).milliseconds }
      let count = poll(&entries, nfds_t(entries.count), rest.map { Int32(min($0, 86_400_000)) } ?? -1)
      let code = errno
      if count > 0 { return entries.first { $0.revents != 0 }?.fd }
      if count < 0 && code != EINTR { throw SystemError(code: code, operation: "wait for", subject: "descriptors") }
      if count == 0, let deadline, deadline <= SystemTime().monotonic { return nil }
    }
  }
}
