import Foundation
import TactusFuzzing
import TactusModel
import TactusProtocol
import TactusTransport
import Testing

@testable import TactusCommands

@Suite("why, upcoming and stats")
struct InsightTests {
  /// Runs a command with the canned daemon, on a terminal or without one, and compares its output.
  private func expect(_ words: [String], columns: Int? = 80, _ snapshot: String) async throws {
    let daemon = try CannedDaemon()
    let ran = CannedDaemon.run(words, columns: columns, environment: ["TACTUS_SOCKET": daemon.path])
    #expect(ran.output == snapshot + "\n")
    #expect(ran.complaints == "" && ran.code == 0)
    if let columns { #expect(ran.lines.allSatisfy { $0.count <= columns }) }
    await daemon.stop()
  }

  @Test("why lists open instants first, each with its reason")
  func why() async throws {
    try await expect(
      ["why", "nightly"],
      """
      2026-12-01T03:04:00Z  planned
          not planned yet: the next planned run is at 2026-12-01T03:03:00.000000Z
      2026-12-01T02:59:00Z  ran              +20.004 s  1cebabe5 EXIT_NONZERO
          started 20.0 s late: 20.0 s for a slot of queue command (MaxRunning=).
          Error: the program ended with code 7
      2026-12-01T00:59:00Z … 2026-12-01T01:00:00Z ×61  coalesced
          replaced by the run of the newest due instant (Misfire=latest)
      """)
  }

  @Test("why prints one line per instant to a pipe")
  func whyPiped() async throws {
    try await expect(
      ["why", "nightly"], columns: nil,
      """
      2026-12-01T03:04:00.000000Z  planned                       not planned yet: the next planned run is at 2026-12-01T03:03:00.000000Z
      2026-12-01T02:59:00.000000Z  ran              +20.004 s  1cebabe5 EXIT_NONZERO  started 20.0 s late: 20.0 s for a slot of queue command (MaxRunning=). Error: the program ended with code 7
      2026-12-01T00:59:00.000000Z/2026-12-01T01:00:00.000000Z x61  coalesced                     replaced by the run of the newest due instant (Misfire=latest)
      """)
  }

  @Test("why accepts the id of a job or the end of it")
  func whyJob() async throws {
    let snapshot = """
      2026-12-01T02:59:00Z  waiting                     89abcdef PENDING
          is due and waits for an earlier run of the same workflow to end (Overlap=)
      """
    try await expect(["why", Canned.ids[0]], snapshot)
    try await expect(["why", "89abcdef"], snapshot)
    let daemon = try CannedDaemon()
    let none = daemon.run("why", "abcdef99")
    #expect(none.code == 4)
    #expect(
      none.complaints
        == "tactusctl: no workflow or job abcdef99. Run tactusctl list-workflows or tactusctl list-jobs to list "
        + "them.\n")
    let name = daemon.run("why", "other")
    #expect(name.code == 4 && name.complaints.hasPrefix("tactusctl: no workflow other"))
    let both = daemon.run("why", Canned.ids[0], "2026-12-01T03:00:00Z")
    #expect(both.code == 2 && both.complaints.contains("is a job, so an instant is not valid here"))
    await daemon.stop()
  }

  @Test("why requests one instant or the wanted number, and the open manual jobs")
  func whyRequests() async throws {
    let daemon = try CannedDaemon()
    #expect(daemon.run("why", "nightly", "2026-12-01T03:04:00Z").lines.count == 3)
    #expect(daemon.run("why", "nightly", "-n", "3").code == 0)
    #expect(daemon.run("why", "nightly", "2026-12-01T03:04:00Z", "-n3").code == 2)
    #expect(daemon.run("why", "nightly", "--json=short").lines.count == 2)
    #expect(
      daemon.operations == [
        .explainWorkflow(ExplainWorkflow(name: "nightly", at: "2026-12-01T03:04:00.000000Z")),
        .explainWorkflow(ExplainWorkflow(name: "nightly", limit: 3)),
        .getWorkflow(GetWorkflow(name: "nightly", definition: false)),
        .listJobs(
          ListJobs(status: [.pending, .queued, .running], trigger: .manual, workflow: "nightly", limit: 10)),
        .explainWorkflow(ExplainWorkflow(name: "nightly", limit: 10)),
      ])
    await daemon.stop()
  }

  @Test("why lists waiting and running manual jobs first")
  func whyManual() async throws {
    let daemon = try CannedDaemon { operation, reply throws(CallFailure) in
      guard case .listJobs(let request) = operation else { return try Canned.answer(operation, reply) }
      reply.answer(request, with: .init(jobs: [Canned.jobs[0]], nextCursor: nil))
    }
    let lines = daemon.run("why", "nightly", columns: nil).lines
    #expect(lines.count == 5 && lines[0].contains("  waiting ") && lines[0].contains("  89abcdef PENDING  is due"))
    #expect(daemon.operations.last == .explainJob(ExplainJob(id: Canned.ids[0])))
    await daemon.stop()
  }

  /// A daemon with one terminated workflow that has no instants and no jobs.
  private func terminated(
    _ reason: Workflow.TerminatedReason, failures: Int = 0, updatedAt: Instant = Canned.at(-3600)
  ) throws -> CannedDaemon {
    try CannedDaemon { operation, reply throws(CallFailure) in
      switch operation {
      case .getWorkflow(let request):
        var workflow = Canned.workflow("nightly")
        (workflow.state, workflow.terminatedReason) = (.known(.terminated), .known(reason))
        (workflow.terminatedAt, workflow.interval) = (Canned.at(-60), .seconds(3600))
        workflow.updatedAt = updatedAt
        (workflow.consecutiveFailures, workflow.maxConsecutiveFailures) = (failures, 3)
        reply.answer(request, with: .init(workflow: WireWorkflow(workflow, withDefinition: false)))
      case .explainWorkflow(let request): reply.answer(request, with: .init(answers: [], nextCursor: nil))
      case .listJobs(let request): reply.answer(request, with: .init(jobs: [], nextCursor: nil))
      default: try Canned.answer(operation, reply)
      }
    }
  }

  @Test("why first says that a workflow is terminated, with the cause and the way out")
  func whyTerminated() async throws {
    let expected: [(Workflow.TerminatedReason, Int, String)] = [
      (.consecutiveFailures, 3, "after 3 failures in a row. Fix the cause, then run tactusctl resume nightly."),
      // Later manual runs reset or increased the counter.
      (.consecutiveFailures, 0, "after 3 failures in a row. Fix the cause, then run tactusctl resume nightly."),
      (.consecutiveFailures, 4, "after 3 failures in a row. Fix the cause, then run tactusctl resume nightly."),
      (.user, 0, "on request. Run tactusctl resume nightly."),
      // The daemon would refuse to resume it.
      (.removed, 0, "because its file was removed. Put workflows/nightly.workflow back, then run tactusctl reload."),
    ]
    for (reason, failures, sentence) in expected {
      let daemon = try terminated(reason, failures: failures)
      #expect(
        daemon.run("why", "nightly", columns: nil).lines == [
          "nightly is TERMINATED since 2026-12-01T02:59:00.000000Z \(sentence)",
          // The workflow still has a schedule.
          "No job of nightly waits or runs. Run tactusctl list-jobs nightly to list all its jobs.", "",
        ])
      await daemon.stop()
    }
  }

  @Test("show-workflow shows the failures that terminated a workflow, apart from later manual runs")
  func terminatingFailures() async throws {
    for (failures, shown) in [
      (3, "3, which terminated it\n"), (4, "3, which terminated it (4 after later manual runs)\n"),
      (0, "3, which terminated it (0 after later manual runs)\n"),
    ] {
      let daemon = try terminated(.consecutiveFailures, failures: failures)
      #expect(daemon.run("show-workflow", "nightly").output.contains("Failures in a row: \(shown)"))
      await daemon.stop()
    }
    // The limit may have changed since the termination.
    let edited = try terminated(.consecutiveFailures, failures: 4, updatedAt: Canned.at(-1))
    #expect(edited.run("show-workflow", "nightly").output.contains("Failures in a row: 4 (limit: 3)\n"))
    #expect(
      edited.run("why", "nightly", columns: nil).lines[0].hasSuffix(
        " after too many failures in a row. Fix the cause, then run tactusctl resume nightly."))
    await edited.stop()
  }

  @Test("why says of a job that failed before its start that it was not started")
  func whyNotStarted() async throws {
    let daemon = try CannedDaemon { operation, reply throws(CallFailure) in
      guard case .explainJob(let request) = operation, let id = JobID(Canned.ids[3]) else {
        return try Canned.answer(operation, reply)
      }
      var job = Canned.job(id, 3)
      (job.startedAt, job.errorCode) = (nil, .known(.validationError))
      job.errorMessage = "cannot execute /x: Permission denied"
      let answer = WireExplanation(Explanation(of: job, in: Explanation.Circumstances()))
      reply.answer(request, with: ExplainJob.Reply(answer: answer))
    }
    let ran = daemon.run("why", Canned.ids[3], columns: nil)
    #expect(
      ran.output
        == "2026-12-01T02:59:00.000000Z  not started                 1cebabe5 VALIDATION_ERROR  "
        + "it was never started: VALIDATION_ERROR. Error: cannot execute /x: Permission denied\n")
    await daemon.stop()
  }

  @Test("why says that a workflow has no schedule")
  func whyNothing() async throws {
    let daemon = try CannedDaemon { operation, reply throws(CallFailure) in
      switch operation {
      case .explainWorkflow(let request): reply.answer(request, with: .init(answers: [], nextCursor: nil))
      case .listJobs(let request): reply.answer(request, with: .init(jobs: [], nextCursor: nil))
      case .getWorkflow(let request):
        var workflow = Canned.workflow("a")
        workflow.interval = nil
        reply.answer(request, with: .init(workflow: WireWorkflow(workflow, withDefinition: false)))
      default: try Canned.answer(operation, reply)
      }
    }
    #expect(
      daemon.run("why", "a").output
        == "a has no schedule. No job of a waits or runs. Run tactusctl list-jobs a to\n  list all its jobs.\n")
    await daemon.stop()
  }

  @Test("upcoming")
  func upcoming() async throws {
    try await expect(
      ["upcoming"],
      """
      NEXT                  LEFT      WORKFLOW          KIND       TRIGGER    JOB
      2026-12-01T03:04:00Z  in 4 min  nightly           command    AUTOMATIC  89abcdef
      2026-12-01T04:34:00Z  in 1 h    a-workflow-with…  heartbeat  MANUAL     -

      2 runs.
      """)
    try await expect(
      ["upcoming", "--no-legend"], columns: nil,
      """
      2026-12-01T03:04:00.000000Z  nightly                                                           command    AUTOMATIC  89abcdef
      2026-12-01T04:34:00.000000Z  a-workflow-with-a-name-that-is-far-too-long-for-a-narrow-table-x  heartbeat  MANUAL     -
      """)
    let daemon = try CannedDaemon()
    #expect(daemon.run("upcoming", "nightly", "-n3").code == 0)
    #expect(daemon.run("upcoming", "-n1001").code == 2)
    #expect(daemon.operations == [.listUpcoming(ListUpcoming(name: "nightly", limit: 3))])
    await daemon.stop()
  }

  @Test("stats")
  func stats() async throws {
    try await expect(
      ["stats", "nightly"],
      """
      nightly: 1 d up to 2026-12-01T03:00:00Z
             Ended: 82 completed, 2 failed, 0 canceled
           Success: 97.6 %
          Duration: p50 301 ms, p95 602 ms, p99 700 ms, max 700 ms
       Start delay: p50 4 ms, p95 4 ms, p99 4 ms, max 4 ms
         Completed: ▁▁▁▂▂▂▃▃▃▄▄▄▅▅▅▆▆▆▇▇▇██▆ at most 7 in 1 h
            Failed: ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█ at most 2 in 1 h
      p95 duration:    ▂▂▂▃▃▃▄▄▄▅▅▅▆▆▆▇▇▇███ at most 700 ms in 1 h
      """)
  }

  @Test("stats prints numbers in ASCII to a pipe")
  func statsPiped() async throws {
    let daemon = try CannedDaemon()
    let ran = daemon.run("stats", "--kind=command", "--window=12h 30s", columns: nil)
    #expect(ran.output.allSatisfy { $0.isASCII })
    #expect(ran.output.hasPrefix("kind command: 1 d up to "))
    #expect(ran.output.contains("\n       Each part: 1 h, the first from 2026-11-30T03:00:00.000000Z\n"))
    #expect(ran.output.contains("\n       Completed: 0 0 0 1 1 1 2 2 2 3 3 3 4 4 4 5 5 5 6 6 6 7 7 5\n"))
    #expect(ran.output.contains("\np95 duration, ms: - - - 100 100 100 200 200 200 "))
    #expect(daemon.run("stats").output.hasPrefix("all workflows: "))
    #expect(daemon.run("stats", "--queue=command").output.hasPrefix("queue command: "))
    #expect(daemon.run("stats", "--queue=none").code == 1)
    #expect(
      daemon.operations == [
        .readStatistics(ReadStatistics(kind: .command, windowSeconds: 43_230)), .readStatistics(ReadStatistics()),
        .readStatistics(ReadStatistics(queue: "command")), .readStatistics(ReadStatistics(queue: "none")),
      ])
    for words in [["a", "--queue=b"], ["--queue=b", "--kind=command"], ["--window=x"]] {
      #expect(CannedDaemon.run(["stats"] + words, environment: ["TACTUS_SOCKET": daemon.path]).code == 2)
    }
    await daemon.stop()
  }

  @Test("Only zero has the lowest bar, and only the largest value the highest")
  func sparkline() {
    #expect(Sparkline.text([0, 1, 500, 999, 1000, nil]) == "▁▂▅▇█ ")
    #expect(Sparkline.text([0, 0]) == "▁▁" && Sparkline.text([nil]) == " " && Sparkline.text([]) == "")
    #expect(Sparkline.text([1]) == "█")
  }
}
