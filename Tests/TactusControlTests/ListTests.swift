import Synchronization
import TactusModel
import TactusPorts
import TactusProtocol
import TactusSimulation
import TactusTestSupport
import Testing

@testable import TactusControl

@Suite("Lists and limits of the API")
struct ListTests {
  private static let quick = "[Command]\nExec=/bin/true\n"

  private func isInvalid(_ failure: CallFailure?, _ field: String) -> Bool {
    guard case .invalid(let name, let reason) = failure else { return false }
    return name == field && reason.utf8.count < 300
  }

  @Test("A list has all rows once, page by page, and refuses cursors of other lists and texts that are no cursor")
  func pages() throws {
    let stage = try APIStage((1...5).map { ("w\($0)", Self.quick) })
    var (names, jobs, cursor): ([String], [String], String?) = ([], [], nil)
    repeat {
      let page = try stage.ask(ListWorkflows(cursor: cursor, limit: 2), as: .look)
      names += page.workflows.map(\.name)
      cursor = page.nextCursor
    } while cursor != nil
    #expect(names == (1...5).map { "w\($0)" })
    let made = try names.map { try stage.ask(RunWorkflow(name: $0, hold: true)).jobID }
    repeat {
      let page = try stage.ask(ListJobs(cursor: cursor, limit: 2), as: .look)
      jobs += page.jobs.map(\.id)
      cursor = page.nextCursor
    } while cursor != nil
    #expect(jobs == made.reversed())
    let ofWorkflows = try stage.ask(ListWorkflows(limit: 1)).nextCursor
    let ofJobs = try stage.ask(ListJobs(limit: 1)).nextCursor
    for bad in [ofWorkflows, "bm9uZQ==", "", String(repeating: "A", count: 100_000)] {
      #expect(isInvalid(try stage.refusal(of: ListJobs(cursor: bad)), "cursor"))
      #expect(isInvalid(try stage.refusal(of: ExplainWorkflow(name: "w1", cursor: bad)), "cursor"))
    }
    #expect(isInvalid(try stage.refusal(of: ListWorkflows(cursor: ofJobs)), "cursor"))
    #expect(try stage.ask(ListJobs(limit: 1000)).jobs.count == 5)
  }

  @Test("Jobs are filtered by status, workflow, trigger, kind, queue, phase, error and time")
  func filters() throws {
    let stage = try APIStage([("beat", "[Schedule]\nInterval=1s\n" + Self.quick), ("quick", Self.quick)]) { order in
      .init(ending: order.workflow?.text == "quick" ? .failed(.exitNonzero, "exit status 1") : .succeeded)
    }
    let before = stage.simulation.now
    let failed = try stage.ask(RunWorkflow(name: "quick")).jobID
    stage.pass(.seconds(3))
    let held = try stage.ask(RunWorkflow(name: "quick", hold: true)).jobID
    func ids(_ request: ListJobs) throws -> [String] { try stage.ask(request).jobs.map(\.id) }
    #expect(try ids(ListJobs(status: [.failed])) == [failed])
    #expect(try ids(ListJobs(errorCode: .exitNonzero)) == [failed])
    #expect(try ids(ListJobs(workflow: "quick")) == [held, failed])
    #expect(try ids(ListJobs(trigger: .manual)) == [held, failed])
    #expect(try ids(ListJobs(phase: .held)) == [held])
    let automatic = try stage.ask(ListJobs(status: [.completed], workflow: "beat")).jobs
    #expect(automatic.count >= 2 && automatic.allSatisfy { $0.trigger.known == .automatic })
    let all = try ids(ListJobs(limit: 1000))
    #expect(try ids(ListJobs(kind: .command, queue: "command", limit: 1000)) == all)
    #expect(try ids(ListJobs(kind: .heartbeat)).isEmpty)
    #expect(try ids(ListJobs(until: "\(before)")).isEmpty)
    #expect(Set(try ids(ListJobs(since: "\(before)", limit: 1000))).isSuperset(of: [failed]))
  }

  @Test("Calls beyond the limits are refused by the field's name, and change nothing")
  func bounds() throws {
    let stage = try APIStage([("quick", Self.quick)])
    let key = String(repeating: "k", count: Limits.idempotencyKeyBytes)
    let job = try stage.ask(RunWorkflow(name: "quick", hold: true, idempotencyKey: key)).jobID
    #expect(try stage.ask(RunWorkflow(name: "quick", hold: true, idempotencyKey: key)).jobID == job)
    for bad in ["", key + "k", String(repeating: "é", count: 128)] {
      #expect(isInvalid(try stage.refusal(of: RunWorkflow(name: "quick", idempotencyKey: bad)), "idempotency_key"))
    }
    #expect(
      isInvalid(
        try stage.refusal(of: RunWorkflow(name: "quick", scheduledAt: "2028-01-01T00:00:00Z", hold: true)), "hold"))
    let crowd = Array(repeating: "ffffff", count: Limits.idsAtOnce + 1)
    #expect(isInvalid(try stage.refusal(of: CancelJobs(ids: crowd)), "ids"))
    #expect(isInvalid(try stage.refusal(of: WaitForJobs(ids: crowd)), "ids"))
    #expect(isInvalid(try stage.refusal(of: WaitForJobs(ids: [])), "ids"))
    for seconds in [0, 59, 366 * 86_400 + 1, .max, -5] as [Int64] {
      #expect(isInvalid(try stage.refusal(of: ReadStatistics(windowSeconds: seconds)), "window_seconds"), "\(seconds)")
    }
    for seconds in [60, 366 * 86_400] as [Int64] { _ = try stage.ask(ReadStatistics(windowSeconds: seconds)) }
    #expect(isInvalid(try stage.refusal(of: ReadStatistics(workflow: "quick", kind: .command)), "workflow"))
    #expect(
      try stage.refusal(of: ReadStatistics(queue: "none"))
        == .invalid(field: "queue", reason: "there is no queue 'none'. The queues are command, heartbeat."))
    #expect(isInvalid(try stage.refusal(of: ListJobs(queue: "none")), "queue"))
    #expect(isInvalid(try stage.refusal(of: ListJobs(since: "today")), "since"))
    #expect(isInvalid(try stage.refusal(of: ListJobs(until: "2028-01-01T00:00:00")), "until"))
    for limit in [0, -1, 1001] { #expect(isInvalid(try stage.refusal(of: ListUpcoming(limit: limit)), "limit")) }
    #expect(isInvalid(try stage.refusal(of: ExplainWorkflow(name: "quick", at: "now")), "at"))
    #expect(
      isInvalid(try stage.refusal(of: ExplainWorkflow(name: "quick", at: "2028-01-01T00:00:00Z", limit: 1)), "at"))
    #expect(isInvalid(try stage.refusal(of: ReadLogs(id: job, after: -1)), "after"))
    #expect(try stage.ask(ListJobs()).jobs.map(\.id) == [job])
  }

  @Test("A start without an offset, too long ago or too far ahead is refused with the valid range")
  func starts() throws {
    let stage = try APIStage([("job", Self.quick)])
    let now = stage.simulation.now
    for (instant, words) in [
      ("2026-12-01T03:00:00", "RFC 3339 with an offset"), ("tomorrow", "RFC 3339 with an offset"),
      ("\(now - .seconds(61))", "60 s in the past"), ("\(now + .seconds(3650 * 86_400))", "5 years ahead"),
    ] {
      guard
        case .invalid(field: "scheduled_at", let reason) = try stage.refusal(
          of: RunWorkflow(name: "job", scheduledAt: instant))
      else {
        Issue.record("\(instant) was not refused")
        continue
      }
      #expect(reason.contains(words))
    }
    #expect(try stage.ask(ListJobs()).jobs.isEmpty)
    let later = try stage.ask(RunWorkflow(name: "job", scheduledAt: "\(now + .seconds(3600))")).jobID
    #expect(try stage.ask(GetJob(id: later)).job.phase?.known == .scheduled)
    #expect(isInvalid(try stage.refusal(of: ScheduleJob(id: later, at: "soon")), "at"))
    #expect(isInvalid(try stage.refusal(of: ScheduleJob(id: later, at: "\(now - .seconds(61))")), "at"))
    _ = try stage.ask(ScheduleJob(id: later, at: "\(now)"))
    stage.pass(.seconds(1))
    #expect(try stage.ask(GetJob(id: later)).job.status.known == .completed)
  }

  @Test("Huge and wrong names and ids are refused in a few bytes, before anything changes")
  func monsters() throws {
    let stage = try APIStage([("job", Self.quick)])
    // One character of almost a megabyte: a letter and its combining marks.
    let monster = "e" + String(repeating: "\u{301}", count: 400_000)
    for name in [monster, "../etc", ""] {
      #expect(isInvalid(try stage.refusal(of: GetWorkflow(name: name)), "name"))
      #expect(isInvalid(try stage.refusal(of: RunWorkflow(name: name)), "name"))
      #expect(isInvalid(try stage.refusal(of: ExplainWorkflow(name: name)), "name"))
    }
    let held = try stage.ask(RunWorkflow(name: "job", hold: true)).jobID
    #expect(isInvalid(try stage.refusal(of: CancelJobs(ids: [held, monster])), "ids"))
    let padded = String(repeating: "-", count: 100_000) + held.suffix(12)
    #expect(isInvalid(try stage.refusal(of: GetJob(id: padded)), "id"))
    #expect(isInvalid(try stage.refusal(of: ReadLogs(id: padded)), "id"))
    #expect(isInvalid(try stage.refusal(of: WaitForJobs(ids: [padded])), "ids"))
    #expect(isInvalid(try stage.refusal(of: ReadEvents(job: padded)), "job"))
    for refusal in [
      try stage.refusal(of: GetJob(newestOf: "../etc")), try stage.refusal(of: ListJobs(workflow: "../etc")),
      try stage.refusal(of: ReadEvents(workflow: "../etc")), try stage.refusal(of: ReadStatistics(workflow: "../etc")),
    ] { #expect(isInvalid(refusal, "workflow"), "\(refusal as Any)") }
    for after in [String(repeating: "0", count: 100_000), String(repeating: ":", count: 100_000)] {
      #expect(isInvalid(try stage.refusal(of: ReadEvents(after: after)), "after"))
    }
    #expect(try stage.ask(GetJob(id: "--\(held.suffix(12))")).job.phase?.known == .held)
  }

  @Test("A job is found by its id, by the end of its id, or by its workflow, and anything else is refused")
  func jobs() throws {
    let stage = try APIStage([("job", Self.quick), ("idle", Self.quick)])
    let id = try stage.ask(RunWorkflow(name: "job")).jobID
    stage.pass(.seconds(1))
    let second = try stage.ask(RunWorkflow(name: "job", hold: true)).jobID
    for text in [id, id.uppercased(), String(id.suffix(6)), String(id.suffix(13))] {
      #expect(try stage.ask(GetJob(id: text)).job.id == id, "\(text)")
    }
    #expect(try stage.ask(GetJob(newestOf: "job")).job.id == id)
    #expect(try stage.refusal(of: GetJob(id: "ffffff")) == .notFound(entity: "job", id: "ffffff"))
    for text in ["", "abc", "zzzzzz"] { #expect(isInvalid(try stage.refusal(of: GetJob(id: text)), "id"), "\(text)") }
    #expect(try stage.refusal(of: GetJob(newestOf: "idle"))?.name == "NotFound")
    var both = GetJob(id: id)
    both.workflow = "job"
    #expect(isInvalid(try stage.refusal(of: both), "workflow"))
    both.id = nil
    both.workflow = nil
    #expect(isInvalid(try stage.refusal(of: both), "id"))
    let results = try stage.ask(CancelJobs(ids: [id, "ffffff", "z", String(second.suffix(12))])).results
    #expect(results.map(\.error) == ["Conflict", "NotFound", "Invalid", nil])
    #expect(results.map(\.id) == [id, "ffffff", "z", second])
    #expect(try stage.ask(GetJob(id: second)).job.errorCode?.known == .canceledByUser)
  }

  @Test("A search by the end of an id takes the turn of its user, and a whole id needs no search")
  func turns() throws {
    let stage = try APIStage([("job", Self.quick)])
    let ids = try (0..<2).map { _ in try stage.ask(RunWorkflow(name: "job", hold: true)).jobID }
    let end = Mutex<(@Sendable () -> Void)?>(nil)
    stage.api.quickTurns.take(for: 501) { done in end.withLock { $0 = done } }
    let searching = stage.begin(Call(CancelJobs(ids: [String(ids[0].suffix(12))])))
    let whole = stage.begin(Call(CancelJobs(ids: [ids[1]])))
    #expect(searching.ends == 0 && whole.ends == 1)
    end.withLock { $0 }?()
    stage.settle()
    #expect(try searching.ends == 1 && searching.lines(of: CancelJobs.self)[0].results == [CancelResult(id: ids[0])])
  }
}
