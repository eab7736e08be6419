import Foundation
import Glibc
import Synchronization
import TactusLinux
import TactusModel
import TactusProtocol
import TactusTestSupport
import Testing

@testable import TactusTransport

@Suite("Memory that the server holds for clients")
struct HoldingTests {
  /// A handler that keeps the calls of some methods until `answerAll`.
  private final class Parking: Sendable {
    private let parked = Mutex<[ReplyPort]>([])
    private let methods: Set<String>

    init(_ methods: String...) { self.methods = Set(methods) }

    var count: Int { parked.withLock { $0.count } }

    var handler: ClosureHandler {
      ClosureHandler { [self] call, peer, reply in
        guard methods.contains(call.method) else { return ClosureHandler.echo.handle(call, from: peer, reply: reply) }
        parked.withLock { $0.append(reply) }
      }
    }

    func answerAll() {
      for port in parked.withLock({ $0 }) { port.fail(.unavailable(reason: "parked")) }
    }
  }

  /// Limits with a long time for requests, so that a busy machine does not exceed it.
  private static var patientLimits: ServerLimits {
    var limits = ServerLimits()
    limits.requestTime = .seconds(600)
    return limits
  }

  private static let parkedAnswer = ControlError.failed(.unavailable(reason: "parked"))
  private static let large = String(repeating: "n", count: (1 << 20) - 100)

  /// Sends on a separate thread, because the server may read slowly.
  private static func send(_ bytes: [UInt8], to descriptor: Int32) {
    // The client may close its descriptor during the transfer, and another file may then get the number.
    let descriptor = dup(descriptor)
    Thread.detachNewThread {
      defer { Descriptor.close(descriptor) }
      var rest = bytes[...]
      while !rest.isEmpty, case .bytes(let count) = rest.withUnsafeBytes({ Descriptor.send(descriptor, from: $0) }) {
        rest = rest.dropFirst(count)
      }
    }
  }

  @Test("During a call the server reads little of the next one, and answers both in the end")
  func pipelined() async throws {
    let parking = Parking(WaitForJobs.method)
    let server = try TestServer(handler: parking.handler, limits: Self.patientLimits)
    let client = try server.client()
    try client.send(Call(WaitForJobs(ids: ["a"])))
    Self.send(Call(GetWorkflow(name: Self.large)).message, to: client.descriptor)
    #expect(await eventually { parking.count == 1 && server.heldBytes > 32 << 10 })
    // Each of these calls is an opportunity to read more from the first client.
    let other = try server.client()
    for _ in 0..<100 { _ = try other.call(RunWorkflow(name: "other")) }
    #expect(server.heldBytes <= 192 << 10)
    parking.answerAll()
    #expect(throws: Self.parkedAnswer) { try client.receive() }
    #expect(throws: ControlError.failed(.notFound(entity: "workflow", id: Self.large))) { try client.receive() }
    #expect(await eventually { server.heldBytes == 0 })
    await server.stop()
  }

  @Test("The time limit applies to half a message behind a call, but not to a complete one")
  func timed() async throws {
    let parking = Parking(WaitForJobs.method)
    let alarms = ManualAlarms()
    let server = try TestServer(handler: parking.handler, alarms: alarms, time: alarms)
    let patient = try server.client()
    try patient.send(Call(WaitForJobs(ids: ["a"])))
    try patient.send(Call(RunWorkflow(name: "behind")))
    let slow = try server.client()
    try slow.send(Call(WaitForJobs(ids: ["b"])))
    try slow.send(bytes: Array("{\"method\":".utf8))
    #expect(await eventually { parking.count == 2 && alarms.armedCount == 1 })
    alarms.advance(by: .seconds(11))
    #expect(server.connectionCount == 2)
    parking.answerAll()
    #expect(throws: Self.parkedAnswer) { try patient.receive() }
    #expect(try patient.receive().read(RunWorkflow.Reply.self).jobID == "behind")
    #expect(throws: Self.parkedAnswer) { try slow.receive() }
    #expect(throws: ControlError.failed(.invalid(field: "message", reason: "not complete within 10 s"))) {
      try slow.receive()
    }
    await server.stop()
  }

  @Test("The memory of a call counts until the call is answered")
  func underWay() async throws {
    let parking = Parking(GetWorkflow.method)
    let server = try TestServer(handler: parking.handler, limits: Self.patientLimits)
    let client = try server.client()
    Self.send(Call(GetWorkflow(name: Self.large)).message, to: client.descriptor)
    #expect(await eventually { parking.count == 1 })
    #expect(server.heldBytes > 2 << 20)
    parking.answerAll()
    #expect(throws: Self.parkedAnswer) { try client.receive() }
    #expect(await eventually { server.heldBytes == 0 })
    await server.stop()
  }

  @Test("If the waiting calls of a user exceed the user's share, the largest gets Busy")
  func share() async throws {
    let parking = Parking(GetWorkflow.method)
    var limits = Self.patientLimits
    limits.bufferedBytesPerUser = 1 << 20
    let server = try TestServer(handler: parking.handler, limits: limits)
    var clients: [ControlClient] = []
    for (index, size) in [120, 200, 150, 150].enumerated() {
      let client = try server.client()
      clients.append(client)
      try client.send(Call(GetWorkflow(name: String(repeating: "n", count: size << 10))))
      #expect(await eventually { parking.count == index + 1 })
    }
    #expect(throws: ControlError.failed(.busy(retryAfterMs: 1000))) { try clients[1].receive() }
    #expect(await eventually { server.connectionCount == 3 })
    parking.answerAll()
    for index in [0, 2, 3] { #expect(throws: Self.parkedAnswer) { try clients[index].receive() } }
    await server.stop()
  }

  @Test("However many clients send half a message at once, the server holds little more than the share")
  func rush() async throws {
    var limits = Self.patientLimits
    limits.bufferedBytesPerUser = 1 << 20
    let server = try TestServer(limits: limits)
    let half = [UInt8](repeating: UInt8(ascii: " "), count: 900 << 10)
    let clients = try (0..<32).map { _ in try server.client() }
    #expect(await eventually { server.connectionCount == 32 })
    for client in clients { Self.send(half, to: client.descriptor) }
    var largest = 0
    // Two of these messages exceed the share.
    #expect(
      await eventually {
        largest = max(largest, server.heldBytes)
        return server.connectionCount <= 1
      })
    #expect(largest <= limits.bufferedBytesPerUser + 192 << 10)
    await server.stop(within: .milliseconds(10))
  }

  @Test("Only the largest holder pays, if the user's share or the total is exceeded")
  func debtors() {
    var limits = ServerLimits()
    (limits.bufferedBytes, limits.bufferedBytesPerUser) = (100, 40)
    var shares = BufferShares()
    for user: UInt32 in 1...4 { shares.change(of: user, by: 20) }
    #expect(shares.debtor(limits) == nil && !shares.isTooMuch(of: 1, limits))
    shares.change(of: 3, by: 21)
    #expect(shares.debtor(limits) == 3 && shares.isTooMuch(of: 3, limits))
    shares.change(of: 3, by: -11)
    shares.change(of: 2, by: 10)
    #expect(shares.total == 100 && shares.debtor(limits) == nil)
    shares.change(of: 2, by: 1)
    #expect(shares.debtor(limits) == 2)
    for (user, bytes) in [(UInt32(1), 20), (2, 31), (3, 30), (4, 20)] { shares.change(of: user, by: -bytes) }
    #expect(shares.total == 0 && shares.debtor(limits) == nil)
  }

  @Test("A message that replaces unsent replies follows the reply that was already begun")
  func replaced() throws {
    var pair: [Int32] = [0, 0]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
    let (own, peer) = (pair[0], pair[1])
    defer { for end in [own, peer] { Descriptor.close(end) } }
    try Descriptor.setNonBlocking(own)
    var outbox = Outbox()
    let replies = (0..<40).map { Array("\($0) ".utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: 50_000) + [0] }
    for reply in replies { outbox.append(reply) }
    #expect(outbox.flush(to: own) && !outbox.isEmpty)
    outbox.replace(with: Array("last".utf8) + [0])
    #expect(outbox.count < 50_100)
    Thread.detachNewThread { [outbox] in
      var rest = outbox
      // From here on, sending blocks until the loop below reads.
      _ = fcntl(own, F_SETFL, 0)
      _ = rest.flush(to: own)
      shutdown(own, Int32(SHUT_WR))
    }
    var decoder = FrameDecoder()
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var received: [[UInt8]] = []
    while case let size = read(peer, &buffer, buffer.count), size > 0 {
      decoder.append(buffer[..<size])
      while let message = try decoder.next() { received.append(message) }
    }
    #expect(received.last == Array("last".utf8))
    #expect(received.dropLast().map { $0 + [0] } == Array(replies.prefix(received.count - 1)))
    #expect(!decoder.isInsideMessage)
  }
}
