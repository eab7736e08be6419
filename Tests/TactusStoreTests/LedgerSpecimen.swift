import TactusModel
import TactusPorts
import TactusTestSupport
import Testing

@testable import TactusStore

/// One ledger to be examined, and how to look at what it remembers.
protocol LedgerSpecimen: Sendable {
  /// What is examined.
  var ledger: any Ledger { get }
  /// Lets everything that is under way come to rest.
  func settle()
  /// One job.
  func job(_ id: JobID) throws -> Job
  /// All jobs of a workflow, in the order in which they were made.
  func jobs(of name: WorkflowName) throws -> [Job]
  /// One workflow; nil if there is none.
  func workflow(_ name: WorkflowName) throws -> Workflow?
  /// The decision records of a workflow, by first instant: those in force, or those that were voided.
  func decisions(of name: WorkflowName, voided: Bool) throws -> [Decision]
  /// The types of the events of a workflow and its jobs, in order.
  func events(of name: WorkflowName) throws -> [String]
  /// The reason to stop an attempt that is durable.
  func stopReason(of id: JobID) throws -> StopReason?
  /// Everything that the implementation's own auditor finds wrong.
  func findings() throws -> [String]
}

/// Makes an empty ledger whose `command` queue holds three QUEUED jobs; another implementation joins the suite with a line in ``all``.
struct LedgerFactory: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var make: @Sendable () throws -> any LedgerSpecimen

  static let all = [
    LedgerFactory(testDescription: "SQLite in a file") { try StoreSpecimen(file: TemporaryFile()) },
    LedgerFactory(testDescription: "SQLite in memory") { try StoreSpecimen(file: nil) },
  ]

  /// Plays a scenario on a new ledger, in which the auditor must find nothing afterwards.
  func play(_ scenario: (Stage) throws -> Void) throws {
    let stage = Stage(try make())
    try scenario(stage)
    let findings = try stage.specimen.findings()
    #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
  }
}

/// The SQLite store, in a simulated world whose only work queue is its own.
final class StoreSpecimen: LedgerSpecimen {
  let store: Store
  let simulation: Simulation
  private let file: TemporaryFile?

  convenience init(
    file: TemporaryFile?, health: @escaping @Sendable (StoreError?) -> Void = { _ in },
    unreadable: @escaping @Sendable (UnreadableRow) -> Void = { _ in }
  ) throws {
    try self.init(path: file?.path ?? ":memory:", keeping: file, health: health, unreadable: unreadable)
  }

  init(
    path: String, keeping file: TemporaryFile? = nil, health: @escaping @Sendable (StoreError?) -> Void = { _ in },
    unreadable: @escaping @Sendable (UnreadableRow) -> Void = { _ in }
  ) throws {
    self.file = file
    simulation = Simulation(seed: 1, startingAt: .zero)
    let ids = SeededIDs(seed: 1)
    store = try Store(
      file: path, queue: simulation.queue("tactus.store", level: .store),
      limits: [QueueName(builtIn: .command): QueueLimits(maxRunning: 4, maxQueued: 3)], now: .zero, health: health,
      unreadable: unreadable, makeID: { ids.make(at: $0) })
  }

  var ledger: any Ledger { store }

  func settle() { simulation.run(until: simulation.now) }

  func job(_ id: JobID) throws -> Job { try #require(try jobs(" WHERE j.id = ?", id).first, "no job \(id)") }

  func jobs(of name: WorkflowName) throws -> [Job] { try jobs(" WHERE w.name = ? ORDER BY j.seq", name) }

  private func jobs(_ clause: String, _ value: some Bindable & Sendable) throws -> [Job] {
    try look { connection in
      var positions: [Int64] = []
      try connection.each(
        dynamic: "SELECT j.seq FROM jobs j LEFT JOIN workflows w ON w.id = j.workflow_id" + clause, [value]
      ) { row in
        positions.append(row.integer(0))
        return true
      }
      return try Archive.jobs(at: positions, on: connection)
    }
  }

  func workflow(_ name: WorkflowName) throws -> Workflow? {
    try look { try $0.first(Archive.oneWorkflow, name, read: Archive.workflow) }
  }

  func decisions(of name: WorkflowName, voided: Bool) throws -> [Decision] {
    try look { connection in
      try connection.all(
        """
        SELECT n.reason, n.first_at, n.last_at, n.count FROM decisions n JOIN workflows w ON w.id = n.workflow_id
        WHERE w.name = ? AND (n.voided_at IS NOT NULL) = ? ORDER BY n.first_at
        """, name, voided
      ) { row in
        Decision(reason: try row.word(0), first: try row.instant(1), last: try row.instant(2), count: try row.count(3))
      }
    }
  }

  func events(of name: WorkflowName) throws -> [String] {
    try rows(
      "SELECT type FROM events WHERE workflow_id = (SELECT id FROM workflows WHERE name = '\(name)') ORDER BY sequence")
  }

  func stopReason(of id: JobID) throws -> StopReason? {
    try look { try $0.first("SELECT stop_reason FROM jobs WHERE id = ?", id) { try $0.optionalWord(0) } ?? nil }
  }

  func findings() throws -> [String] {
    try store.call { store in Result { try store.audit() } }.get().map(\.description)
  }

  /// Rows of a query as text, columns joined with `|`.
  func rows(_ sql: String) throws -> [String] { try look { try $0.inspect(sql) } }

  /// Runs SQL behind the ledger's back.
  func execute(_ sql: String) throws { try look { try $0.execute(sql) } }

  /// Does something with the write connection, on its queue.
  func look<Value: Sendable>(_ body: @Sendable (Connection) throws -> Value) throws -> Value {
    try store.call { store in Result { try body(store.tables.connection) } }.get()
  }
}
