import Synchronization
import TactusModel
import TactusPorts
import TactusTestSupport
import Testing

@testable import TactusStore

/// What a newer version wrote, and what a disk has damaged, is left alone; everything else goes on.
@Suite("Rows that cannot be read")
struct UnreadableRowTests {
  /// What was told of rows, in order.
  private final class Told: Sendable {
    private let kept = Mutex<[UnreadableRow]>([])
    var rows: [UnreadableRow] { kept.withLock { $0 } }
    func note(_ row: UnreadableRow) { kept.withLock { $0.append(row) } }
  }

  /// Two workflows with an ended and a planned job each; the rows of the first, `w`, are then changed behind the ledger's back.
  private func fixture(_ change: String, telling told: Told = Told()) throws -> ArchiveFixture {
    let fixture = try ArchiveFixture(unreadable: told.note)
    for name in ["w", "other"] { try fixture.stage.apply(.sample(), to: name, at: 0) }
    try fixture.stage.cycle(.failed(.exitNonzero, "it failed"), at: 10)
    let trigger = try #require(
      try fixture.specimen.rows("SELECT sql FROM sqlite_master WHERE name = 'jobs_transition'").first)
    try fixture.specimen.execute(
      """
      PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; DROP TRIGGER jobs_transition; \(change);
      \(trigger); PRAGMA ignore_check_constraints = OFF; PRAGMA foreign_keys = ON
      """)
    return fixture
  }

  /// The answer to a verb, or the sentence of its refusal.
  private func outcome<Value>(_ body: () throws -> Value) throws -> String {
    do { return "\(try body())" } catch let failure as LedgerFailure {
      switch failure {
      case .conflict(let reason): return reason
      default: return "\(failure)"
      }
    }
  }

  /// Asks everything of both workflows; traps and failures of the other one are failures of the test.
  private func exercise(_ fixture: ArchiveFixture, _ comment: Comment) throws {
    let stage = fixture.stage
    let (w, other) = (try stage.name("w"), try stage.name("other"))
    _ = try outcome { try stage.recover(at: 15) }
    _ = try outcome { try stage.realign(at: 15) }
    let released = try stage.release(at: 20)
    let others = Set(try fixture.jobs(JobFilter()).filter { $0.workflow == other }.map(\.id))
    let queued = released.change.queued.map(\.id).filter(others.contains)
    #expect(queued.count == 1, comment)
    // What is due is looked at again when there is something new, and not at once for ever.
    #expect(released.change.nextDue.map { $0 > .at(20) } ?? true, comment)
    for claim in try stage.claim(queued, at: 20) {
      try stage.start(claim, at: 20)
      #expect(try stage.end(claim, at: 21).isRecorded, comment)
    }
    for id in try fixture.jobs(JobFilter()).filter({ $0.workflow == w }).map(\.id) {
      _ = try outcome { try stage.cancel(id, at: 22) }
      _ = try outcome { try fixture.ask { $0.explanation(of: id, answer: $1) } }
      _ = try outcome { try stage.claim([id], at: 22) }
    }
    for name in [w, other] {
      _ = try outcome { try fixture.ask { $0.workflow(name, answer: $1) } }
      _ = try outcome { try fixture.ask { $0.upcoming(of: name, limit: 5, now: .at(23), answer: $1) } }
      _ = try outcome {
        try fixture.ask { $0.explanations(of: name, before: nil, limit: 9, now: .at(23), answer: $1) }
      }
    }
    _ = try fixture.ask { $0.workflows(state: nil, after: nil, limit: 9, answer: $1) }
    _ = try fixture.ask { $0.census(answer: $1) }
    _ = try fixture.ask { $0.pulse(answer: $1) }
    _ = try fixture.ask { $0.upcoming(of: nil, limit: 9, now: .at(23), answer: $1) }
    _ = try fixture.ask { $0.statistics(of: .all, from: .at(0), until: .at(99), answer: $1) }
    _ = try fixture.ask { $0.events(after: 0, matching: EventFilter(), limit: 99, answer: $1) }
    _ = try outcome { try stage.run("w", at: 24) }
    _ = try stage.run("other", at: 24)
    _ = try outcome { try stage.apply(.sample(every: 30), to: "w", at: 25) }
    _ = try stage.load(["other2": .sample()], present: nil, at: 26)
    _ = try outcome { try stage.terminate("w", at: 27) }
    _ = try outcome { try stage.resume("w", at: 28) }
    _ = try outcome { try stage.remnants() }
    _ = try outcome { try fixture.specimen.store.call { store in Result { try store.audit() } }.get() }
    try stage.terminate("other", at: 29)
  }

  @Test(
    "A word of another version is no end of the daemon: it is shown as it is, and the rest goes on",
    arguments: [
      "jobs.kind", "jobs.trigger", "jobs.status", "jobs.phase", "jobs.wait", "jobs.waited", "jobs.error_code",
      "jobs.stop_reason", "jobs.runner", "workflows.origin", "workflows.state", "workflows.terminated_reason",
      "workflows.build_status", "definitions.kind", "definitions.overlap", "definitions.misfire", "events.type",
      "events.status", "events.error_code",
    ])
  func words(place: String) throws {
    let (table, column) = (String(place.prefix { $0 != "." }), String(place.drop { $0 != "." }.dropFirst()))
    let key = table == "workflows" ? "id" : "workflow_id"
    let fixture = try fixture("UPDATE \(table) SET \(column) = 'newer' WHERE \(key) = 1")
    let jobs = try fixture.jobs(JobFilter())
    #expect(jobs.count == 4, "no row is left out of a list for a word")
    let workflows = try fixture.ask { $0.workflows(state: nil, after: nil, limit: 9, answer: $1) }
    #expect(workflows.map(\.name.text) == ["other", "w"])
    if table == "jobs", column != "stop_reason" {
      #expect(jobs.contains { "\($0)".contains("unknown(\"newer\")") }, "the list shows the word")
    }
    try exercise(fixture, "\(place)")
  }

  @Test("A change to a row with a word of another version is refused with the word and the place")
  func refusals() throws {
    let fixture = try fixture("UPDATE jobs SET phase = 'paused' WHERE workflow_id = 1 AND status = 'PENDING'")
    let stage = fixture.stage
    let planned = try #require(try stage.planned())
    let reason = try outcome { try stage.cancel(planned.id, at: 15) }
    #expect(reason.hasPrefix("'paused' in table jobs, row \(planned.id), column phase is a word of another version"))
    #expect(try stage.job(planned.id) == planned)
  }

  @Test("A row that is left alone is told once, and what is due beside it starts at its time")
  func told() throws {
    let told = Told()
    let fixture = try fixture(
      "UPDATE jobs SET trigger = 'ORACLE' WHERE workflow_id = 1 AND status = 'PENDING'", telling: told)
    for now in [20, 30, 40] { try fixture.stage.cycle(at: now) }
    #expect(try fixture.stage.jobs(of: "other").filter { $0.status == .completed }.count == 3)
    #expect(Set(told.rows.map(\.column)) == ["trigger"])
    #expect(Set(told.rows).count == 1)
  }

  @Test(
    "A damaged value is named and left out of lists, and the rest goes on",
    arguments: [
      "UPDATE jobs SET id = substr(id, 10) WHERE workflow_id = 1",
      "UPDATE jobs SET queue = 'NO NAME' WHERE workflow_id = 1",
      "UPDATE jobs SET scheduled_at = 9223372036854775807 WHERE workflow_id = 1",
      "UPDATE jobs SET scheduled_at = -9223372036854775808, nominal_at = -9223372036854775808 WHERE workflow_id = 1 AND status = 'PENDING'",
      "UPDATE jobs SET created_at = -9223372036854775808, log_bytes = -1 WHERE workflow_id = 1",
      "UPDATE jobs SET started_at = 9223372036854775807, completed_at = -9223372036854775808 WHERE workflow_id = 1 AND status = 'FAILED'",
      "UPDATE jobs SET priority = 4611686018427387904 WHERE workflow_id = 1",
      "UPDATE jobs SET nominal_at = NULL WHERE workflow_id = 1",
      "UPDATE jobs SET workflow_id = 77 WHERE workflow_id = 1",
      "UPDATE workflows SET name = 'NO/NAME' WHERE id = 1", "UPDATE workflows SET generation = 5 WHERE id = 1",
      "UPDATE workflows SET planned_job = x'00112233445566778899aabbccddeeff' WHERE id = 1",
      "UPDATE workflows SET consecutive_failures = -5 WHERE id = 1", "DELETE FROM definitions WHERE workflow_id = 1",
      "UPDATE definitions SET interval = 0 WHERE workflow_id = 1",
      "UPDATE definitions SET interval = 9223372036854775807 WHERE workflow_id = 1",
      "UPDATE definitions SET anchor_at = -9223372036854775808 WHERE workflow_id = 1",
      "UPDATE definitions SET anchor_at = NULL WHERE workflow_id = 1",
      "UPDATE definitions SET misfire_limit = -1, priority = 1000 WHERE workflow_id = 1",
      "UPDATE events SET job_id = x'01', at = 9223372036854775807 WHERE workflow_id = 1",
    ])
  func damage(change: String) throws {
    let told = Told()
    let fixture = try fixture(change, telling: told)
    // A name or an id that no row has any more is not asked for.
    _ = try outcome { try exercise(fixture, "\(change)") }
    if !change.contains("77") { #expect(!told.rows.isEmpty, "\(change)") }
  }

  @Test("The auditor names the table, the row and the column of what cannot be read")
  func audited() throws {
    let file = TemporaryFile()
    let specimen = try StoreSpecimen(file: file)
    try Stage(specimen).apply(.sample(), at: 0)
    try specimen.execute("PRAGMA ignore_check_constraints = ON; UPDATE definitions SET overlap = 'merge'")
    specimen.store.call { $0.close() }
    let auditor = try Auditor(file: file.path)
    defer { auditor.close() }
    let finding = try #require(try auditor.findings().first)
    #expect(finding.message.hasPrefix("'merge' in table definitions, row 1, column overlap"), "\(finding)")
  }

  @Test("A write that contradicts the rules of a table is refused, and the next one is taken")
  func contradiction() throws {
    let told = Told()
    let fixture = try ArchiveFixture(unreadable: told.note)
    try fixture.stage.apply(.sample(), at: 0)
    // What damage may have made of a counter: no id is free any more.
    try fixture.specimen.execute(
      "CREATE TRIGGER broken BEFORE INSERT ON jobs WHEN NEW.trigger = 'MANUAL' BEGIN SELECT raise(ABORT, 'broken'); END"
    )
    let reason = try outcome { try fixture.stage.run(at: 5) }
    #expect(reason.contains("The store refused a change") && reason.contains("broken"), "\(reason)")
    #expect(told.rows.count == 1)
    try fixture.stage.cycle(at: 10)
    #expect(try fixture.stage.jobs().filter { $0.status == .completed }.count == 1)
    try fixture.specimen.execute("DROP TRIGGER broken")
    try fixture.stage.run(at: 15)
  }
}
