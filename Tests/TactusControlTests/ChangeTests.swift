import TactusModel
import TactusPorts
import TactusProtocol
import TactusSimulation
import TactusTestSupport
import Testing

@testable import TactusControl

@Suite("Changes by the API")
struct ChangeTests {
  private static let quick = "[Command]\nExec=/bin/true\n"

  private func stage() throws -> APIStage { try APIStage([("filed", Self.quick)]) }

  @Test("Each change is logged once with its principal and its result, and a dry run and no change are not")
  func noted() throws {
    let stage = try stage()
    func new() -> [String] { stage.condition.entries.filter { $0[.peerUID] == "7" }.map(\.message) }
    _ = try stage.ask(ApplyWorkflow(name: "made", definition: Self.quick, dryRun: true))
    #expect(new().isEmpty)
    let made = try stage.ask(ApplyWorkflow(name: "made", definition: Self.quick))
    #expect(made.effect == .created && made.warnings?.map(\.line) == [2])
    #expect(try stage.ask(ApplyWorkflow(name: "made", definition: Self.quick)).effect == .unchanged)
    let changed = try stage.ask(ApplyWorkflow(name: "made", definition: "[Schedule]\nInterval=1h\n" + Self.quick))
    #expect(changed.effect == .changed && changed.generation == 2 && changed.nextRuns.count == 5)
    #expect(zip(changed.nextRuns, changed.nextRuns.dropFirst()).allSatisfy { $1 - $0 == .seconds(3600) })
    let job = try stage.ask(RunWorkflow(name: "made", hold: true)).jobID
    let at = stage.simulation.now + .seconds(3600)
    _ = try stage.ask(ScheduleJob(id: job, at: "\(at)"))
    #expect(try stage.ask(CancelJobs(ids: [job])).results == [CancelResult(id: job)])
    _ = try stage.ask(TerminateWorkflow(name: "made"))
    _ = try stage.ask(ResumeWorkflow(name: "made"))
    #expect(try stage.refusal(of: DeleteWorkflow(name: "made"))?.name == "Conflict")
    _ = try stage.ask(TerminateWorkflow(name: "made"))
    _ = try stage.ask(DeleteWorkflow(name: "made"))
    #expect(try stage.refusal(of: RunWorkflow(name: "made")) == .notFound(entity: "workflow", id: "made"))
    let by = ", requested by uid 7 (pid 99)"
    let lines = new()
    #expect(
      lines.filter { !$0.contains("was refused") } == [
        "apply made\(by)", "apply made\(by)", "run made\(by)", "schedule \(job) for \(at)\(by)", "cancel \(job)\(by)",
        "terminate made\(by)", "resume made\(by)", "terminate made\(by)", "delete made\(by)",
      ])
    let refused = lines.filter { $0.contains("was refused") }
    #expect(refused.count == 2 && refused[0].hasPrefix("delete made\(by), was refused: "))
    let canceled = try #require(stage.condition.entries.first { $0.message.hasPrefix("cancel ") })
    #expect(canceled[.workflow] == "made" && canceled[.job] == job)
  }

  @Test("A definition with faults is refused with its lines, and a workflow of a file is changed by that file only")
  func definitions() throws {
    let stage = try stage()
    guard
      case .invalid(field: "definition", let reason) = try stage.refusal(
        of: ApplyWorkflow(name: "new", definition: "[Comand]\n"))
    else {
      Issue.record("a definition with a fault was accepted")
      return
    }
    #expect(reason.contains("1") && reason.contains("[Comand]"))
    guard
      case .conflict(let conflict) = try stage.refusal(
        of: ApplyWorkflow(name: "filed", definition: "[Command]\nExec=/bin/false\n"))
    else {
      Issue.record("a workflow of a file was changed")
      return
    }
    #expect(conflict.contains("workflows/filed.workflow"))
    // A file that no reload has read would be blocked by a workflow of its name.
    stage.files.put(try #require(WorkflowName("waiting")))
    for isDryRun in [true, false] {
      let refusal = try stage.refusal(of: ApplyWorkflow(name: "waiting", definition: Self.quick, dryRun: isDryRun))
      guard case .conflict(let reason) = refusal else {
        Issue.record("\(refusal as Any)")
        continue
      }
      #expect(reason.hasPrefix("The file workflows/waiting.workflow exists and is not loaded yet."))
    }
    #expect(try stage.ask(ListWorkflows()).workflows.map(\.name) == ["filed"])
  }

  @Test("A workflow whose file exists is not deleted, and one whose file was refused is missing for a reason")
  func refusedFiles() throws {
    let stage = try stage()
    stage.files.put(try #require(WorkflowName("filed")))
    stage.files.put(try #require(WorkflowName("broken")))
    _ = try stage.ask(TerminateWorkflow(name: "filed"))
    guard case .conflict(let reason) = try stage.refusal(of: DeleteWorkflow(name: "filed")) else {
      Issue.record("a workflow was deleted although its file exists")
      return
    }
    #expect(reason.hasPrefix("The file workflows/filed.workflow exists."))
    for right in [Right.look, .read] {
      var refusals = [
        try stage.refusal(of: GetWorkflow(name: "broken"), as: right),
        try stage.refusal(of: ExplainWorkflow(name: "broken"), as: right),
        try stage.refusal(of: ListUpcoming(name: "broken"), as: right),
        try stage.refusal(of: ReadStatistics(workflow: "broken"), as: right),
        try stage.refusal(of: GetJob(newestOf: "broken"), as: right),
      ]
      if right == .read { refusals.append(try stage.refusal(of: ReadEvents(workflow: "broken"), as: right)) }
      for refusal in refusals {
        #expect(
          refusal == .notFound(entity: "workflow", id: "broken", reason: "refused for \(right.rawValue)"),
          "\(refusal as Any)")
      }
    }
    #expect(try stage.refusal(of: GetWorkflow(name: "none"), as: .look) == .notFound(entity: "workflow", id: "none"))
  }

  @Test("A name whose file exists is not applied while nobody can see whether its workflow exists")
  func unknownOwner() throws {
    let stage = try APIStage(isQuickReaderClosed: true)
    stage.files.put(try #require(WorkflowName("waiting")))
    #expect(try stage.refusal(of: ApplyWorkflow(name: "waiting", definition: Self.quick))?.name == "Unavailable")
    // Without a file there is nothing to look up.
    #expect(try stage.ask(ApplyWorkflow(name: "free", definition: Self.quick)).effect == .created)
  }

  @Test("A reload is made for its principal, and its result or refusal is the answer")
  func reloads() throws {
    let stage = try stage()
    #expect(try stage.refusal(of: Reload())?.name == "Unavailable")
    let reply = Reload.Reply(
      loaded: 3, created: [], changed: [], removed: [], problems: [WireProblem(file: "x", line: 1, message: "bad")])
    stage.files.answerReloads(with: .success(reply))
    #expect(try stage.ask(Reload()) == reply)
    #expect(stage.files.reloads == Array(repeating: Principal(user: 7, process: 99, right: .admin), count: 2))
  }

  @Test("A job of a workflow that queues its runs waits for the one before, and why says so")
  func waits() throws {
    let stage = try APIStage([("slow", "[Workflow]\nOverlap=queue\n" + Self.quick)]) { _ in
      .init(duration: .seconds(60))
    }
    let first = try stage.ask(RunWorkflow(name: "slow")).jobID
    let second = try stage.ask(RunWorkflow(name: "slow")).jobID
    let waits = try stage.ask(ExplainJob(id: String(second.suffix(12)))).answer
    #expect(waits.outcome.known == .waiting && waits.reason.contains(first))
    #expect(try stage.ask(ExplainJob(id: first)).answer.outcome.known == .running)
    stage.pass(.seconds(121))
    #expect(try stage.ask(ExplainJob(id: second)).answer.outcome.known == .ran)
  }

  @Test("Why, upcoming and statistics report past and future runs of a schedule, page by page")
  func insight() throws {
    let stage = try APIStage([("beat", "[Schedule]\nInterval=1s\n" + Self.quick), ("idle", Self.quick)])
    stage.pass(.seconds(10))
    let answers = try stage.ask(ExplainWorkflow(name: "beat"), as: .look).answers
    #expect(answers.first?.outcome.known == .planned && answers.count { $0.outcome.known == .ran } >= 9)
    let ran = try #require(answers.first { $0.outcome.known == .ran })
    let alone = try stage.ask(ExplainWorkflow(name: "beat", at: ran.nominalAt.map { "\($0)" }), as: .look).answers
    #expect(alone.map(\.jobID) == [ran.jobID])
    let page = try stage.ask(ExplainWorkflow(name: "beat", limit: 2))
    let next = try stage.ask(ExplainWorkflow(name: "beat", cursor: page.nextCursor, limit: 1))
    #expect(page.answers.count == 2 && next.answers.count == 1)
    let last = try #require(page.answers.last?.nominalAt)
    #expect(next.answers[0].nominalAt == last - .seconds(1))
    let runs = try stage.ask(ListUpcoming(limit: 5)).runs
    #expect(runs.count == 5 && runs.allSatisfy { $0.workflow == "beat" } && runs[0].jobID != nil)
    #expect(try stage.ask(ListUpcoming(name: "idle")).runs.isEmpty)
    let statistics = try stage.ask(ReadStatistics(workflow: "beat", windowSeconds: 3600))
    #expect(statistics.ends.completed >= 9 && statistics.successRate == 1)
    #expect(try stage.ask(ReadStatistics(workflow: "idle")).successRate == nil)
  }
}
