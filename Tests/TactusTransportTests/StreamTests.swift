import Foundation
import Synchronization
import TactusLinux
import TactusModel
import TactusProtocol
import Testing

@testable import TactusTransport

@Suite("Streams")
struct StreamTests {
  /// A handler that streams numbered lines of 1 KiB in batches, as fast as the client reads, and counts them.
  private final class Source: Sendable {
    private let state = Mutex((sent: 0, end: StreamDemand?.none))
    private let count: Int

    init(count: Int) { self.count = count }

    var sent: Int { state.withLock { $0.sent } }
    var isGone: Bool { state.withLock { $0.end == .gone } }

    var handler: ClosureHandler {
      ClosureHandler { [self] call, peer, reply in
        guard call.method == ReadLogs.method else { return ClosureHandler.echo.handle(call, from: peer, reply: reply) }
        next(ReadLogs(id: ""), reply)
      }
    }

    private func next(_ request: ReadLogs, _ reply: ReplyPort) {
      let first = state.withLock { state in
        defer { state.sent = min(count, state.sent + 64) }
        return state.sent
      }
      guard first < count else { return reply.answer(request, with: ReadLogs.Reply(droppedBytes: 7)) }
      let lines = (first..<min(count, first + 64)).map { number in
        let text = "\(number) " + String(repeating: "x", count: 1000)
        return ReadLogs.Reply(
          position: Int64(number) + 1, at: Instant(microseconds: Int64(number)), stream: .stdout,
          bytes: Array(text.utf8), isPartial: false)
      }
      reply.send(lines, to: request) { [self] demand in
        guard demand == .more else {
          state.withLock { $0.end = .gone }
          return reply.answer(request, with: ReadLogs.Reply(droppedBytes: 0))
        }
        next(request, reply)
      }
    }
  }

  @Test("A stream sends every line in order, then its last reply, and the connection stays usable")
  func complete() async throws {
    let source = Source(count: 5000)
    let server = try TestServer(handler: source.handler)
    let client = try server.client()
    var numbers: [Int64] = []
    var dropped: Int64?
    try client.stream(ReadLogs(id: "abcdef")) { raw, line in
      #expect(raw.continues == (line.droppedBytes == nil))
      dropped = line.droppedBytes
      if let at = line.at { numbers.append(at.microseconds) }
    }
    #expect(numbers == Array(0..<5000))
    #expect(dropped == 7)
    #expect(try client.call(RunWorkflow(name: "after")).jobID == "after")
    await server.stop()
  }

  @Test("A slow reader slows down the stream, and gets all lines in the end")
  func slowReader() async throws {
    let source = Source(count: 6000)
    let server = try TestServer(handler: source.handler)
    let client = try server.client()
    try client.send(Call(ReadLogs(id: "abcdef")))
    // Waits until the stream stalls, because the buffers of the server and of the kernel are full.
    var before = -1
    #expect(
      await eventually {
        defer { before = source.sent }
        usleep(50_000)
        return source.sent > 0 && source.sent == before
      })
    #expect(source.sent < 2000, "a server must not hold replies that no client reads")
    #expect(try server.client().call(RunWorkflow(name: "other")).jobID == "other")
    var count = 0
    while try client.receive().continues { count += 1 }
    #expect(count == 6000)
    await server.stop()
  }

  @Test("The server reads no more calls from a client that reads no replies, and sends every reply in the end")
  func manyReplies() async throws {
    let text = String(repeating: "x", count: 100_000)
    let answered = Mutex(0)
    let server = try TestServer(
      handler: ClosureHandler { _, _, reply in
        answered.withLock { $0 += 1 }
        let request = GetInterfaceDescription(interface: "")
        reply.answer(request, with: GetInterfaceDescription.Reply(description: text))
      })
    let client = try server.client()
    try client.send(bytes: (0..<100).flatMap { _ in Call(GetInterfaceDescription(interface: "")).message })
    #expect(await eventually { answered.withLock { $0 } > 10 && server.connectionCount == 1 })
    usleep(200_000)
    #expect(answered.withLock { $0 } < 20, "a server must not hold replies that no client reads")
    for _ in 0..<100 { _ = try client.receive() }
    #expect(answered.withLock { $0 } == 100)
    await server.stop()
  }

  @Test("A client that disconnects during a stream ends it at its source")
  func vanishing() async throws {
    let source = Source(count: .max)
    let server = try TestServer(handler: source.handler)
    do {
      let client = try server.client()
      try client.send(Call(ReadLogs(id: "abcdef")))
      for _ in 0..<100 { _ = try client.receive() }
    }
    #expect(await eventually { source.isGone && server.connectionCount == 0 })
    await server.stop()
  }
}
