import Glibc
import TactusModel
import TactusProtocol
import TactusTestSupport
import Testing

@Suite("Time-outs of the real daemon")
struct TimeoutTests {
  /// TERM after 1 s and KILL 2 s later.
  ///
  /// The upper bound allows for other tests on a busy machine.
  private static let ladder: ClosedRange<Int64> = 2900...(isBusy ? 15_000 : 3500)

  private static var isBusy: Bool {
    var load = 0.0
    return getloadavg(&load, 1) < 1 || load > 1
  }

  @Test("A command and its child that ignore SIGTERM are killed after the grace, and their output is kept")
  func stubbornTree() async throws {
    let daemon = try await RunningDaemon()
    // Each line is printed before it is written to the file, so the store must have every line of the file.
    let talker = """
      trap '' TERM
      talk() { while :; do i=$((i + 1)); echo "$1 $i"; echo "$1 $i" >>said; sleep 0.05; done; }
      talk child & echo "$$ $!" >pids.new; mv pids.new pids
      talk parent
      """
    let script = try daemon.script("talker", talker)
    try daemon.define("talker", "[Command]\nExec=\(script)\nTimeout=1s\n")
    try await daemon.call(Reload())

    let job = try await daemon.outcome(of: "talker")
    #expect(job.status == .failed)
    #expect(job.errorCode == .providerTimeout)
    #expect(Self.ladder.contains(try #require(job.durationMs)), "\(job)")
    let processes = daemon.read("pids").split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    #expect(processes.count == 2)
    for process in processes { #expect(!isAlive(process)) }
    #expect(daemon.jobProcesses().isEmpty)

    let lines = try await daemon.output(of: job.id)
    let kept = Set(lines.compactMap(\.text))
    let said = Set(daemon.read("said").split(separator: "\n").map(String.init))
    #expect(said.subtracting(kept).isEmpty)
    #expect(said.contains { $0.hasPrefix("child") } && said.contains { $0.hasPrefix("parent") })
    // The job still printed after TERM, until KILL.
    let startedAt = try #require(job.startedAt)
    #expect(try #require(lines.compactMap(\.at).max()) > startedAt + .milliseconds(2500))
    #expect(lines.last?.droppedBytes == 0)
    #expect(try await daemon.stop() == 0)
  }

  @Test("A heartbeat to a server that never answers fails at its time-out")
  func silentServer() async throws {
    let server = LoopbackServer { $0.waitForEnd() }
    let daemon = try await RunningDaemon([
      "silent": "[Heartbeat]\nEndpoint=\(server.url("/health"))\nTimeout=1s\n"
    ])
    let job = try await daemon.outcome(of: "silent")
    #expect(job.status == .failed)
    #expect(job.errorCode == .providerTimeout)
    #expect(try #require(job.durationMs) >= 1000)
    #expect(try await daemon.stop() == 0)
    server.stop()
  }

  @Test("An answered heartbeat completes with the HTTP status and the timings")
  func healthyServer() async throws {
    let server = LoopbackServer { connection in
      if connection.request() != nil { connection.answer("204 No Content") }
    }
    let daemon = try await RunningDaemon([
      "healthy": "[Heartbeat]\nEndpoint=\(server.url("/health"))\nExpectedStatus=200-204\n"
    ])
    let job = try await daemon.outcome(of: "healthy")
    #expect(job.status == .completed)
    #expect(job.httpStatus == 204)
    #expect(try #require(job.timings).totalUs > 0)
    server.stop()
    let refused = try await daemon.outcome(of: "healthy")
    #expect(refused.errorCode == .connectionFailed)
  }
}
