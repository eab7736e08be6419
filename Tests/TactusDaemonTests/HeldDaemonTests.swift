import Foundation
import TactusLinux
import TactusModel
import TactusProtocol
import TactusTestSupport
import Testing

@Suite("A daemon that is suspended beyond a time-out")
struct HeldDaemonTests {
  /// Suspends the daemon until a running job has ended and, long after, the job's time-out has passed.
  private func hold(_ daemon: RunningDaemon, past id: String, until hasEnded: () async throws -> Bool?) async throws {
    _ = try await daemon.running(id)
    daemon.send(Signal(19))  // SIGSTOP
    _ = try await eventually("the job ends while the daemon is suspended") { try await hasEnded() }
    try await daemon.rest(.seconds(4))
    daemon.send(Signal(18))  // SIGCONT
  }

  @Test("A command that ended in time completes")
  func command() async throws {
    let daemon = try await RunningDaemon()
    let script = try daemon.script("work", "sleep 1; echo ok; echo over >over")
    try daemon.define("work", "[Command]\nExec=\(script)\nTimeout=3s\nRunner=direct\n")
    try await daemon.call(Reload())
    let id = try await daemon.run("work")
    try await hold(daemon, past: id) { daemon.read("over").isEmpty ? nil : true }
    let job = try await daemon.ended(id)
    #expect(job.status == .completed && job.exitCode == 0 && job.errorCode == nil, "\(job)")
    #expect(try await daemon.output(of: id).compactMap(\.text) == ["ok"])
    #expect(try await daemon.stop() == 0)
  }

  @Test("A heartbeat that was answered in time completes")
  func heartbeat() async throws {
    let (answered, answer) = AsyncStream.makeStream(of: Void.self)
    let server = LoopbackServer { connection in
      guard connection.request() != nil else { return }
      Thread.sleep(forTimeInterval: 1)
      connection.answer("200 OK", body: "fine")
      answer.yield()
    }
    let daemon = try await RunningDaemon([
      "alive": "[Heartbeat]\nEndpoint=\(server.url("/health"))\nTimeout=3s\n"
    ])
    let id = try await daemon.run("alive")
    try await hold(daemon, past: id) {
      var answers = answered.makeAsyncIterator()
      return await answers.next() != nil
    }
    let job = try await daemon.ended(id)
    #expect(job.status == .completed && job.httpStatus == 200, "\(job)")
    #expect(try await daemon.stop() == 0)
    server.stop()
  }
}
