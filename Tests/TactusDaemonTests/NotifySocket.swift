import Dispatch
import Glibc
import Synchronization
import TactusLinux
import TactusTestSupport

/// The other end of `NOTIFY_SOCKET`, as a service manager holds it; sd_notify(3).
///
/// It is read all the time, as a service manager does: a daemon waits that tells more than ten messages to nobody.
final class NotifySocket: Sendable {
  /// As `NOTIFY_SOCKET` spells it.
  let path: String
  private let descriptor: Int32
  private let source: Mutex<any DispatchSourceRead>
  private let inbox = Inbox()

  /// Lines that nobody has asked for yet.
  private final class Inbox: Sendable {
    let lines = Mutex<[String]>([])
  }

  /// Listens at a path that is not there yet.
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
      guard ContinuousClock.now < deadline else {
        throw TimedOut("\(what) from process \(process.process)", after: limit)
      }
      // The source has its own thread; this one looks every 20 ms, and at once when the process ends.
      var entry = pollfd(fd: process.descriptor, events: Int16(POLLIN), revents: 0)
      _ = poll(&entry, 1, 20)
    }
  }

  /// The lines of all messages that are there.
  @discardableResult
  func drain() -> [String] {
    inbox.lines.withLock { lines in
      defer { lines = [] }
      return lines + Self.receive(from: descriptor)
    }
  }

  /// The first line that is wanted; those before it are passed over.
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
