import Foundation
import Glibc
import Synchronization

/// A server on 127.0.0.1 that runs a script of the test for each connection, on threads that may block.
public final class LoopbackServer: Sendable {
  /// The port that the system chose.
  public let port: Int
  private let sockets: OpenSockets

  /// Listens, and runs the script for each connection on a separate thread.
  public init(_ script: @escaping @Sendable (LoopbackConnection) -> Void) {
    let (listener, port) = Self.listen()
    self.port = port
    let sockets = OpenSockets()
    self.sockets = sockets
    sockets.enter(listener)
    Thread.detachNewThread {
      while true {
        let descriptor = accept(listener, nil, nil)
        guard descriptor >= 0 else { break }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        sockets.enter(descriptor)
        let thread = Thread {
          script(LoopbackConnection(descriptor: descriptor))
          sockets.close(descriptor)
        }
        thread.stackSize = 256 << 10
        thread.start()
      }
      sockets.close(listener)
    }
  }

  deinit { stop() }

  /// `http://127.0.0.1:port` and the path.
  public func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

  /// Refuses new connections and ends the open ones.
  public func stop() { sockets.shutDown() }

  private static func listen() -> (listener: Int32, port: Int) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let length = size
    let isListening = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && Glibc.listen(listener, 1024) == 0 && getsockname(listener, $0, &size) == 0
      }
    }
    guard isListening else { fatalError("no server on the loopback: \(String(cString: strerror(errno)))") }
    return (listener, Int(in_port_t(bigEndian: address.sin_port)))
  }
}

/// The sockets of one server.
///
/// One lock protects shutdown and close, because the number of a closed descriptor may be reused for another file.
private final class OpenSockets: Sendable {
  private let open = Mutex<Set<Int32>>([])

  func enter(_ descriptor: Int32) { _ = open.withLock { $0.insert(descriptor) } }

  func close(_ descriptor: Int32) {
    open.withLock { open in
      open.remove(descriptor)
      Glibc.close(descriptor)
    }
  }

  func shutDown() {
    open.withLock { open in for descriptor in open { shutdown(descriptor, Int32(SHUT_RDWR)) } }
  }
}

/// One accepted connection, which is closed when the script returns.
public struct LoopbackConnection: Sendable {
  let descriptor: Int32

  /// Receives a request with its body, or returns nil if the client disconnects first.
  public func request() -> String? {
    var bytes: [UInt8] = []
    var expected: Int?
    while true {
      let text = String(decoding: bytes, as: UTF8.self)
      if expected == nil, let head = text.range(of: "\r\n\r\n") {
        let length = text[..<head.lowerBound].split(separator: "\r\n")
          .first { $0.lowercased().hasPrefix("content-length:") }
          .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) }
        expected = text[..<head.upperBound].utf8.count + (length ?? 0)
      }
      if let expected, bytes.count >= expected { return text }
      var buffer = [UInt8](repeating: 0, count: 4096)
      let size = recv(descriptor, &buffer, buffer.count, 0)
      guard size > 0 else { return nil }
      bytes += buffer.prefix(size)
    }
  }

  /// Sends the whole text, and returns false if the client has disconnected.
  @discardableResult
  public func send(_ text: String) -> Bool { send(Array(text.utf8)) }

  /// Sends all bytes, and returns false if the client has disconnected.
  @discardableResult
  public func send(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let size = bytes[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard size > 0 else { return false }
      sent += size
    }
    return true
  }

  /// Answers with a status line, header lines including Content-Length, and a body.
  @discardableResult
  public func answer(_ status: String, headers: [String] = [], body: String = "") -> Bool {
    let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)", "Connection: close"] + headers
    return send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
  }

  /// Returns when the client has closed its side.
  public func waitForEnd() {
    var byte: UInt8 = 0
    while recv(descriptor, &byte, 1, 0) > 0 {}
  }
}
