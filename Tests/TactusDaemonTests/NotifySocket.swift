import Glibc
import Synchronization
import TactusLinux
import TactusTestSupport

/// The other end of `NOTIFY_SOCKET`, as a service manager holds it; sd_notify(3).
final class NotifySocket: Sendable {
  /// As `NOTIFY_SOCKET` spells it.
  let path: String
  private let descriptor: Int32
  /// Lines that came in one message with one that was waited for, and behind it.
  private let rest = Mutex<[String]>([])

  /// Listens at a path that is not there yet.
  init(at path: String) throws {
    self.path = path
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let answer = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
    }
    guard answer == 0 else { throw SystemError(code: errno, operation: "listen at", subject: path) }
  }

  deinit {
    Descriptor.close(descriptor)
    unlink(path)
  }

  /// Waits on this thread for a message with this line; false if the process ends before.
  func wait(for line: String, from process: ProcessHandle, within limit: Duration) throws -> Bool {
    try wait(for: line, from: process, within: limit) { $0 == line } != nil
  }

  /// Waits on this thread for a message with a line that is wanted, and answers it; nil if the process ends before.
  func wait(
    for what: String, from process: ProcessHandle, within limit: Duration, _ isWanted: (String) -> Bool
  ) throws -> String? {
    let deadline = ContinuousClock.now + limit
    while true {
      if let line = take(isWanted) { return line }
      if process.hasEnded { return take(isWanted) }
      let rest = deadline - .now
      guard rest > .zero else { throw TimedOut("\(what) from process \(process.process)", after: limit) }
      var entries = [descriptor, process.descriptor].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      _ = poll(&entries, nfds_t(entries.count), Int32(rest / .milliseconds(1)) + 1)
    }
  }

  /// The lines of all messages that are there.
  @discardableResult
  func drain() -> [String] {
    rest.withLock { rest in
      defer { rest = [] }
      return rest + receive()
    }
  }

  /// The first line that is wanted; those before it are passed over.
  private func take(_ isWanted: (String) -> Bool) -> String? {
    rest.withLock { rest in
      rest += receive()
      guard let index = rest.firstIndex(where: isWanted) else {
        rest = []
        return nil
      }
      defer { rest.removeFirst(index + 1) }
      return rest[index]
    }
  }

  private func receive() -> [String] {
    var lines: [String] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let size = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      guard size > 0 else { return lines }
      lines += String(decoding: buffer.prefix(size), as: UTF8.self).split(separator: "\n").map(String.init)
    }
  }
}
