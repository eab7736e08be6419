import TactusModel
import TactusPorts
import TactusSimulation
import TactusTestSupport
import Testing

@testable import TactusStore

/// A ledger under test, with access to its rows.
protocol LedgerSpecimen: Sendable {
  /// The ledger under test.
  var ledger: any Ledger { get }
  /// Waits until all pending calls are answered.
  func settle()
  /// Returns a job.
  func job(_ id: JobID) throws -> Job
  /// Returns all jobs of a workflow, in the order of their creation.
  func jobs(of name: WorkflowName) throws -> [Job]
  /// Returns a workflow; nil if it does not exist.
  func workflow(_ name: WorkflowName) throws -> Workflow?
  /// Returns the decision records of a workflow by first instant: those in force, or the voided ones.
  func decisions(of name: WorkflowName, voided: Bool) throws -> [Decision]
  /// Returns the types of the events of a workflow and its jobs, in order.
  func events(of name: WorkflowName) throws -> [String]
  /// Returns the durable stop reason of an attempt.
  func stopReason(of id: JobID) throws -> StopReason?
  /// Returns the findings of the implementation's auditor.
  func findings() throws -> [String]
}

/// Creates empty ledgers whose `command` queue holds three QUEUED jobs; add another implementation with a line in
/// ``all``.
struct LedgerFactory: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var make: @Sendable () throws -> any LedgerSpecimen

  static let all = [
    LedgerFactory(testDescription: "SQLite in a file") { try StoreSpecimen(file: TemporaryFile()) },
    LedgerFactory(testDescription: "SQLite in memory") { try StoreSpecimen(file: nil) },
  ]

  /// Plays a scenario on a new ledger, then checks that the auditor finds no faults.
  func play(_ scenario: (Stage) throws -> Void) throws {
    let stage = Stage(try make())
    try scenario(stage)
    let findings = try stage.specimen.findings()
    #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
  }
}

/// The SQLite store, in a simulated world with one work queue.
final class StoreSpecimen: LedgerSpecimen {
  let store: Store
  let simulation: Simulation
  private let file: TemporaryFile?

  convenience init(
    file: TemporaryFile?, health: @escaping @Sendable (StoreError?) -> Void = { _ in },
    unreadable: @escaping @Sendable (UnreadableRow) -> Void = { _ in }, disk: @escaping DiskUse = { _ in }
  ) throws {
    try self.init(path: file?.path ?? ":memory:", keeping: file, health: health, unreadable: unreadable, disk: disk)
  }

  init(
    path: String, keeping file: TemporaryFile? = nil, health: @escaping @Sendable (StoreError?) -> Void = { _ in },
    unreadable: @escaping @Sendable (UnreadableRow) -> Void = { _ in }, disk: @escaping DiskUse = { _ in }
  ) throws {
    self.file = file
    simulation = Simulation(seed: 1, startingAt: .zero)
    let ids = SeededIDs(seed: 1)
    store = try Store(
      file: path, queue: simulation.queue("tactus.store", level: .store),
      queues: [QueueName(builtIn: .command): QueueLimits(maxRunning: 4, maxQueued: 3)], now: .zero, health: health,
      unreadable: unreadable, disk: disk, makeID: { ids.make(at: $0) })
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

  /// Returns the rows of a query as text, columns joined with `|`.
  func rows(_ sql: String) throws -> [String] { try look { try $0.inspect(sql) } }

  /// Runs SQL without the ledger.
  func execute(_ sql: String) throws { try look { try $0.execute(sql) } }

  /// Runs the body with the write connection, on its queue.
  func look<Value: Sendable>(_ body: @Sendable (Connection) throws -> Value) throws -> Value {
    try store.call { store in Result { try body(store.connection) } }.get()
  }
}
