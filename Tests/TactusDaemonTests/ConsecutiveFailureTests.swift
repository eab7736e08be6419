import TactusModel
import TactusProtocol
import Testing

@Suite("Failures in a row")
struct ConsecutiveFailureTests {
  /// Starts a daemon with the workflow `judged`, whose jobs exit with the code in the file `verdict`.
  private func daemon(schedule: String) async throws -> RunningDaemon {
    let daemon = try RunningDaemon(notStartedWith: [:])
    try daemon.write("verdict", "1")
    let script = try daemon.script("judge", "exit $(cat verdict)")
    try daemon.define(
      "judged", "[Workflow]\nMaxConsecutiveFailures=3\nOverlap=queue\n\(schedule)[Command]\nExec=\(script)\n")
    try await daemon.start()
    return daemon
  }

  @Test("Three failures terminate a workflow, which still runs by hand and starts again when it is resumed")
  func terminated() async throws {
    let daemon = try await daemon(schedule: "[Schedule]\nInterval=1s\n")
    let terminated = try await daemon.workflow("judged") { $0.state == .terminated }
    #expect(terminated.terminatedReason == .consecutiveFailures)
    #expect(terminated.consecutiveFailures == 3)
    #expect(terminated.nextAt == nil)

    let failed = try await daemon.jobs("judged", .failed)
    #expect(failed.count == 3)
    for job in failed {
      #expect(job.trigger == .automatic && job.errorCode == .exitNonzero && job.exitCode == 1)
    }
    let withdrawn = try await daemon.jobs("judged", .canceled)
    #expect(withdrawn.map(\.errorCode?.known) == [.workflowTerminated])
    #expect(try await daemon.jobs("judged", .pending).isEmpty)
    try await daemon.log(with: "workflow judged was terminated after too many consecutive failures")
    let status = try await daemon.call(Describe())
    #expect(try #require(status.lastErrors.first).message.contains("tactusctl resume judged"))
    #expect(status.workflows == WorkflowCounts(active: 0, terminated: 1))

    try daemon.write("verdict", "0")
    let manual = try await daemon.outcome(of: "judged")
    #expect(manual.status == .completed && manual.trigger == .manual)
    #expect(try await daemon.workflow("judged").state == .terminated)

    try await daemon.call(ResumeWorkflow(name: "judged"))
    let resumed = try await daemon.workflow("judged")
    #expect(resumed.state == .active && resumed.consecutiveFailures == 0 && resumed.resumedAt != nil)
    let completed = try await daemon.jobs("judged", .completed, atLeast: 3)
    let automatic = completed.filter { $0.trigger == .automatic }
    let first = try #require(failed.first?.nominalAt)
    for job in automatic {
      #expect((try #require(job.nominalAt) - first).microseconds % 1_000_000 == 0)
      #expect(try #require(job.nominalAt) > (try #require(resumed.resumedAt)))
    }
    #expect(try await daemon.stop() == 0)
    #expect(try await daemon.check("--verify").code == 0)
  }

  @Test(
    "A reload that changes a workflow terminated by failures says that it is still terminated, and the way out")
  func fixedFile() async throws {
    let daemon = try await daemon(schedule: "[Schedule]\nInterval=1s\n")
    _ = try await daemon.workflow("judged") { $0.state == .terminated }
    try daemon.define("judged", "[Schedule]\nInterval=1s\n[Command]\nExec=/bin/true\n")
    let reloaded = try await daemon.control("reload")
    #expect(
      reloaded.output.contains("judged: changed, and still terminated. Run tactusctl resume judged"), "\(reloaded)")
    #expect(
      daemon.complaints.contains("is still terminated after too many failures in a row. Run tactusctl resume judged"))
    #expect(try await daemon.workflow("judged").state == .terminated)
    #expect(try await daemon.stop() == 0)
  }

  @Test("One success in between resets the counter")
  func reset() async throws {
    let daemon = try await daemon(schedule: "")
    for (verdict, counter) in [("1", 1), ("1", 2), ("0", 0), ("1", 1), ("1", 2)] {
      try daemon.write("verdict", verdict)
      #expect(try await daemon.outcome(of: "judged").status == (verdict == "0" ? JobStatus.completed : .failed))
      let workflow = try await daemon.workflow("judged")
      #expect(workflow.consecutiveFailures == counter && workflow.state == .active)
    }
    _ = try await daemon.outcome(of: "judged")
    let ended = try await daemon.workflow("judged")
    #expect(ended.state == .terminated)
    let since = try #require(ended.terminatedAt)
    let why = try await daemon.control("why", "judged")
    #expect(
      why.output.hasPrefix(
        "judged is TERMINATED since \(since) after 3 failures in a row. Fix the cause, then run "
          + "tactusctl resume judged.\n"), "\(why)")
    // One more failure by hand counts, but did not terminate the workflow.
    #expect(try await daemon.outcome(of: "judged").status == .failed)
    #expect(try await daemon.workflow("judged").consecutiveFailures == 4)
    #expect(try await daemon.control("why", "judged").output.contains(" after 3 failures in a row. "))
    let shown = try await daemon.control("show-workflow", "judged").output
    #expect(shown.contains("Failures in a row: 3, which terminated it (4 after later manual runs)\n"), "\(shown)")
  }

  @Test("why does not say \"has no schedule\" of a terminated workflow with a schedule")
  func scheduled() async throws {
    let daemon = try await daemon(schedule: "[Schedule]\nInterval=1d\n")
    for _ in 0..<3 { _ = try await daemon.outcome(of: "judged") }
    let why = try await daemon.control("why", "judged")
    #expect(why.code == 0 && why.output.contains("after 3 failures in a row"), "\(why)")
    #expect(!why.output.contains("has no schedule"), "\(why)")
  }

  @Test("A canceled job does not count as a failure")
  func canceled() async throws {
    let daemon = try await RunningDaemon(["sleeper": "[Command]\nExec=/bin/sleep 60\n"])
    for _ in 0..<3 {
      let id = try await daemon.run("sleeper")
      _ = try await daemon.running(id)
      try await daemon.call(CancelJobs(ids: [id]))
      let job = try await daemon.ended(id)
      #expect(job.status == .canceled && job.errorCode == .canceledByUser)
    }
    let workflow = try await daemon.workflow("sleeper")
    #expect(workflow.consecutiveFailures == 0 && workflow.state == .active)
  }
}
