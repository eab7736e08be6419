import Foundation
import TactusLinux
import TactusModel
import TactusProtocol
import TactusTestSupport
import Testing

@Suite("Durations and order of jobs when the daemon's clock is set")
struct ClockSpanTests {
  private func daemon(_ workflows: [String: String]) async throws -> (RunningDaemon, TemporaryFile) {
    let faults = TemporaryFile(named: "")
    let daemon = try RunningDaemon(notStartedWith: workflows, variables: ["TACTUS_DEBUG": faults.directory])
    try await daemon.start()
    return (daemon, faults)
  }

  /// Sets the daemon's clock, and returns when the daemon has noticed.
  private func step(_ daemon: RunningDaemon, _ faults: TemporaryFile, to seconds: Int) async throws {
    let before = daemon.complaints.split(separator: "\n").count { $0.contains("the wall clock was set") }
    try "\(seconds)".write(toFile: "\(faults.directory)/clock-offset", atomically: true, encoding: .utf8)
    daemon.send(.user2)
    _ = try await eventually("the step is logged") { () -> Bool? in
      daemon.complaints.split(separator: "\n").count { $0.contains("the wall clock was set") } > before ? true : nil
    }
  }

  @Test(
    "A clock step of two hours during a job changes neither its duration nor the statistics", arguments: [-7200, 7200])
  func span(_ seconds: Int) async throws {
    let (daemon, faults) = try await daemon([
      "work": "[Command]\nExec=/bin/sh -c 'until [ -e go ]; do sleep 0.05; done'\nRunner=direct\n"
    ])
    let id = try await daemon.run("work")
    _ = try await daemon.running(id)
    try await step(daemon, faults, to: seconds)
    #expect(try #require(try await daemon.job(id).elapsedMs) < 60_000)
    try daemon.write("go", "")
    let job = try await daemon.ended(id)
    #expect((0..<60_000).contains(try #require(job.durationMs)), "\(job)")
    #expect((0..<60_000).contains(try #require(job.startDelayMs)), "\(job)")
    let statistics = try await daemon.call(ReadStatistics(windowSeconds: 86_400))
    if let duration = statistics.duration { #expect(duration.p95Ms < 60_000) }
    #expect(try await daemon.stop() == 0)
  }

  @Test("The newest job is the one that began last, even after a backward clock step and a restart")
  func newest() async throws {
    let (daemon, faults) = try await daemon(["work": "[Command]\nExec=/bin/echo done\nRunner=direct\n"])
    try await step(daemon, faults, to: 7200)
    let old = try await daemon.outcome(of: "work").id
    try await step(daemon, faults, to: 0)
    let new = try await daemon.outcome(of: "work").id
    for _ in 0..<2 {
      #expect(try await daemon.call(GetJob(newestOf: "work")).job.id == new)
      #expect(try await daemon.control("show-job", "work").output.contains(new))
      #expect(try await daemon.control("logs", "work").complaints.contains(new))
      let list = try await daemon.control("list-jobs", "work").output.split(separator: "\n")
      let places = [new, old].map { id in list.firstIndex { $0.contains(id.suffix(8)) } }
      #expect(try #require(places[0]) < #require(places[1]), "\(list)")
      #expect(old < new, "ids ascend in the order in which they are created")
      #expect(try await daemon.stop() == 0)
      try await daemon.start()
    }
    #expect(try await daemon.stop() == 0)
  }
}
