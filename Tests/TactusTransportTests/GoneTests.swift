import Glibc
import Synchronization
import TactusLinux
import TactusModel
import TactusProtocol
import Testing

@testable import TactusTransport

/// A client that has gone frees its place, whatever it waited for.
@Suite("Clients that go")
struct GoneTests {
  /// Lets a wait go on until its client has gone; notes what else was called.
  private final class Waits: Sendable {
    let runs = Mutex<[String]>([])

    var handler: ClosureHandler {
      ClosureHandler { [self] call, peer, reply in
        guard call.method == WaitForJobs.method else {
          // What is no operation is the echo's to refuse.
          if case .runWorkflow(let request) = try? Operation(call) { runs.withLock { $0.append(request.name) } }
          return ClosureHandler.echo.handle(call, from: peer, reply: reply)
        }
        reply.whenGone { reply.fail(.unavailable(reason: "nobody waits")) }
      }
    }
  }

  @Test("One that waits behind its half-closed side is noticed when it closes the other")
  func halfClosed() async throws {
    let server = try TestServer(handler: Waits().handler)
    for _ in 0..<5 {
      let client = try server.client()
      try client.send(Call(WaitForJobs(ids: ["a"])))
      client.finishSending()
      #expect(await eventually { server.connectionCount == 1 })
      withExtendedLifetime(client) {}
    }
    #expect(await eventually { server.connectionCount == 0 })
    await server.stop()
  }

  @Test("One that has asked for more behind a stream is noticed, and what it asked for is done")
  func pipelined() async throws {
    let waits = Waits()
    let server = try TestServer(handler: waits.handler)
    do {
      let client = try server.client()
      try client.send(Call(WaitForJobs(ids: ["a"])))
      try client.send(Call(RunWorkflow(name: "behind")))
      #expect(await eventually { server.connectionCount == 1 })
      withExtendedLifetime(client) {}
    }
    #expect(await eventually { server.connectionCount == 0 })
    #expect(waits.runs.withLock { $0 } == ["behind"])
    await server.stop()
  }

  @Test("One that takes no replies any more loses its place, although it has not closed")
  func deaf() async throws {
    let server = try TestServer()
    let client = try server.client()
    #expect(await eventually { server.connectionCount == 1 })
    _ = shutdown(client.descriptor, Int32(SHUT_RD))
    try client.send(Call(RunWorkflow(name: "a")))
    #expect(await eventually { server.connectionCount == 0 })
    withExtendedLifetime(client) {}
    await server.stop()
  }
}
