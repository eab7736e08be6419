import Dispatch
import Glibc
import Synchronization
import TactusFuzzing
import TactusLinux
import TactusModel
import TactusProtocol
import Testing

@testable import TactusTransport

/// A client that has disconnected frees its connection, whatever it waited for.
@Suite("Clients that disconnect")
struct GoneTests {
  /// A handler whose waits last until their client disconnects.
  ///
  /// It records all runs.
  private final class Waits: Sendable {
    let runs = Mutex<[String]>([])

    var handler: ClosureHandler {
      ClosureHandler { [self] call, peer, reply in
        guard call.method == WaitForJobs.method else {
          // The echo refuses all other calls.
          if case .runWorkflow(let request) = try? Operation(call) { runs.withLock { $0.append(request.name) } }
          return ClosureHandler.echo.handle(call, from: peer, reply: reply)
        }
        reply.whenGone { reply.fail(.unavailable(reason: "no client")) }
      }
    }
  }

  @Test("The server notices when a half-closed client that waits closes its other side")
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

  @Test("The server notices when a client with a call behind a stream disconnects, and makes the call")
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

  @Test("The server drops the queries of a disconnected client, and makes its changes")
  func dropsQueries() async throws {
    let runs = Mutex<[String]>([])
    let server = try TestServer(
      handler: ClosureHandler { call, _, reply in
        // This test sends only operations.
        switch try? Operation(call) {
        case .waitForJobs: return reply.whenGone { reply.fail(.unavailable(reason: "no client")) }
        case .runWorkflow(let request): runs.withLock { $0.append("run \(request.name)") }
        case .getWorkflow(let request): runs.withLock { $0.append("get \(request.name)") }
        default: break
        }
        reply.fail(.methodNotImplemented(method: call.method))
      })
    do {
      let client = try server.client()
      try client.send(Call(WaitForJobs(ids: ["a"])))
      for number in 0..<3 {
        try client.send(Call(GetWorkflow(name: "query\(number)")))
        try client.send(Call(RunWorkflow(name: "change\(number)")))
      }
      #expect(await eventually { server.connectionCount == 1 })
      withExtendedLifetime(client) {}
    }
    #expect(await eventually { server.connectionCount == 0 })
    #expect(runs.withLock { $0 } == ["run change0", "run change1", "run change2"])
    await server.stop()
  }

  @Test("The server makes all changes of disconnected clients, although they exceed the share of their user")
  func leftBehind() async throws {
    let made = Mutex(0)
    let mayGoOn = DispatchSemaphore(value: 0)
    var limits = ServerLimits()
    limits.bufferedBytesPerUser = 128 << 10
    let server = try TestServer(
      handler: ClosureHandler { call, peer, reply in
        if call.method == WaitForJobs.method { mayGoOn.wait() }
        guard call.method == RunWorkflow.method else { return reply.fail(.methodNotImplemented(method: call.method)) }
        made.withLock { $0 += 1 }
        // The answer is delayed, like that of a change that must be durable first.
        DispatchQueue.global().async { ClosureHandler.echo.handle(call, from: peer, reply: reply) }
      }, limits: limits)
    let holder = try server.client()
    try holder.send(Call(WaitForJobs(ids: ["a"])))
    // The server's queue is blocked until all clients have disconnected.
    let calls = (0..<50).flatMap { _ in Call(RunWorkflow(name: String(repeating: "n", count: 900))).message }
    for _ in 0..<20 { try server.client().send(bytes: calls) }
    mayGoOn.signal()
    #expect(await eventually { made.withLock { $0 } == 1000 && server.connectionCount == 1 })
    #expect(made.withLock { $0 } == 1000)
    #expect(server.heldBytes == 0)
    withExtendedLifetime(holder) {}
    await server.stop()
  }

  @Test("A client that has closed its receiving side loses its connection at the next reply")
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
