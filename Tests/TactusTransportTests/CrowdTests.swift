import Dispatch
import Foundation
import Synchronization
import TactusFuzzing
import TactusModel
import TactusPorts
import TactusProtocol
import Testing

@testable import TactusTransport

@Suite("Many clients at once")
struct CrowdTests {
  private static let run = Call(RunWorkflow(name: "a"))

  @Test("One user has at most 128 connections, and closed ones make room for new ones")
  func oneUser() async throws {
    let server = try TestServer()
    var clients: [ControlClient] = []
    for _ in 0..<128 { clients.append(try server.client()) }
    #expect(await eventually { server.connectionCount == 128 })
    for _ in 0..<10 {
      let client = try server.client()
      #expect(throws: ControlError.failed(.busy(retryAfterMs: 1000))) { try client.receive() }
    }
    #expect(try clients[127].call(RunWorkflow(name: "a")).jobID == "a")
    clients.removeFirst(2)
    #expect(await eventually { server.connectionCount == 126 })
    #expect(try server.client().call(RunWorkflow(name: "b")).jobID == "b")
    await server.stop()
  }

  @Test("The last connections are reserved for root")
  func root() async throws {
    var limits = ServerLimits()
    (limits.connections, limits.keptForRoot) = (6, 4)
    let server = try TestServer(limits: limits)
    var clients: [ControlClient] = []
    let room = getuid() == 0 ? 6 : 2
    for _ in 0..<room { clients.append(try server.client()) }
    #expect(await eventually { server.connectionCount == room })
    let client = try server.client()
    #expect(throws: ControlError.failed(.busy(retryAfterMs: 1000))) { try client.receive() }
    await server.stop()
  }

  @Test("When the clients together hold too much, the largest holder is refused and the others continue")
  func buffers() async throws {
    var limits = ServerLimits()
    limits.bufferedBytes = 1 << 20
    // The time limit is raised, so that a busy machine does not exceed it.
    limits.requestTime = .seconds(600)
    let server = try TestServer(limits: limits)
    let modest = try server.client()
    try modest.send(bytes: Array("{\"method\":\"io.tactus.Workflows.Run\",".utf8))
    var greedy: [ControlClient] = []
    for size in [500, 300, 400] {
      let client = try server.client()
      greedy.append(client)
      try client.send(bytes: [UInt8](repeating: UInt8(ascii: " "), count: size << 10))
    }
    // Together these exceed 1 MiB. It is enough to refuse the largest.
    #expect(throws: ControlError.failed(.busy(retryAfterMs: 1000))) { try greedy[0].receive() }
    #expect(await eventually { server.connectionCount == 3 })
    try modest.send(bytes: Array("\"parameters\":{\"name\":\"x\"}}\0".utf8))
    #expect(try modest.receive().read(RunWorkflow.Reply.self).jobID == "x")
    for client in greedy.dropFirst() {
      try client.send(Self.run)
      #expect(try client.receive().read(RunWorkflow.Reply.self).jobID == "a")
    }
    #expect(server.heldBytes == 0)
    await server.stop()
  }

  @Test("A reader that reads nothing while others need the memory is disconnected")
  func tooSlow() async throws {
    var limits = ServerLimits()
    // Each reader may hold 256 KiB and a line, in steps of 64 KiB. This is enough for two readers, but not for three.
    limits.bufferedBytes = 704 << 10
    let line = String(repeating: "x", count: 32 << 10)
    let streams = Mutex(0)
    let server = try TestServer(
      handler: ClosureHandler { call, _, reply in
        // This test makes no other call.
        guard let request = try? call.read(ReadLogs.self) else { return reply.fail(.expectedMore) }
        @Sendable func more(_ demand: StreamDemand) {
          guard demand == .more else {
            streams.withLock { $0 -= 1 }
            return reply.answer(request, with: ReadLogs.Reply(droppedBytes: 0))
          }
          let one = ReadLogs.Reply(
            position: 1, at: Instant(microseconds: 0), stream: .stdout, bytes: Array(line.utf8), isPartial: false)
          reply.send([one], to: request, then: more)
        }
        streams.withLock { $0 += 1 }
        more(.more)
      }, limits: limits)
    var readers: [ControlClient] = []
    for _ in 0..<3 {
      let reader = try server.client()
      readers.append(reader)
      try reader.send(Call(ReadLogs(id: "ffffff")))
    }
    #expect(await eventually { server.connectionCount == 2 && streams.withLock { $0 } == 2 })
    #expect(server.heldBytes <= limits.bufferedBytes)
    await server.stop(within: .milliseconds(10))
  }

  @Test("Thousands of queued calls of one client do not delay other clients until all are done")
  func turns() async throws {
    let order = Mutex<[String]>([])
    let mayGoOn = DispatchSemaphore(value: 0)
    let server = try TestServer(
      handler: ClosureHandler { call, peer, reply in
        // The echo below refuses all other calls.
        if case .runWorkflow(let request) = try? Operation(call) {
          let isFirst = order.withLock { order in
            order.append(request.name)
            return order.count == 1
          }
          if isFirst { mayGoOn.wait() }
        }
        ClosureHandler.echo.handle(call, from: peer, reply: reply)
      })
    let (greedy, modest) = (try server.client(), try server.client())
    #expect(await eventually { server.connectionCount == 2 })
    let calls = (0..<2000).flatMap { _ in Call(RunWorkflow(name: "greedy")).message }
    try greedy.send(bytes: calls)
    #expect(await eventually { order.withLock { $0.count } == 1 })
    try modest.send(Call(RunWorkflow(name: "modest")))
    mayGoOn.signal()
    #expect(try modest.receive().read(RunWorkflow.Reply.self).jobID == "modest")
    let place = order.withLock { $0.firstIndex(of: "modest") ?? $0.count }
    // A few calls run before it, because Dispatch needs a moment to report the new data.
    #expect(place < 1000)
    for _ in 0..<2000 { _ = try greedy.receive() }
    await server.stop()
  }

  @Test("A stream is notified when its client closes the connection, but not when it only stops sending")
  func gone() async throws {
    let reported = Mutex(0)
    let begun = Mutex(0)
    let server = try TestServer(
      handler: ClosureHandler { call, _, reply in
        // This test makes no other call.
        guard let request = try? call.read(ReadEvents.self) else { return reply.fail(.expectedMore) }
        let end = ReadEvents.Reply(position: EventPosition(epoch: "e", sequence: 0))
        reply.whenGone {
          reported.withLock { $0 += 1 }
          reply.answer(request, with: end)
        }
        reply.send([end], to: request) { _ in begun.withLock { $0 += 1 } }
      })
    let stays = try server.client()
    try stays.send(Call(ReadEvents(follow: true)))
    // This client sends no more calls, but still reads.
    stays.finishSending()
    #expect(try stays.receive().continues)
    for _ in 0..<5 {
      let leaves = try server.client()
      try leaves.send(Call(ReadEvents(follow: true)))
      #expect(try leaves.receive().continues)
    }
    #expect(await eventually { reported.withLock { $0 } == 5 && server.connectionCount == 1 })
    #expect(begun.withLock { $0 } == 6)
    await server.stop(within: .milliseconds(10))
    #expect(reported.withLock { $0 } == 6)
  }
}
