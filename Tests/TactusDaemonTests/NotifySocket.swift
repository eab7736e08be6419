import Dispatch
import Glibc
import Synchronization
import TactusLinux
import TactusTestSupport

/// The service manager's end of `NOTIFY_SOCKET`; see sd_notify(3).
///
/// It reads all messages at once, as a service manager does. A daemon would block after about ten unread messages.
final class NotifySocket: Sendable {
  /// The value of `NOTIFY_SOCKET`.
  let path: String
  private let descriptor: Int32
  private let source: Mutex<any DispatchSourceRead>
  private let inbox = Inbox()

  /// Received lines that no test has read yet.
  private final class Inbox: Sendable {
    let lines = Mutex<[String]>([])
  }

  /// Listens at a path that must not exist.
  init(at path: String) throws {
    self.path = path
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let answer = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
    }
    guard answer == 0 else { throw SystemError(code: errno, operation: "listen at", subject: path) }
    self.descriptor = descriptor
    let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: DispatchQueue(label: "test.notify"))
    source.setEventHandler { @Sendable [inbox] in
      inbox.lines.withLock { $0 += NotifySocket.receive(from: descriptor) }
    }
    source.setCancelHandler { @Sendable in Descriptor.close(descriptor) }
    source.activate()
    self.source = Mutex(source)
  }

  deinit {
    source.withLock { $0.cancel() }
    unlink(path)
  }

  /// Blocks until a message with this line arrives, and returns false if the process ends first.
  func wait(for line: String, from process: ProcessHandle, within limit: Duration) throws -> Bool {
    try wait(for: line, from: process, within: limit) { $0 == line } != nil
  }

  /// Blocks until a message with a matching line arrives, and returns the line.
  ///
  /// Nil if the process ends first.
  func wait(
    for what: String, from process: ProcessHandle, within limit: Duration, _ isWanted: (String) -> Bool
  ) throws -> String? {
    let deadline = ContinuousClock.now + limit
    while true {
      if let line = take(isWanted) { return line }
      if process.hasEnded { return take(isWanted) }
      guard ContinuousClock.now < deadline else {
        throw TimedOut("\(what) from process \(process.process)", after: limit)
      }
      // Another thread receives. This thread checks every 20 ms, and at once when the process ends.
      var entry = pollfd(fd: process.descriptor, events: Int16(POLLIN), revents: 0)
      _ = poll(&entry, 1, 20)
    }
  }

  /// Removes and returns all lines received so far.
  @discardableResult
  func drain() -> [String] {
    inbox.lines.withLock { lines in
      defer { lines = [] }
      return lines + Self.receive(from: descriptor)
    }
  }

  /// Removes and returns the first matching line, and discards the lines before it.
  private func take(_ isWanted: (String) -> Bool) -> String? {
    inbox.lines.withLock { lines in
      lines += Self.receive(from: descriptor)
      guard let index = lines.firstIndex(where: isWanted) else {
        lines = []
        return nil
      }
      defer { lines.removeFirst(index + 1) }
      return lines[index]
    }
  }

  private static func receive(from descriptor: Int32) -> [String] {
    var lines: [String] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let size = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      guard size > 0 else { return lines }
      lines += String(decoding: buffer.prefix(size), as: UTF8.self).split(separator: "\n").map(String.init)
    }
  }
}
