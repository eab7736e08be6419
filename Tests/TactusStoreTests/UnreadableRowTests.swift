import Synchronization
import TactusMessages
import TactusModel
import TactusPorts
import TactusTestSupport
import Testing

@testable import TactusStore

/// Rows of a newer version, and damaged rows, are left alone; everything else continues.
@Suite("Rows that cannot be read")
struct UnreadableRowTests {
  /// The reported rows, in order.
  private final class Reported: Sendable {
    private let kept = Mutex<[UnreadableRow]>([])
    var rows: [UnreadableRow] { kept.withLock { $0 } }
    func note(_ row: UnreadableRow) { kept.withLock { $0.append(row) } }
  }

  /// Creates two workflows with an ended and a planned job each, then changes the rows of the first, `w`, with SQL.
  private func fixture(_ change: String, reporting reported: Reported = Reported()) throws -> ArchiveFixture {
    let fixture = try ArchiveFixture(unreadable: reported.note)
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

  /// Returns the answer to a verb, or its refusal, as text.
  private func outcome<Value>(_ body: () throws -> Value) throws -> String {
    do { return "\(try body())" } catch let failure as Refusal {
      return "\(failure)"
    }
  }

  /// Calls every verb on both workflows; a trap, or a failure of the other workflow, fails the test.
  private func exercise(_ fixture: ArchiveFixture, _ comment: Comment) throws {
    let stage = fixture.stage
    let (w, other) = (try stage.name("w"), try stage.name("other"))
    _ = try outcome { try stage.recover(at: 15) }
    _ = try outcome { try stage.realign(at: 15) }
    let released = try stage.release(at: 20)
    let others = Set(try fixture.jobs(JobFilter()).filter { $0.workflow == other }.map(\.id))
    let queued = released.change.queued.map(\.id).filter(others.contains)
    #expect(queued.count == 1, comment)
    // Due rows are examined again when something changes, and not in an endless loop.
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
    "A word of another version is shown unchanged, and the daemon continues",
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
    #expect(jobs.count == 4, "a row with an unknown word is still listed")
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

  @Test("A row that is left alone is reported once, and due jobs beside it start on time")
  func reported() throws {
    let reported = Reported()
    let fixture = try fixture(
      "UPDATE jobs SET trigger = 'ORACLE' WHERE workflow_id = 1 AND status = 'PENDING'", reporting: reported)
    for now in [20, 30, 40] { try fixture.stage.cycle(at: now) }
    #expect(try fixture.stage.jobs(of: "other").filter { $0.status == .completed }.count == 3)
    #expect(Set(reported.rows.map(\.column)) == ["trigger"])
    #expect(Set(reported.rows).count == 1)
  }

  @Test(
    "A damaged value is reported by name and left out of lists, and everything else continues",
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
    let reported = Reported()
    let fixture = try fixture(change, reporting: reported)
    // A name or an id that no row has any more is not looked up.
    _ = try outcome { try exercise(fixture, "\(change)") }
    if !change.contains("77") { #expect(!reported.rows.isEmpty, "\(change)") }
  }

  @Test("A job with words of another version ends with these words in its labels", arguments: ["kind", "trigger"])
  func labels(column: String) throws {
    let fixture = try fixture("UPDATE jobs SET \(column) = 'newer' WHERE workflow_id = 1 AND status = 'PENDING'")
    let change = try fixture.stage.terminate(at: 15)
    let labels = try #require(change.ended.first).labels
    #expect((column == "kind" ? labels.kind?.rawValue : labels.trigger?.rawValue) == "newer")
    // In a debug build, an entry without a field that its kind requires traps.
    let names = labels.fields.map(\.name)
    #expect(names.contains(.kind) && names.contains(.trigger))
  }

  @Test("A job is given up, or gets another start time, although its row is damaged where that does not matter")
  func waysOut() throws {
    let fixture = try ArchiveFixture()
    let stage = fixture.stage
    try stage.apply(.sample(overlap: .allow), at: 0)
    let claim = try #require(try stage.begin(at: 10).first)
    #expect(try stage.ask { $0.recordSilence(claim.id, fence: claim.fence, isSilent: true, answer: $1) })
    let later = try stage.run(scheduledAt: 1000, at: 11).id
    try fixture.specimen.execute(
      """
      PRAGMA ignore_check_constraints = ON;
      UPDATE jobs SET nominal_at = 9223372036854775807 WHERE status = 'RUNNING' OR trigger = 'MANUAL';
      UPDATE jobs SET stop_reason = 'newer' WHERE status = 'RUNNING';
      PRAGMA ignore_check_constraints = OFF
      """)
    let abandoned = try stage.ask { $0.abandon(claim.id, at: .at(12), answer: $1) }
    #expect(abandoned.isRecorded && abandoned.change.ended.first?.outcome.errorCode == .lost)
    _ = try stage.ask { $0.schedule(later, for: .at(2000), at: .at(13), answer: $1) }
    #expect(try stage.job(later).nominalAt == .at(2000))
  }

  @Test("The auditor names the table, the row and the column of a value that cannot be read")
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

  @Test("A write that contradicts a constraint is refused, and the next one is accepted")
  func contradiction() throws {
    let reported = Reported()
    let fixture = try ArchiveFixture(unreadable: reported.note)
    try fixture.stage.apply(.sample(), at: 0)
    // Damage may have set a counter to its maximum: no id is free any more.
    try fixture.specimen.execute(
      "CREATE TRIGGER broken BEFORE INSERT ON jobs WHEN NEW.trigger = 'MANUAL' BEGIN SELECT raise(ABORT, 'broken'); END"
    )
    let reason = try outcome { try fixture.stage.run(at: 5) }
    #expect(reason.contains("The store refused a change") && reason.contains("broken"), "\(reason)")
    #expect(reported.rows.count == 1)
    try fixture.stage.cycle(at: 10)
    #expect(try fixture.stage.jobs().filter { $0.status == .completed }.count == 1)
    try fixture.specimen.execute("DROP TRIGGER broken")
    try fixture.stage.run(at: 15)
  }
}
