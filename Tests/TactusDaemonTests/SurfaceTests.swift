import Foundation
import TactusLinux
import TactusModel
import TactusProtocol
import TactusTransport
import Testing

@Suite("The control surface")
struct SurfaceTests {
  @Test("A held job waits for its time; a key makes a request once, also after a restart")
  func heldAndKeys() async throws {
    let daemon = try await RunningDaemon(["quick": "[Command]\nExec=/bin/true\n"])
    let request = RunWorkflow(name: "quick", hold: true, idempotencyKey: "once")
    let held = try await daemon.call(request).jobID
    #expect(try await daemon.call(request).jobID == held)
    try await daemon.kill()
    try await daemon.start()
    #expect(try await daemon.call(request).jobID == held)
    #expect(try await daemon.job(held).phase == .held)
    await #expect(throws: (any Error).self) {
      try await daemon.call(RunWorkflow(name: "quick", idempotencyKey: "once"))
    }
    try await daemon.call(ScheduleJob(id: held, at: "2099-01-01T00:00:00Z".replacing("2099", with: "2028")))
    #expect(try await daemon.job(held).phase == .scheduled)
    try await daemon.call(ScheduleJob(id: String(held.suffix(10)), at: "\(SystemTime().now)"))
    #expect(try await daemon.ended(held).status == .completed)
    #expect(try await daemon.jobs("quick").count == 1)
    #expect(try await daemon.stop() == 0)
  }

  @Test("What a call may hold at most is refused beyond, and changes nothing")
  func bounds() async throws {
    let daemon = try await RunningDaemon(["quick": "[Command]\nExec=/bin/true\n"])
    func refusal<R: Request>(_ request: R) async throws -> CallFailure? {
      try await daemon.refusal(of: Call(request).message)
    }
    func isInvalid(_ failure: CallFailure?, _ field: String) -> Bool {
      guard case .invalid(let name, _) = failure else { return false }
      return name == field
    }
    let key = String(repeating: "k", count: Limits.idempotencyKeyBytes)
    _ = try await daemon.call(RunWorkflow(name: "quick", hold: true, idempotencyKey: key))
    for bad in ["", key + "k", String(repeating: "é", count: 128)] {
      let failure = try await refusal(RunWorkflow(name: "quick", idempotencyKey: bad))
      #expect(isInvalid(failure, "idempotency_key"), "\(String(describing: failure))")
    }
    #expect(
      isInvalid(try await refusal(RunWorkflow(name: "quick", scheduledAt: "2028-01-01T00:00:00Z", hold: true)), "hold"))
    #expect(
      isInvalid(try await refusal(RunWorkflow(name: "quick", scheduledAt: "2028-01-01T00:00:00")), "scheduled_at"))
    let crowd = Array(repeating: "ffffff", count: Limits.idsAtOnce + 1)
    #expect(isInvalid(try await refusal(CancelJobs(ids: crowd)), "ids"))
    #expect(isInvalid(try await refusal(WaitForJobs(ids: crowd)), "ids"))
    for seconds in [0, 59, 366 * 86_400 + 1, .max, -5] as [Int64] {
      #expect(isInvalid(try await refusal(ReadStatistics(windowSeconds: seconds)), "window_seconds"), "\(seconds)")
    }
    for seconds in [60, 366 * 86_400] as [Int64] { _ = try await daemon.call(ReadStatistics(windowSeconds: seconds)) }
    #expect(isInvalid(try await refusal(ReadStatistics(workflow: "quick", kind: .command)), "workflow"))
    #expect(isInvalid(try await refusal(ReadStatistics(queue: "none")), "queue"))
    #expect(isInvalid(try await refusal(ListJobs(queue: "none")), "queue"))
    #expect(isInvalid(try await refusal(ListJobs(since: "today")), "since"))
    #expect(isInvalid(try await refusal(ListUpcoming(limit: 1001)), "limit"))
    #expect(isInvalid(try await refusal(ExplainWorkflow(name: "quick", at: "now")), "at"))
    #expect(isInvalid(try await refusal(ExplainWorkflow(name: "quick", cursor: "bm9uZQ==")), "cursor"))
    #expect(
      isInvalid(try await refusal(ExplainWorkflow(name: "quick", at: "2028-01-01T00:00:00Z", limit: 1)), "at"))
    #expect(try await daemon.jobs("quick").count == 1)
    #expect(try await daemon.stop() == 0)
  }

  @Test("Why, upcoming and statistics tell what became of a schedule and what is to come")
  func insight() async throws {
    let daemon = try await RunningDaemon([
      "beat": "[Schedule]\nInterval=1s\n[Command]\nExec=/bin/true\n",
      "later": "[Schedule]\nInterval=1d\nStartAt=2028-01-01T00:00:00Z\n[Command]\nExec=/bin/true\n",
      "slow": "[Workflow]\nOverlap=queue\n[Command]\nExec=/bin/sleep 300\n",
    ])
    _ = try await daemon.jobs("beat", .completed, atLeast: 3)
    let first = try await daemon.run("slow")
    _ = try await daemon.running(first)
    let second = try await daemon.run("slow")
    let waits = try await daemon.call(ExplainJob(id: second)).answer
    #expect(waits.outcome == .waiting && waits.reason.contains(first))
    #expect(try await daemon.call(ExplainJob(id: first)).answer.outcome == .running)
    let answers = try await daemon.call(ExplainWorkflow(name: "beat")).answers
    #expect(answers.first?.outcome == .planned && answers.filter { $0.outcome == .ran }.count >= 3)
    let ran = try #require(answers.first { $0.outcome == .ran })
    let alone = try await daemon.call(ExplainWorkflow(name: "beat", at: ran.nominalAt.map { "\($0)" })).answers
    #expect(alone == [ran])
    let page = try await daemon.call(ExplainWorkflow(name: "beat", limit: 2))
    let next = try await daemon.call(ExplainWorkflow(name: "beat", cursor: page.nextCursor, limit: 1))
    #expect(page.answers.count == 2 && next.answers.count == 1)
    let last = try #require(page.answers.last?.nominalAt)
    #expect(next.answers[0].nominalAt == last - .seconds(1))
    let runs = try await daemon.call(ListUpcoming(limit: 5)).runs
    #expect(runs.count == 5 && runs.allSatisfy { $0.workflow == "beat" } && runs[0].jobID != nil)
    let later = try await daemon.call(ListUpcoming(name: "later", limit: 2)).runs
    #expect(later.map { "\($0.nominalAt)" } == ["2028-01-01T00:00:00.000000Z", "2028-01-02T00:00:00.000000Z"])
    let statistics = try await daemon.call(ReadStatistics(workflow: "beat", windowSeconds: 3600))
    #expect(statistics.ends.completed >= 3 && statistics.successRate == 1 && statistics.buckets.count == 24)
    #expect(statistics.duration != nil && statistics.startDelay != nil)
    let none = try await daemon.call(ReadStatistics(workflow: "later"))
    #expect(none.ends.completed == 0 && none.successRate == nil && none.duration == nil)
    try await daemon.call(CancelJobs(ids: [second, first]))
    #expect(try await daemon.stop() == 0)
  }

  @Test("A name is freed when its workflow has ended, and not while there is a file of that name")
  func delete() async throws {
    let daemon = try await RunningDaemon(["filed": "[Command]\nExec=/bin/true\n"])
    func refusal(_ name: String) async throws -> CallFailure? {
      try await daemon.refusal(of: Call(DeleteWorkflow(name: name)).message)
    }
    try await daemon.call(ApplyWorkflow(name: "made", definition: "[Command]\nExec=/bin/true\n"))
    #expect(try await refusal("made")?.name == "Conflict")
    try await daemon.call(TerminateWorkflow(name: "made"))
    try await daemon.call(DeleteWorkflow(name: "made"))
    #expect(try await refusal("made")?.name == "NotFound")
    try await daemon.call(TerminateWorkflow(name: "filed"))
    guard case .conflict(let reason) = try await refusal("filed") else {
      Issue.record("deleted although its file is there")
      return
    }
    #expect(reason.contains("workflows/filed.workflow"))
    try daemon.undefine("filed")
    try await daemon.call(DeleteWorkflow(name: "filed"))
    #expect(try await daemon.call(ListWorkflows()).workflows.isEmpty)
    #expect(try await daemon.stop() == 0)
  }

  @Test("The daemon's own file is not applied: a reload reads it, whatever its workflow is by now")
  func ownFile() async throws {
    let text = "[Command]\nExec=/bin/true\n"
    let daemon = try await RunningDaemon(["filed": text])
    try daemon.define("new", text)
    let folder = "\(daemon.configuration)/workflows"
    for options in [["--dry-run"], []] {
      let new = try await daemon.apply(options + ["\(folder)/new.workflow"])
      #expect(
        new.code == 1
          && new.complaints.contains(
            "workflows/new.workflow is the daemon's own file, and not in force yet: tactusctl reload reads it"),
        "\(new)")
      let filed = try await daemon.apply(options + ["\(folder)/filed.workflow"])
      #expect(
        filed.code == 1
          && filed.complaints.contains(
            "filed is defined by workflows/filed.workflow, the daemon's own file: edit that, tactusctl reload reads it"),
        "\(filed)")
    }
    #expect(try await daemon.call(ListWorkflows()).workflows.map(\.name) == ["filed"])
    #expect(try await daemon.call(Reload()).created == ["new"])
    // What was made over the socket stays what it is; its file is refused.
    try await daemon.call(ApplyWorkflow(name: "made", definition: text))
    try daemon.define("made", text)
    #expect(try await daemon.call(ApplyWorkflow(name: "made", definition: text + "Timeout=2h\n")).effect == .changed)
    #expect(try await daemon.stop() == 0)
  }
}

extension RunningDaemon {
  /// Runs `tactusctl apply`.
  fileprivate func apply(_ words: [String]) async throws -> Program.Ran {
    try await Program.built("tactusctl", environment).run(["apply"] + words)
  }
}
