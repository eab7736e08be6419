import Glibc
import TactusLinux

/// The other end of `NOTIFY_SOCKET`, as a service manager holds it; sd_notify(3).
final class NotifySocket: Sendable {
  /// As `NOTIFY_SOCKET` spells it.
  let path: String
  private let descriptor: Int32

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
    let deadline = ContinuousClock.now + limit
    while true {
      if receive().contains(line) { return true }
      if process.hasEnded { return receive().contains(line) }
      let rest = deadline - .now
      guard rest > .zero else { throw TimedOut("\(line) from process \(process.process)", after: limit) }
      var entries = [descriptor, process.descriptor].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      _ = poll(&entries, nfds_t(entries.count), Int32(rest / .milliseconds(1)) + 1)
    }
  }

  /// The lines of all messages that are there.
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
