import Glibc
import TactusLinux
import TactusModel
import Testing

@testable import TactusSystemd

// The environment belongs to a whole process, so each of these tests runs in a separate one.
@Suite(.timeLimit(.minutes(5)))
struct NotifierTests {
  @Test("Every state is the assignment that sd_notify(3) documents")
  func texts() {
    typealias State = ServiceNotifier.State
    #expect(State.ready.text == "READY=1")
    #expect(State.stopping.text == "STOPPING=1")
    #expect(State.reloading(since: MonotonicInstant(microseconds: 7)).text == "RELOADING=1\nMONOTONIC_USEC=7")
    #expect(State.extendTimeout(by: .seconds(2)).text == "EXTEND_TIMEOUT_USEC=2000000")
    #expect(State.status("one\nREADY=1").text == "STATUS=one READY=1")
  }

  @Test("The service manager receives one message per call")
  func message() async {
    await #expect(processExitsWith: .success) {
      let manager = NotifySocket()
      setenv("NOTIFY_SOCKET", manager.address, 1)
      ServiceNotifier().notify(.ready, .status("12 workflows"))
      #expect(manager.receive() == "READY=1\nSTATUS=12 workflows")
      let before = SystemTime().monotonic
      ServiceNotifier().reloading()
      let reload = manager.receive().split(separator: "=")
      #expect(reload.dropLast() == ["RELOADING", "1\nMONOTONIC_USEC"])
      #expect(reload.last.flatMap { Int64($0) } ?? 0 >= before.microseconds)
      ServiceNotifier().notify(.stopping, .extendTimeout(by: .seconds(45)))
      #expect(manager.receive() == "STOPPING=1\nEXTEND_TIMEOUT_USEC=45000000")
    }
  }

  @Test("Without NOTIFY_SOCKET nothing is sent")
  func nobody() async {
    await #expect(processExitsWith: .success) {
      unsetenv("NOTIFY_SOCKET")
      #expect(ServiceNotifier().notify(.ready) == nil)
    }
  }

  @Test("An unreachable service manager is reported, and does not stop the daemon")
  func unreachable() async {
    await #expect(processExitsWith: .success) {
      setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1)
      let error = ServiceNotifier().notify(.ready)
      #expect(error?.description == "cannot notify the service manager: No such file or directory")
    }
  }
}

/// The other end of `NOTIFY_SOCKET`: a datagram socket with an abstract name.
private struct NotifySocket {
  let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  let name = "tactus-test-\(getpid())"

  /// The address, as spelled in `NOTIFY_SOCKET`.
  var address: String { "@\(name)" }

  init() {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { path in
      for (index, byte) in name.utf8.enumerated() { path[index + 1] = byte }
    }
    let size = socklen_t(MemoryLayout<sa_family_t>.size + 1 + name.utf8.count)
    let descriptor = descriptor
    let answer = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
    }
    guard answer == 0 else { fatalError("no socket: \(SystemError.words(for: errno))") }
  }

  func receive() -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let size = recv(descriptor, &buffer, buffer.count, 0)
    return String(decoding: buffer.prefix(max(0, size)), as: UTF8.self)
  }
}
