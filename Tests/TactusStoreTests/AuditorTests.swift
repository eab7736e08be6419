import TactusModel
import TactusPorts
import TactusTestSupport
import Testing

@testable import TactusStore

/// The auditor must find faults of each kind that are planted with SQL, without the ledger.
@Suite("The auditor")
struct AuditorTests {
  /// Returns a healthy store: a run at 10, 20 … 90 coalesced into one at 100, then 110, and 120 planned.
  private func healthy() throws -> StoreSpecimen {
    let specimen = try StoreSpecimen(file: nil)
    let stage = Stage(specimen)
    try stage.apply(.sample(), at: 0)
    try stage.cycle(at: 10)
    try stage.cycle(at: 100)
    try stage.cycle(at: 110)
    #expect(try specimen.findings().isEmpty)
    return specimen
  }

  /// Returns the findings after a fault was planted with the constraints of the schema disabled.
  private func findings(_ sql: String, in specimen: StoreSpecimen? = nil) throws -> [Finding] {
    let specimen = try specimen ?? healthy()
    try specimen.execute("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; \(sql)")
    return try specimen.store.call { store in Result { try store.audit() } }.get()
  }

  private static func at(_ seconds: Int) -> String { "\(Instant.at(seconds).microseconds)" }

  /// SQL that plants a fault, the promise that it breaks, and the text that the first counter-example must contain.
  struct Fault: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var sql: String
    var promise: String
    var names: String
  }

  static let faults = [
    Fault(
      testDescription: "a decision that is gone", sql: "DELETE FROM decisions", promise: "P2",
      names: "\(Instant.at(20))"),
    Fault(
      testDescription: "a decision that was voided", sql: "UPDATE decisions SET voided_at = 1", promise: "P2",
      names: "\(Instant.at(20))"),
    Fault(
      testDescription: "a released job that is gone", sql: "DELETE FROM jobs WHERE nominal_at = \(at(100))",
      promise: "P2", names: "\(Instant.at(100))"),
    Fault(
      testDescription: "an instant with two answers",
      sql: """
        INSERT INTO decisions (workflow_id, generation, reason, first_at, last_at, count, decided_at)
        VALUES (1, 1, 'missed', \(at(110)), \(at(110)), 1, 0)
        """, promise: "P2", names: "\(Instant.at(110))"),
    Fault(
      testDescription: "a decision that reaches over a job",
      sql: "UPDATE decisions SET last_at = \(at(100)), count = 9", promise: "P2", names: "\(Instant.at(100))"),
    Fault(
      testDescription: "a decision that counts wrongly", sql: "UPDATE decisions SET count = 7", promise: "P2",
      names: "counts 7 instants, not 8"),
    Fault(
      testDescription: "a decision off the grid", sql: "UPDATE decisions SET last_at = last_at + 1", promise: "P2",
      names: "from \(Instant.at(20))"),
    Fault(
      testDescription: "an instant that is not nominal",
      sql: "UPDATE jobs SET nominal_at = nominal_at + 1 WHERE nominal_at = \(at(10))", promise: "P2",
      names: "\(Instant.at(10)) has neither"),
    Fault(
      testDescription: "a planned row that is too late",
      sql: "UPDATE jobs SET nominal_at = \(at(150)) WHERE status = 'PENDING'", promise: "P2",
      names: "\(Instant.at(120))"),
    Fault(
      testDescription: "a second planned row",
      sql: """
        INSERT INTO jobs (id, workflow_id, kind, queue, priority, trigger, status, phase, nominal_at, scheduled_at,
          created_at, root_id)
        SELECT zeroblob(16), workflow_id, kind, queue, priority, trigger, status, phase, nominal_at + 1, scheduled_at,
          created_at, root_id FROM jobs WHERE status = 'PENDING'
        """, promise: "P2", names: "has 2 planned jobs"),
    Fault(
      testDescription: "a planned row that is gone", sql: "DELETE FROM jobs WHERE status = 'PENDING'", promise: "P2",
      names: "has 0 planned jobs"),
    Fault(
      testDescription: "a workflow that forgot its planned row", sql: "UPDATE workflows SET planned_job = NULL",
      promise: "P2", names: "its row names 0"),
    Fault(
      testDescription: "a terminated workflow that plans",
      sql: "UPDATE workflows SET state = 'TERMINATED', terminated_reason = 'user', terminated_at = 1", promise: "P2",
      names: "it should have 0"),
    Fault(
      testDescription: "a second start",
      sql: """
        UPDATE events SET type = 'job.running', status = 'RUNNING' WHERE status = 'COMPLETED'
          AND job_id = (SELECT id FROM jobs WHERE nominal_at = \(at(10)))
        """, promise: "P3", names: "started 2 times"),
    Fault(
      testDescription: "a status from nowhere", sql: "DELETE FROM events WHERE status = 'QUEUED'", promise: "P8",
      names: "went from PENDING to RUNNING"),
    Fault(
      testDescription: "a job without a beginning", sql: "DELETE FROM events WHERE status = 'PENDING'", promise: "P8",
      names: "began as QUEUED"),
    Fault(
      testDescription: "an end that is taken back",
      sql: """
        INSERT INTO events (at, type, workflow_id, job_id, status)
        SELECT at, 'job.failed', workflow_id, job_id, 'FAILED' FROM events WHERE status = 'COMPLETED' LIMIT 1
        """, promise: "P8", names: "went from COMPLETED to FAILED"),
    Fault(
      testDescription: "a row that no event explains",
      sql: "UPDATE jobs SET status = 'QUEUED', phase = 'queued', queued_at = 1 WHERE status = 'PENDING'", promise: "P8",
      names: "is QUEUED, but its last event says PENDING"),
    Fault(
      testDescription: "events in another order",
      sql: """
        UPDATE events SET sequence = -sequence;
        """, promise: "P8", names: "began as"),
  ]

  @Test("The auditor finds each planted fault under its promise", arguments: faults)
  func fault(_ fault: Fault) throws {
    let found = try findings(fault.sql)
    let first = try #require(found.first { $0.promise == fault.promise }, "found: \(found)")
    #expect(first.message.contains(fault.names), "\(found.map(\.description))")
  }

  @Test("The auditor finds overlapping runs of a workflow that forbids overlap")
  func overlap() throws {
    let specimen = try StoreSpecimen(file: nil)
    let stage = Stage(specimen)
    try stage.apply(.sample(overlap: .allow), at: 0)
    let ids = try [10, 20].map { try #require(try stage.begin(at: $0).first).id }
    #expect(try specimen.findings().isEmpty)
    let found = try findings("UPDATE definitions SET overlap = 'queue'", in: specimen)
    #expect(found.map(\.promise) == ["P6"])
    #expect(found.first?.subject == "w")
    #expect(found.first?.message == "job \(ids[1]) was queued while job \(ids[0]) was live")
  }

  @Test("The smallest counter-example comes first")
  func smallest() throws {
    let specimen = try healthy()
    try Stage(specimen).apply(.sample(), to: "a", at: 200)
    let found = try findings(
      "DELETE FROM decisions; DELETE FROM jobs WHERE nominal_at IN (\(Self.at(10)), \(Self.at(110)))", in: specimen)
    #expect(found.first?.promise == "P2")
    #expect(found.first?.message.contains("\(Instant.at(10)) has neither") == true, "\(found)")
    #expect(found.first?.message.contains("the next answer is job") == true)
  }

  @Test("The auditor reports a store with a thousand gaps in few findings")
  func bounded() throws {
    let specimen = try StoreSpecimen(file: nil)
    let stage = Stage(specimen)
    try stage.apply(.sample(), at: 0)
    try stage.cycle(at: 100_000)
    let found = try findings("DELETE FROM decisions", in: specimen)
    #expect((1...25).contains(found.count))
    #expect(found.first?.message.contains("\(Instant.at(10))") == true)
  }

  @Test("The auditor reads beside a daemon, sees durable rows, and changes nothing")
  func beside() throws {
    let file = TemporaryFile()
    let specimen = try StoreSpecimen(file: file)
    let stage = Stage(specimen)
    try stage.apply(.sample(), at: 0)
    let claim = try #require(try stage.begin(at: 10).first)
    let auditor = try Auditor(file: file.path)
    #expect(try auditor.isInUse())
    #expect(try auditor.findings().isEmpty)
    #expect(try auditor.claims().map(\.id) == [claim.id])
    try stage.end(claim, at: 11)
    #expect(try auditor.claims().isEmpty)
    #expect(try auditor.findings().isEmpty)
    #expect(throws: StoreError.self) { try auditor.connection.execute("DELETE FROM jobs") }
    auditor.close()
    specimen.store.call { $0.close() }
    let later = try Auditor(file: file.path)
    #expect(try !later.isInUse())
    #expect(try later.findings().isEmpty)
    later.close()
  }
}
