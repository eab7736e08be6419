import Foundation
import Glibc
import TactusLinux
import Testing

/// A temporary directory, removed with its contents at the end.
struct Scratch: ~Copyable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "tactus-linux-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }  // leftovers of a test do not matter
}

@Suite("Descriptors, sockets, locks")
struct DescriptorTests {
  private func isCloseOnExec(_ descriptor: Int32) -> Bool { fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0 }

  /// Waits until the other end is closed: between fork and exec, a child of another test has a copy of it for a moment.
  private func waitForHangUp(_ descriptor: Int32) {
    var state = pollfd(fd: descriptor, events: 0, revents: 0)
    // The time-out only limits a failure.
    #expect(poll(&state, 1, 60_000) == 1 && state.revents & Int16(POLLHUP) != 0)
  }

  @Test("Reads report bytes, no data yet, and the end")
  func transfers() throws {
    let pipe = try Descriptor.pipe(nonBlockingRead: true)
    #expect(isCloseOnExec(pipe.read) && isCloseOnExec(pipe.write))
    var buffer = [UInt8](repeating: 0, count: 16)
    #expect(buffer.withUnsafeMutableBytes { Descriptor.read(pipe.read, into: $0) } == .wouldBlock)
    #expect([1, 2, 3].withUnsafeBytes { Descriptor.write(pipe.write, from: $0) } == .bytes(24))
    #expect(Descriptor.bytesWaiting(in: pipe.read) == 24)
    #expect(buffer.withUnsafeMutableBytes { Descriptor.read(pipe.read, into: $0) } == .bytes(16))
    Descriptor.close(pipe.write)
    #expect(buffer.withUnsafeMutableBytes { Descriptor.read(pipe.read, into: $0) } == .bytes(8))
    waitForHangUp(pipe.read)
    #expect(buffer.withUnsafeMutableBytes { Descriptor.read(pipe.read, into: $0) } == .end)
    Descriptor.close(pipe.read)
    #expect(buffer.withUnsafeMutableBytes { Descriptor.read(-1, into: $0) } == .failed(EBADF))
  }

  @Test("Closing twice traps")
  func doubleClose() async {
    await #expect(processExitsWith: .failure) { Descriptor.close(1000) }
  }

  @Test("A file that cannot be opened is reported with a message")
  func sentence() {
    #expect(throws: SystemError(code: ENOENT, operation: "open", subject: "/no/such")) {
      _ = try Descriptor.open("/no/such", O_RDONLY)
    }
    let error = SystemError(code: EACCES, operation: "open", subject: "/x")
    #expect("\(error)" == "cannot open /x: Permission denied")
  }

  @Test("A socket connects, reports its peer, transfers bytes, and has its mode")
  func socket() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/socket"
    let listener = try UnixSocket.listen(at: path, mode: 0o660)
    #expect(isCloseOnExec(listener))
    #expect(try UnixSocket.accept(listener) == nil)
    let client = try UnixSocket.connect(to: path)
    let server = try #require(try UnixSocket.accept(listener))
    #expect(isCloseOnExec(client) && isCloseOnExec(server))
    #expect(fcntl(server, F_GETFL) & O_NONBLOCK != 0)
    #expect(try UnixSocket.peer(of: server) == .init(process: Int(getpid()), user: getuid(), group: getgid()))
    #expect([UInt8]("hi".utf8).withUnsafeBytes { Descriptor.send(client, from: $0) } == .bytes(2))
    #expect(Descriptor.bytesWaiting(in: server) == 2)
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o660)
    Descriptor.close(server)
    waitForHangUp(client)
    #expect([UInt8]("hi".utf8).withUnsafeBytes { Descriptor.send(client, from: $0) } == .end)
    Descriptor.close(client)
    Descriptor.close(listener)
  }

  @Test("A stale socket is replaced, a live one and any other file are not")
  func stale() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/socket"
    Descriptor.close(try UnixSocket.listen(at: path))
    let listener = try UnixSocket.listen(at: path)
    #expect(throws: SystemError(code: EADDRINUSE, operation: "listen at", subject: path)) {
      _ = try UnixSocket.listen(at: path)
    }
    Descriptor.close(listener)
    let file = scratch.path + "/file"
    #expect(FileManager.default.createFile(atPath: file, contents: nil))
    #expect(throws: SystemError(code: EEXIST, operation: "listen at", subject: file)) {
      _ = try UnixSocket.listen(at: file)
    }
    let long = scratch.path + "/" + String(repeating: "x", count: 108)
    #expect(throws: SystemError.self) { _ = try UnixSocket.listen(at: long) }
    #expect(throws: SystemError(code: ECONNREFUSED, operation: "connect to", subject: path)) {
      _ = try UnixSocket.connect(to: path)
    }
  }

  @Test("A lock has one holder, and a second process learns the holder")
  func lock() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/lock"
    do {
      let lock = try FileLock(at: path)
      let held = #expect(throws: FileLock.Held.self) { _ = try FileLock(at: path) }
      #expect(held?.process == Int(getpid()))
      #expect("\(try #require(held))".hasPrefix("\(path) is held by process \(getpid()) ("))
      withExtendedLifetime(lock) {}
    }
    _ = try FileLock(at: path)
    #expect(throws: SystemError.self) { _ = try FileLock(at: scratch.path) }
  }

  @Test("Signals have names")
  func signalNames() {
    #expect("\(Signal.terminate) \(Signal.kill) \(Signal(40)) \(Signal(0))" == "SIGTERM SIGKILL signal 40 signal 0")
  }
}
