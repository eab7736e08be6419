import Foundation
import TactusModel
import TactusProtocol
import TactusTestSupport
import Testing

@Suite("A disk that does not answer", .enabled(if: StalledDisk.isPossible, "needs root and loop devices: not run"))
struct StalledDiskTests {
  @Test("With a frozen disk, a job that ends in time completes, status names the cause, and the watchdog is notified")
  func frozen() async throws {
    let daemon = try RunningDaemon(
      notStartedWith: ["work": "[Command]\nExec=/bin/sh -c \"sleep 1; echo done\"\nTimeout=3s\nRunner=direct\n"],
      variables: ["WATCHDOG_USEC": "2000000"])
    let disk = try await StalledDisk(at: daemon.state)
    let notify = try NotifySocket(at: "\(daemon.directory)/notify")
    try daemon.spawn(notifySocket: notify.path)
    #expect(try await daemon.reports(notify, "READY=1") { $0 == "READY=1" } != nil)
    #expect(try await daemon.call(Describe()).state == .running)
    let id = try await daemon.run("work")
    _ = try await daemon.running(id)
    try await disk.freeze()
    let frozenAt = ContinuousClock.now
    // Past the time-out, and past the moment when the daemon notices that the disk does not answer.
    let line = try await daemon.reports(notify, "the status line") {
      $0.hasPrefix("STATUS=degraded: the store has not")
    }
    #expect(line != nil)
    let status = try await daemon.control("status")
    #expect(status.code == 0 && status.output.contains("degraded"), "\(status)")
    #expect(status.output.contains("the store has not answered for"), "\(status)")
    notify.drain()
    for _ in 0..<3 { #expect(try await daemon.reports(notify, "WATCHDOG=1") { $0 == "WATCHDOG=1" } != nil) }
    let held = Duration.seconds(5) - (ContinuousClock.now - frozenAt)
    if held > .zero { try await daemon.rest(held) }
    try disk.thaw()
    let job = try await daemon.ended(id)
    #expect(job.status == .completed && job.errorCode == nil && job.exitCode == 0, "\(job)")
    #expect((900..<3000).contains(try #require(job.durationMs)), "\(job)")
    #expect(try await daemon.output(of: id).compactMap(\.text) == ["done"])
    _ = try await eventually("the daemon recovers") { try await daemon.call(Describe()).state == .running ? true : nil }
    #expect(daemon.complaints.contains("the store answers again"))
    #expect(!daemon.complaints.contains("did not answer for"))
    #expect(try await daemon.stop() == 0)
    #expect(try await daemon.check("--verify").code == 0)
  }

  @Test("A heartbeat that was answered in time completes, although its answer is stored late")
  func heartbeat() async throws {
    let server = LoopbackServer { connection in
      guard connection.request() != nil else { return }
      Thread.sleep(forTimeInterval: 1)
      connection.answer("200 OK", body: "fine")
    }
    let daemon = try RunningDaemon(notStartedWith: [
      "alive": "[Heartbeat]\nEndpoint=\(server.url("/health"))\nTimeout=3s\n"
    ])
    let disk = try await StalledDisk(at: daemon.state)
    try await daemon.start()
    let id = try await daemon.run("alive")
    _ = try await daemon.running(id)
    try await disk.freeze()
    try await daemon.rest(.seconds(5))
    try disk.thaw()
    let job = try await daemon.ended(id)
    #expect(job.status == .completed && job.httpStatus == 200, "\(job)")
    #expect(try #require(job.durationMs) < 3000, "\(job)")
    #expect(try await daemon.stop() == 0)
    server.stop()
  }
}
