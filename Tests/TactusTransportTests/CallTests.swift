import Foundation
import Synchronization
import TactusLinux
import TactusModel
import TactusProtocol
import Testing

@testable import TactusTransport

@Suite("Calls over the socket")
struct CallTests {
  @Test("A call is answered, and its failure is an error of its interface")
  func answers() async throws {
    let server = try TestServer()
    let client = try server.client()
    #expect(try client.call(DescribeService()).product == "tactusd")
    #expect(throws: ControlError.failed(.notFound(entity: "workflow", id: "x"))) {
      try client.call(GetWorkflow(name: "x"))
    }
    #expect(throws: ControlError.failed(.methodNotImplemented(method: Describe.method))) {
      try client.call(Describe())
    }
    await server.stop()
  }

  @Test("The wait for a reply ends at the client's deadline, or when its interruption descriptor is readable")
  func impatience() async throws {
    let server = try TestServer(
      handler: ClosureHandler { _, _, reply in reply.whenGone { reply.fail(.unavailable(reason: "no client")) } })
    let hasty = try server.client()
    hasty.deadline = SystemTime().monotonic + .milliseconds(20)
    #expect(throws: ControlError.outOfTime) { try hasty.call(ResumeWorkflow(name: "a")) }
    let (read, write) = try Descriptor.pipe()
    defer { for end in [read, write] { Descriptor.close(end) } }
    let interrupted = try server.client()
    interrupted.deadline = SystemTime().monotonic + .seconds(60)
    interrupted.interruption = read
    _ = [UInt8](repeating: 0, count: 1).withUnsafeBytes { Descriptor.write(write, from: $0) }
    #expect(throws: ControlError.interrupted) { try interrupted.call(ResumeWorkflow(name: "a")) }
    await server.stop()
    // Neither affects a reply that arrives in time.
    let quick = try TestServer()
    let client = try quick.client()
    client.deadline = SystemTime().monotonic + .seconds(60)
    let empty = try Descriptor.pipe()
    defer { for end in [empty.read, empty.write] { Descriptor.close(end) } }
    client.interruption = empty.read
    #expect(try client.call(DescribeService()).product == "tactusd")
    await quick.stop()
  }

  @Test("The handler gets the credentials of the caller")
  func peer() async throws {
    let seen = Mutex<Peer?>(nil)
    let server = try TestServer(
      handler: ClosureHandler { _, peer, reply in
        seen.withLock { $0 = peer }
        reply.answer(ResumeWorkflow(name: ""), with: Done())
      })
    _ = try server.client().call(ResumeWorkflow(name: "a"))
    #expect(seen.withLock { $0 } == Peer(uid: getuid(), gid: getgid(), pid: Int(getpid())))
    await server.stop()
  }

  @Test("A caller who is not admitted gets Forbidden for every call")
  func forbidden() async throws {
    let server = try TestServer(admits: { _ in false })
    let client = try server.client()
    for _ in 0..<2 {
      #expect {
        try client.call(DescribeService())
      } throws: { error in
        if case .failed(.forbidden) = error as? ControlError { true } else { false }
      }
    }
    await server.stop()
  }

  @Test("The server answers a hundred calls in one piece in order, whatever their methods")
  func pipelining() async throws {
    let server = try TestServer()
    let client = try server.client()
    let names = (0..<100).map { "w\($0)" }
    let calls = names.enumerated().map { index, name in
      index % 10 == 9 ? Call(GetWorkflow(name: name)) : Call(RunWorkflow(name: name))
    }
    try client.send(bytes: calls.flatMap(\.message))
    for (index, name) in names.enumerated() {
      if index % 10 == 9 {
        #expect(throws: ControlError.failed(.notFound(entity: "workflow", id: name))) { try client.receive() }
      } else {
        #expect(try client.receive().read(RunWorkflow.Reply.self).jobID == name)
      }
    }
    await server.stop()
  }

  @Test("The server answers a call that arrives in pieces of one byte")
  func oneByteAtATime() async throws {
    let server = try TestServer()
    let client = try server.client()
    for byte in Call(RunWorkflow(name: "slow")).message { try client.send(bytes: [byte]) }
    #expect(try client.receive().read(RunWorkflow.Reply.self).jobID == "slow")
    await server.stop()
  }

  @Test("Runs overlap and are answered in order, and a call of another method waits for them")
  func overlapping() async throws {
    let ports = Mutex<[(String, ReplyPort)]>([])
    let server = try TestServer(
      handler: ClosureHandler { call, _, reply in
        // A call that cannot be read has no name, which fails the test.
        let name = (try? call.read(RunWorkflow.self))?.name ?? call.method
        ports.withLock { $0.append((name, reply)) }
      })
    let client = try server.client()
    let calls = [
      Call(RunWorkflow(name: "a")), Call(RunWorkflow(name: "b")), Call(Describe()), Call(RunWorkflow(name: "c")),
    ]
    try client.send(bytes: calls.flatMap(\.message))
    #expect(await eventually { ports.withLock { $0.count } == 2 })
    #expect(server.connectionCount == 1)
    func answer(_ index: Int) {
      let (name, port) = ports.withLock { $0[index] }
      port.answer(RunWorkflow(name: name), with: RunWorkflow.Reply(jobID: name))
    }
    // The second call is answered first.
    answer(1)
    #expect(server.connectionCount == 1 && ports.withLock { $0.count } == 2)
    answer(0)
    #expect(try client.receive().read(RunWorkflow.Reply.self).jobID == "a")
    #expect(try client.receive().read(RunWorkflow.Reply.self).jobID == "b")
    #expect(await eventually { ports.withLock { $0.count } == 3 })
    answer(2)
    #expect(try client.receive().read(RunWorkflow.Reply.self).jobID == Describe.method)
    #expect(await eventually { ports.withLock { $0.count } == 4 })
    answer(3)
    #expect(try client.receive().read(RunWorkflow.Reply.self).jobID == "c")
    await server.stop()
  }

  @Test("The server handles oneway calls without a reply, even after the caller has disconnected")
  func oneway() async throws {
    let names = Mutex<[String]>([])
    let server = try TestServer(
      handler: ClosureHandler { call, peer, reply in
        // A call that cannot be read has no name, which fails the test.
        names.withLock { $0.append((try? call.read(RunWorkflow.self))?.name ?? "?") }
        ClosureHandler.echo.handle(call, from: peer, reply: reply)
      })
    do {
      let client = try server.client()
      try client.send(bytes: (0..<200).flatMap { Call(RunWorkflow(name: "w\($0)"), oneway: true).message })
      let other = try server.client()
      try other.send(Call(RunWorkflow(name: "oneway"), oneway: true))
      #expect(try other.call(RunWorkflow(name: "answered")).jobID == "answered")
    }
    #expect(await eventually { names.withLock { $0.count } == 202 && server.connectionCount == 0 })
    let order = names.withLock { $0.filter { $0.hasPrefix("w") } }
    #expect(order == (0..<200).map { "w\($0)" })
    await server.stop()
  }

  @Test("A client that has closed its sending side still gets its replies, and then the end")
  func halfClosed() async throws {
    let server = try TestServer()
    let client = try server.client()
    try client.send(bytes: (0..<10).flatMap { Call(RunWorkflow(name: "w\($0)")).message })
    client.finishSending()
    for index in 0..<10 { #expect(try client.receive().read(RunWorkflow.Reply.self).jobID == "w\(index)") }
    #expect(throws: ControlError.lost(path: server.path, reason: "the daemon closed the connection")) {
      try client.receive()
    }
    await server.stop()
  }

  @Test("A reply that is too large for any client becomes an error")
  func giantReply() async throws {
    let server = try TestServer(
      handler: ClosureHandler { _, _, reply in
        let giant = String(repeating: "x", count: 2 << 20)
        reply.answer(GetInterfaceDescription(interface: ""), with: GetInterfaceDescription.Reply(description: giant))
      })
    #expect(
      throws: ControlError.failed(.unavailable(reason: "the reply is larger than 1 MiB. Request less at once."))
    ) {
      try server.client().call(GetInterfaceDescription(interface: "x"))
    }
    await server.stop()
  }

  @Test("A client reports a missing socket as unreachable, with the reason")
  func unreachable() throws {
    let path = "/tmp/tactus-nobody-\(UUID().uuidString.prefix(8)).sock"
    #expect(throws: ControlError.unreachable(path: path, reason: "No such file or directory")) {
      try ControlClient(path: path)
    }
  }
}
