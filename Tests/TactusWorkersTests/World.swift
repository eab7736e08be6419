import Synchronization
import TactusExecutor
import TactusModel
import TactusPorts
import TactusScheduler
import TactusSimulation
import TactusStore
import TactusTestSupport
import TactusUnitFile
import Testing

/// The two workers and a real ledger in memory, in a simulated world.
final class World: Sendable {
  let simulation: Simulation
  let store: Store
  let runner: SimulatedRunner
  let scheduling: SchedulingWorker
  let execution: ExecutionWorker
  let journal = RecordingJournal()
  /// The times from which callers may be answered, with the statuses that they would see.
  let settled = Recorded<(at: Instant, statuses: [String])>()
  private let endedBefore: Set<String>

  static let start = Instant(microseconds: 1_795_000_000_000_000)

  init(
    seed: UInt64, at start: Instant = World.start, file: String = ":memory:",
    limits: QueueBook = QueueBook(World.limits), definitions: [(String, String)] = [],
    fates: [JobID: SimulatedRunner.Fate] = [:], isPatient: Bool = false,
    script: @escaping @Sendable (RunOrder) -> SimulatedRunner.Script = { _ in .init() }
  ) throws {
    let simulation = Simulation(seed: seed, startingAt: start)
    let ids = SeededIDs(seed: seed)
    self.simulation = simulation
    store = try Store(
      file: file, queue: simulation.queue("tactus.store", level: .store), queues: limits, now: start,
      makeID: { ids.make(at: $0) })
    endedBefore = try Self.ends(in: store)
    runner = SimulatedRunner(simulation, script: script)
    runner.setFates(fates)
    scheduling = SchedulingWorker(
      queue: simulation.queue("tactus.scheduling", level: .worker), ledger: store, time: simulation,
      journal: journal)
    execution = ExecutionWorker(
      queue: simulation.queue("tactus.execution", level: .worker), ledger: store, time: simulation,
      scheduling: scheduling, journal: journal, runners: [.command: runner, .heartbeat: runner], queues: limits,
      bootID: "boot", dispatchTimeout: .seconds(600), reader: SimulatedReader(queues: QueueBook(World.limits)))
    execution.open(alarms: simulation)
    if isPatient { store.open(alarms: simulation, time: simulation) }
    let read = try definitions.map { (try World.name($0), try World.definition($1, $0)) }
    let (execution, store, settled) = (execution, store, settled)
    scheduling.open(
      read.map { (name: $0, definition: $1) }, present: Set(read.map(\.0)), execution: execution, alarms: simulation,
      remnants: { remnants in
        execution.recover(remnants) {
          let rows = store.assumeIsolated { store in Result { try store.inspect(World.statuses) } }
          settled.append((simulation.now, (try? rows.get()) ?? ["none"]))  // The test refuses this value.
        }
      },
      answer: { if case .failure(let failure) = $0 { Issue.record("start-up failed: \(failure)") } })
    settle()
  }

  static let limits: [QueueName: QueueLimits] = [
    QueueName(builtIn: .command): QueueLimits(maxRunning: 4),
    QueueName(builtIn: .heartbeat): QueueLimits(maxRunning: 256),
  ]

  static func name(_ text: String) throws -> WorkflowName { try #require(WorkflowName(text)) }

  static func definition(_ text: String, _ name: String) throws -> Definition {
    try WorkflowFile.read(text: text, name: try Self.name(name), queues: Set(limits.keys)).get()
  }

  /// Waits until all pending calls are answered, without moving the clock.
  func settle() { simulation.run(until: simulation.now) }

  /// Advances the clock.
  func pass(_ span: Duration) { simulation.run(until: simulation.now + span) }

  /// Makes a call, and returns its answer.
  func ask<Value: Sendable>(_ body: (@escaping Answer<Value>) -> Void) throws -> Value {
    let answer = Mutex<Result<Value, Refusal>?>(nil)
    body { result in answer.withLock { $0 = result } }
    settle()
    return try #require(answer.withLock { $0 }, "not answered").get()
  }

  func run(_ name: String, at instant: Instant? = nil) throws -> JobID {
    let name = try Self.name(name)
    return try ask { scheduling.run(RunRequest(name, start: instant.map { .at($0) } ?? .now), answer: $0) }
  }

  /// Returns the expected reports of all jobs that have ended.
  private static func ends(in store: Store) throws -> Set<String> {
    let rows = try store.call { store in Result { try store.inspect(Self.endsQuery) } }.get()
    return Set(
      rows.map { row in
        let digits = Array(row.prefix(32).lowercased())
        let id = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
        return id + row.dropFirst(32)
      })
  }

  private static let endsQuery = """
    SELECT hex(j.id), w.name, j.kind, j.trigger, j.attempt, j.status, j.error_code
    FROM jobs j JOIN workflows w ON w.id = j.workflow_id WHERE j.completed_at IS NOT NULL
    """

  private static let statuses = "SELECT status, phase, error_code FROM jobs WHERE status <> 'PENDING' ORDER BY id"

  /// Returns the rows of a query as text, columns joined with `|`, NULL as the empty text.
  func rows(_ sql: String) throws -> [String] { try store.call { store in Result { try store.inspect(sql) } }.get() }

  /// Checks that the store's auditor finds nothing, and that the end of every job was reported once.
  func audit() throws {
    let reported = journal.entries.filter { $0[.status] != nil }.map { entry in
      [.job, .workflow, .kind, .trigger, .attempt, .status, .errorCode].map { entry[$0] ?? "" }.joined(separator: "|")
    }
    #expect(Set(reported).count == reported.count)
    #expect(try Set(reported) == Self.ends(in: store).subtracting(endedBefore))
    let findings = try store.call { store in Result { try store.audit() } }.get()
    #expect(findings.isEmpty, "\(findings.map(\.description).joined(separator: "\n"))")
  }
}

/// The received values, in order.
final class Recorded<Value: Sendable>: Sendable {
  private let kept = Mutex<[Value]>([])
  var values: [Value] { kept.withLock { $0 } }
  func append(_ value: Value) { kept.withLock { $0.append(value) } }
}

/// Keeps the reported entries.
final class RecordingJournal: Journal {
  private let kept = Mutex<[JournalEntry]>([])
  var entries: [JournalEntry] { kept.withLock { $0 } }
  func report(_ entry: JournalEntry) { kept.withLock { $0.append(entry) } }
}
