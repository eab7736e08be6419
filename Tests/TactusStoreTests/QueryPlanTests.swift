import TactusModel
import TactusPorts
import TactusSimulation
import TactusTestSupport
import Testing

@testable import TactusStore

/// The cost depends on what is due, never on what is stored: no statement may scan a whole table.
@Suite("Query plans")
struct QueryPlanTests {
  /// An intended scan: the beginning of the statement, the table it scans, and the reason why it may.
  struct Walk: Sendable {
    var statement: String
    var plan: String
    var reason: String
  }

  static let walks = [
    Walk(statement: "SELECT last_insert_rowid()", plan: "SCAN CONSTANT ROW", reason: "no table"),
    Walk(statement: "INSERT INTO events", plan: "SCAN 2 CONSTANT ROWS", reason: "no table"),
    Walk(statement: "UPDATE store", plan: "SCAN store", reason: "one row"),
    Walk(statement: "SELECT id FROM store", plan: "SCAN store", reason: "one row"),
    Walk(
      statement: "INSERT INTO jobs", plan: "SCAN workflows",
      reason:
        "SQLite looks for rows that waited for this one; only while a deferred reference is open, which no verb leaves"),
    Walk(
      statement: "SELECT name FROM workflows WHERE deleted_at IS NULL AND origin = 'file'",
      plan: "SCAN workflows USING INDEX workflows_name", reason: "a reload compares all names"),
    Walk(statement: "UPDATE definitions SET valid_from", plan: "SCAN definitions", reason: "start-up, clock step"),
    Walk(statement: "UPDATE workflows SET resumed_at = ? WHERE resumed_at", plan: "SCAN workflows", reason: "the same"),
    Walk(
      statement: "SELECT w.id FROM workflows w", plan: "SCAN w USING INDEX workflows_name", reason: "the same"),
    Walk(
      statement: "SELECT DISTINCT queue FROM jobs WHERE wait = 'backlog'", plan: "SCAN jobs USING INDEX jobs_backlog",
      reason: "start-up, over what waits"),
    Walk(
      statement: "SELECT DISTINCT workflow_id FROM jobs WHERE phase = 'due'",
      plan: "SCAN jobs USING INDEX jobs_waiting",
      reason: "start-up, over what waits"),
    Walk(
      statement: "SELECT w.id, w.generation, w.name, d.text FROM workflows w INDEXED BY workflows_building",
      plan: "SCAN w USING INDEX workflows_building", reason: "start-up, over the images that are not prepared yet"),
  ]

  static let page = Walk(statement: "SELECT j.seq, j.id", plan: "SCAN json_each", reason: "the rows of a page")

  /// The intended scans of readers that count or show everything.
  static let readerWalks = [
    Walk(statement: "SELECT status, count FROM tallies", plan: "SCAN tallies", reason: "three rows"),
    Walk(
      statement: "SELECT count(*) FROM jobs WHERE status = 'PENDING'", plan: "SCAN jobs USING INDEX jobs_pending",
      reason: "census, over what is planned"),
    Walk(statement: "SELECT state, count(*) FROM workflows", plan: "SCAN workflows", reason: "census"),
    Walk(statement: "SELECT epoch FROM store", plan: "SCAN store", reason: "one row"),
    page,
    Walk(
      statement: "SELECT w.name, j.kind, j.trigger", plan: "SCAN j USING INDEX jobs_due",
      reason: "the next runs, from the first on"),
    Walk(statement: "SELECT page_count", plan: "SCAN pragma_", reason: "no table"),
    Walk(
      statement: "SELECT min(scheduled_at) FROM jobs", plan: "SCAN jobs USING COVERING INDEX jobs_due",
      reason: "the first entry of an index"),
    Walk(
      statement: "SELECT min(scheduled_at) FROM jobs", plan: "SEARCH jobs USING COVERING INDEX jobs_due",
      reason: "the same"),
  ]

  /// The indexes with an entry for each job that was ever stored: lists walk along them, and no verb of the ledger may.
  private static let history = [
    "jobs_by_workflow", "jobs_by_queue", "jobs_by_kind", "jobs_by_trigger", "jobs_by_time", "jobs_by_error",
    "jobs_by_end", "jobs_statistics",
  ]

  /// Returns the steps of all prepared statements that scan without permission, or read the whole history of a
  /// workflow.
  private static func offences(
    of connection: Connection, allowed: [Walk], history: [String] = ["jobs_by_workflow"]
  ) throws -> [String] {
    try connection.preparedTexts.flatMap { text in
      try ["SAVEPOINT", "RELEASE", "ROLLBACK", "PRAGMA"].contains { text.hasPrefix($0) }
        ? []
        : connection.plan(of: text).filter { step in
          let walks = step.hasPrefix("SCAN") || history.contains { step.contains($0) }
          return walks && !allowed.contains { text.hasPrefix($0.statement) && step.hasPrefix($0.plan) }
        }.map { "\($0) in: \(text)" }
    }
  }

  @Test("No statement of a ledger verb scans stored rows")
  func ledger() throws {
    let specimen = try StoreSpecimen(file: nil)
    try everyVerb(Stage(specimen))
    let found = try specimen.look { connection in
      (
        count: connection.preparedTexts.count,
        offences: try Self.offences(of: connection, allowed: Self.walks + [Self.page], history: Self.history)
      )
    }
    #expect(found.count > 50, "not every verb was used")
    #expect(found.offences.isEmpty, "\(found.offences.joined(separator: "\n"))")
  }

  @Test("Of the readers, only the census scans stored rows")
  func archive() throws {
    let file = TemporaryFile()
    let specimen = try StoreSpecimen(file: file)
    let stage = Stage(specimen)
    try stage.apply(.sample(), at: 0)
    try stage.cycle(at: 10)
    let simulation = specimen.simulation
    let archive = try Archive(file: file.path, queue: simulation.queue("tactus.read.1", level: .leaf))
    let (name, id) = (try stage.name("w"), try #require(try stage.jobs().first).id)
    archive.job(id) { _ in }
    archive.jobs(endingIn: String("\(id)".suffix(8)), limit: 10) { result in
      #expect((try? result.get()) == [id])  // A failure becomes nil, which the test refuses.
    }
    archive.workflow(name) { _ in }
    archive.workflows(state: .active, after: nil, limit: 10) { _ in }
    archive.census { _ in }
    var filter = JobFilter()
    filter.workflow = name
    archive.jobs(matching: filter) { _ in }
    archive.upcoming(of: nil, limit: 10, now: .at(20)) { _ in }
    archive.upcoming(of: name, limit: 10, now: .at(20)) { _ in }
    archive.explanations(of: name, before: nil, limit: 10, now: .at(20)) { _ in }
    archive.explanation(of: id) { _ in }
    for second in [10, 11, 1000] { archive.explanation(of: name, at: .at(second), now: .at(20)) { _ in } }
    archive.eventRange { _ in }
    archive.events(after: 0, matching: EventFilter(workflow: name), limit: 10) { _ in }
    simulation.run(until: simulation.now)
    let offences = try archive.call { archive in
      Result { try Self.offences(of: archive.connection, allowed: Self.walks + Self.readerWalks) }
    }.get()
    #expect(offences.isEmpty, "\(offences.joined(separator: "\n"))")
    archive.call { $0.close() }
    specimen.store.call { $0.close() }
  }

  @Test(
    "Every list filter has an index with its rows in order, and no list is sorted", arguments: ListFilter.allCases)
  func lists(_ listed: ListFilter) throws {
    let specimen = try StoreSpecimen(file: nil)
    let scan = JobScan(listed.filter, workflow: listed == .workflow ? WorkflowID(number: 1) : nil)
    #expect(!scan.walks.isEmpty)
    for walk in scan.walks {
      let text = scan.text(of: walk)
      let plan = try specimen.look { try $0.plan(of: text) }.joined(separator: "; ")
      switch walk {
      case .ordered(let index, _, _):
        #expect(plan.contains("SEARCH jobs USING") && plan.contains(index) && !plan.contains("TEMP B-TREE"), "\(plan)")
      case .collected(let index, _, _):
        // These few rows are sorted in the program, or not at all.
        #expect(plan.contains("SEARCH jobs USING") && plan.contains(index) && !plan.contains("TEMP B-TREE"), "\(plan)")
      }
    }
  }

  @Test("Statistics read only their index")
  func statistics() throws {
    let specimen = try StoreSpecimen(file: nil)
    for subject in [StatisticsSubject.all, .queue(QueueName(builtIn: .command)), .kind(.command)] {
      let plan = try specimen.look { try $0.plan(of: Archive.statisticsText(of: subject)) }
      #expect(plan.contains { $0.contains("SEARCH j USING COVERING INDEX jobs_statistics") }, "\(subject): \(plan)")
    }
  }

  /// Every single filter, as an operator would give it.
  enum ListFilter: String, CaseIterable, Sendable {
    case none, pending, live, ended, failed, severalStatuses, trigger, workflow, kind, queue, phase, errorCode, time

    var filter: JobFilter {
      var filter = JobFilter()
      switch self {
      case .none, .workflow: break
      case .pending: filter.statuses = [.pending]
      case .live: filter.statuses = [.queued, .running]
      case .ended: filter.statuses = [.completed, .failed, .canceled]
      case .failed: filter.statuses = [.failed]
      case .severalStatuses: filter.statuses = [.pending, .running, .failed]
      case .trigger: filter.trigger = .manual
      case .kind: filter.kind = .command
      case .queue: filter.queue = QueueName(builtIn: .command)
      case .phase: filter.phase = .due
      case .errorCode: filter.errorCode = .lost
      case .time: (filter.since, filter.until) = (.at(0), .at(10))
      }
      return filter
    }
  }

  private func everyVerb(_ stage: Stage) throws {
    try stage.load(["f": .sample()], present: ["f"], at: 0)
    try stage.load([:], present: [], at: 1)
    try stage.load(["f": .sample()], present: ["f"], at: 2)
    for overlap in Overlap.allCases {
      let name = "\(overlap)"
      try stage.apply(.sample(overlap: overlap), to: name, at: 0)
      try stage.apply(.sample(overlap: overlap, comment: "#"), to: name, at: 0)
      try stage.apply(.sample(every: 7, overlap: overlap), to: name, dryRun: true, at: 1)
      try stage.run(name, at: 3)
    }
    let claims = try stage.begin(at: 40)
    let workflows = Set(claims.map(\.definition.workflow))
    try stage.release(at: 60, workflows: workflows, queues: [QueueName(builtIn: .command)])
    if let claim = claims.first {
      _ = try stage.ask { $0.park(claim.id, fence: 0, answer: $1) }
      _ = try stage.ask { $0.recordSilence(claim.id, fence: claim.fence, isSilent: true, answer: $1) }
      _ = try stage.ask { $0.recordSilence(claim.id, fence: claim.fence, isSilent: false, answer: $1) }
      for step in [BuildStep.progress("1 of 2 layers"), .completed] {
        _ = try stage.ask { $0.recordBuild(claim.definition, step, at: .at(60), answer: $1) }
      }
      _ = stage.refusal { try stage.ask { $0.abandon(claim.id, at: .at(60), answer: $1) } }
    }
    for claim in claims {
      _ = try stage.stop(claim, .timeout, at: 61)
      try stage.end(claim, .failed(.exitNonzero, "exit code 1"), at: 62)
    }
    for job in try Overlap.allCases.flatMap({ try stage.jobs(of: "\($0)") }) where !job.status.isTerminal {
      try stage.cancel(job.id, at: 63)
    }
    try stage.apply(.sample(every: nil), to: "allow", at: 70)
    let running = try stage.begin(at: 80)
    try stage.terminate("queue", cancelRunning: true, at: 81)
    try stage.resume("queue", at: 90)
    for claim in running { try stage.end(claim, at: 92) }
    _ = try stage.recover(at: 95)
    _ = try stage.remnants()
    try stage.realign(at: 30)
  }
}
