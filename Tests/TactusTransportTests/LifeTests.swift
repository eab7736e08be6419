import Foundation
import Synchronization
import TactusLinux
import TactusModel
import TactusPorts
import TactusProtocol
import Testing

@testable import TactusTransport

@Suite("Start and stop of the control socket")
struct LifeTests {
  @Test("Only the owner may use the socket")
  func mode() async throws {
    let server = try TestServer()
    let attributes = try FileManager.default.attributesOfItem(atPath: server.path)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    await server.stop()
  }

  @Test("A second server at the same path fails, and a stop removes the file and frees the path")
  func secondServer() async throws {
    let first = try TestServer()
    let queue = DispatchWorkQueue(label: "test.second", level: .control)
    let second = ControlServer(
      on: queue, time: SystemTime(), alarms: LinuxAlarms(), handler: ClosureHandler.echo, admits: { _ in true })
    #expect {
      try second.start(at: first.path)
    } throws: { ($0 as? SystemError)?.code == EADDRINUSE }
    #expect(try first.client().call(RunWorkflow(name: "a")).jobID == "a")
    await withCheckedContinuation { continuation in first.server.stop { continuation.resume() } }
    #expect(!FileManager.default.fileExists(atPath: first.path))
    try second.start(at: first.path)
    #expect(try ControlClient(path: first.path).call(RunWorkflow(name: "b")).jobID == "b")
    await withCheckedContinuation { continuation in second.stop { continuation.resume() } }
    await first.stop()
  }

  @Test("A stop answers the calls in progress, drops idle clients and refuses new ones")
  func stopping() async throws {
    let port = Mutex<ReplyPort?>(nil)
    let server = try TestServer(handler: ClosureHandler { _, _, reply in port.withLock { $0 = reply } })
    let idle = try server.client()
    let client = try server.client()
    try client.send(Call(RunWorkflow(name: "a")))
    #expect(await eventually { port.withLock { $0 != nil } })
    let isStopped = Mutex(false)
    server.server.stop { isStopped.withLock { $0 = true } }
    #expect(throws: ControlError.lost(path: server.path, reason: "the daemon closed the connection")) {
      try idle.receive()
    }
    #expect(throws: ControlError.unreachable(path: server.path, reason: "No such file or directory")) {
      try server.client()
    }
    #expect(!isStopped.withLock { $0 })
    port.withLock { $0 }?.answer(RunWorkflow(name: "a"), with: RunWorkflow.Reply(jobID: "late"))
    #expect(try client.receive().read(RunWorkflow.Reply.self).jobID == "late")
    #expect(await eventually { isStopped.withLock { $0 } })
    await server.stop()
  }

  @Test("A stop does not wait longer than its grace for a missing answer")
  func grace() async throws {
    let alarms = ManualAlarms()
    let isCalled = Mutex(false)
    let server = try TestServer(
      handler: ClosureHandler { _, _, _ in isCalled.withLock { $0 = true } }, alarms: alarms, time: alarms)
    let client = try server.client()
    try client.send(Call(RunWorkflow(name: "a")))
    // The stop would close a connection whose call is not read yet.
    #expect(await eventually { isCalled.withLock { $0 } })
    let isStopped = Mutex(false)
    server.server.stop(within: .seconds(3)) { isStopped.withLock { $0 = true } }
    #expect(await eventually { alarms.armedCount == 1 })
    #expect(!isStopped.withLock { $0 })
    alarms.advance(by: .seconds(4))
    #expect(await eventually { isStopped.withLock { $0 } })
    await server.stop()
  }
}
