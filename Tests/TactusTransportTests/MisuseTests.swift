import Foundation
import Glibc
import Synchronization
import TactusLinux
import TactusModel
import TactusProtocol
import Testing

@testable import TactusTransport

@Suite("Clients that misbehave")
struct MisuseTests {
  /// Sends bytes, and expects an Invalid error about the message and the end of the connection.
  ///
  /// Another client must be able to continue.
  private func expectRefusal(of bytes: [UInt8], about reason: String) async throws {
    let server = try TestServer()
    let other = try server.client()
    let client = try server.client()
    try client.send(bytes: Call(RunWorkflow(name: "good")).message + bytes)
    #expect(try client.receive().read(RunWorkflow.Reply.self).jobID == "good")
    #expect {
      try client.receive()
    } throws: { error in
      guard case .failed(.invalid("message", let text)) = error as? ControlError else { return false }
      return text.contains(reason)
    }
    #expect {
      try client.receive()
    } throws: { error in
      if case .lost = error as? ControlError { true } else { false }
    }
    #expect(try other.call(RunWorkflow(name: "a")).jobID == "a")
    #expect(server.connectionCount == 1)
    await server.stop()
  }

  @Test("Text that is not JSON gets an error, and the connection ends")
  func notJSON() async throws {
    try await expectRefusal(of: Array("GET / HTTP/1.1\r\n\r\n\0".utf8), about: "expected an object at byte 0")
  }

  @Test("A NUL in the middle of a message splits it, and the first part is not valid JSON")
  func nulInTheMiddle() async throws {
    try await expectRefusal(
      of: Array("{\"method\":\"io.tactus.Workflows.Run\",\"para\0meters\":{}}\0".utf8), about: "a string without an end"
    )
  }

  @Test("The server refuses a message that is nested too deep")
  func tooDeep() async throws {
    let deep = String(repeating: "[", count: 63) + String(repeating: "]", count: 63)
    let deeper = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    let server = try TestServer()
    let client = try server.client()
    try client.send(bytes: Array("{\"method\":\"a.b\",\"parameters\":{},\"x\":\(deep)}\0".utf8))
    #expect(throws: ControlError.failed(.interfaceNotFound(interface: "a"))) { try client.receive() }
    await server.stop()
    try await expectRefusal(
      of: Array("{\"method\":\"a.b\",\"x\":\(deeper)}\0".utf8), about: "nested deeper than 64")
  }

  @Test("The server refuses a message of 2 MiB when it has received 1 MiB")
  func tooLarge() async throws {
    try await expectRefusal(
      of: [UInt8](repeating: UInt8(ascii: "x"), count: 2 << 20), about: "larger than 1048576 bytes")
  }

  @Test("The server accepts a message of just under 1 MiB")
  func largeEnough() async throws {
    let server = try TestServer()
    let name = String(repeating: "n", count: (1 << 20) - 100)
    let client = try server.client()
    let sender = Thread { [call = Call(GetWorkflow(name: name)), path = server.path] in
      // If this fails, the test does not receive a reply.
      try? ControlClient(path: path).send(call)
    }
    sender.start()
    try client.send(Call(GetWorkflow(name: name)))
    #expect(throws: ControlError.failed(.notFound(entity: "workflow", id: name))) { try client.receive() }
    await server.stop()
  }

  @Test("A request that stays incomplete beyond the time limit gets an error, even if bytes trickle in")
  func halfRequest() async throws {
    let alarms = ManualAlarms()
    let server = try TestServer(alarms: alarms, time: alarms)
    let idle = try server.client()
    let client = try server.client()
    try client.send(bytes: Array("{\"method\":".utf8))
    #expect(await eventually { alarms.armedCount == 1 })
    alarms.advance(by: .seconds(9))
    try client.send(bytes: Array("\"io.".utf8))
    #expect(await eventually { server.connectionCount == 2 })
    alarms.advance(by: .seconds(2))
    #expect(throws: ControlError.failed(.invalid(field: "message", reason: "not complete within 10 s"))) {
      try client.receive()
    }
    #expect(await eventually { server.connectionCount == 1 })
    alarms.advance(by: .seconds(1000))
    #expect(try idle.call(RunWorkflow(name: "a")).jobID == "a")
    await server.stop()
  }

  @Test("The six-hundredth connection gets Busy, and closed connections make room for new ones")
  func crowd() async throws {
    var limits = ServerLimits()
    // All clients of this test belong to one user, and no connections are reserved for root.
    (limits.connectionsPerUser, limits.keptForRoot) = (512, 0)
    let server = try TestServer(limits: limits)
    var clients: [ControlClient] = []
    for _ in 0..<512 { clients.append(try server.client()) }
    #expect(await eventually { server.connectionCount == 512 })
    for _ in 512..<600 {
      let client = try server.client()
      #expect(throws: ControlError.failed(.busy(retryAfterMs: 1000))) { try client.call(RunWorkflow(name: "a")) }
    }
    #expect(try clients[511].call(RunWorkflow(name: "a")).jobID == "a")
    clients.removeLast(10)
    #expect(await eventually { server.connectionCount == 502 })
    #expect(try server.client().call(RunWorkflow(name: "a")).jobID == "a")
    await server.stop()
  }

  @Test("A server without free descriptors pauses, reports this once, and continues when one is free")
  func outOfDescriptors() async throws {
    await #expect(processExitsWith: .success) {
      let reported = Mutex(0)
      var limits = ServerLimits()
      limits.acceptPause = .milliseconds(50)
      let server = try TestServer(limits: limits, report: { _ in reported.withLock { $0 += 1 } })
      var client: ControlClient? = try server.client()
      _ = try client?.call(RunWorkflow(name: "a"))
      // Dispatch creates its timer descriptor at the first sleep, and traps without a free descriptor. The sleep must
      // be long: on a busy machine, a sleep of one millisecond ended before the timer was armed.
      try await Task.sleep(for: .milliseconds(200))
      var full = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &full)
      let next = dup(0)
      close(next)
      // One descriptor is free for the next client, and none for the server's end.
      var tight = rlimit(rlim_cur: rlim_t(next) + 1, rlim_max: full.rlim_max)
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &tight)
      let waiting = try server.client()
      try waiting.send(Call(RunWorkflow(name: "b")))
      guard await eventually({ reported.withLock { $0 } == 1 }) else { exit(1) }
      let before = clock()
      try await Task.sleep(for: .milliseconds(500))
      // The server tries once in each of ten pauses and reports once. A busy loop would use all of the processor time.
      guard clock() - before < 250_000, reported.withLock({ $0 }) == 1 else { exit(2) }
      client = nil
      guard try waiting.receive().read(RunWorkflow.Reply.self).jobID == "b" else { exit(3) }
      await server.stop()
    }
  }
}
