internal import TactusExecutor
public import TactusModel
public import TactusPorts
public import TactusScheduler
public import TactusStore
internal import TactusUnitFile

/// The real workers over a real store, in a simulated world with a runner that follows a script.
///
/// It is used on the thread that runs the simulation.
public final class SimulatedDaemon: Sendable {
  /// The ledger, a file.
  public let store: Store
  /// Decides when jobs are released.
  public let scheduling: SchedulingWorker
  private let execution: ExecutionWorker
  private let simulation: Simulation

  /// A start or a reload that failed, with the reason in words.
  public struct Refused: Error, CustomStringConvertible {
    /// The reason in words.
    public let description: String
  }

  /// Starts a daemon, which adopts the jobs that it finds, and begins to release.
  ///
  /// - Parameters:
  ///   - simulation: the world. All earlier daemons in it have ended.
  ///   - file: the path of `tactus.db`.
  ///   - ids: makes the ids of jobs.
  ///   - queues: the limits of the queues.
  ///   - files: the text of each workflow file by name.
  ///   - bootID: the boot of the machine.
  ///   - unreadable: called with each row that cannot be read.
  ///   - script: how a job behaves.
  /// - Throws: ``StoreError`` if the store cannot be opened, ``Refused`` if the start failed.
  public init(
    in simulation: Simulation, file: String, ids: SeededIDs, queues: QueueBook, files: [WorkflowName: String],
    bootID: String = "boot", unreadable: @escaping @Sendable (UnreadableRow) -> Void = { _ in },
    script: @escaping @Sendable (RunOrder) -> SimulatedRunner.Script
  ) throws {
    self.simulation = simulation
    store = try Store(
      file: file, queue: simulation.queue("tactus.store", level: .store), queues: queues, now: simulation.now,
      eventsKeep: nil, unreadable: unreadable, makeID: { ids.make(at: $0) })
    store.open(alarms: simulation, time: simulation)
    let runner = SimulatedRunner(simulation, script: script)
    scheduling = SchedulingWorker(
      queue: simulation.queue("tactus.scheduling", level: .worker), ledger: store, time: simulation,
      journal: SilentJournal())
    execution = ExecutionWorker(
      queue: simulation.queue("tactus.execution", level: .worker), ledger: store, time: simulation,
      scheduling: scheduling, journal: SilentJournal(), runners: [.command: runner, .heartbeat: runner],
      queues: queues, bootID: bootID, dispatchTimeout: .seconds(600), reader: SimulatedReader(queues: queues))
    execution.open(alarms: simulation)
    let answer = Answered<Loaded>()
    scheduling.open(
      Self.definitions(files, queues), present: Set(files.keys), execution: execution, alarms: simulation,
      remnants: { [execution] in execution.recover($0) }, answer: answer.note)
    settle()
    try Self.demand(answer, "start")
  }

  /// Reads the files again, as a reload does.
  ///
  /// - Throws: ``Refused`` if a file was not applied.
  public func reload(_ files: [WorkflowName: String], queues: QueueBook) throws {
    let answer = Answered<Loaded>()
    scheduling.load(Self.definitions(files, queues), present: Set(files.keys), answer: answer.note)
    settle()
    try Self.demand(answer, "reload")
  }

  private static func demand(_ answer: Answered<Loaded>, _ what: String) throws {
    switch answer.result {
    case .success(let loaded) where loaded.refused.isEmpty: return
    case .success(let loaded): throw Refused(description: "the \(what) refused \(loaded.refused.count) files")
    case .failure(let refusal): throw Refused(description: "the \(what) failed: \(refusal)")
    case nil: throw Refused(description: "the \(what) was not answered")
    }
  }

  /// Looks at the store, or changes how it behaves.
  public func look<Value: Sendable>(_ body: @Sendable (isolated Store) throws -> Value) throws -> Value {
    try store.call { store in Result { try body(store) } }.get()
  }

  /// Runs everything that is due at this instant.
  public func settle() { simulation.run(until: simulation.now) }

  private static func definitions(
    _ files: [WorkflowName: String], _ queues: QueueBook
  ) -> [(name: WorkflowName, definition: Definition)] {
    let reader = SimulatedReader(queues: queues)
    return files.sorted { $0.key < $1.key }.compactMap { name, text in
      // A bad file keeps its last definition, as in a real load.
      (try? reader.read(text, name: name).get()).map { (name: name, definition: $0) }
    }
  }
}

/// Reads definitions as the daemon does.
public struct SimulatedReader: DefinitionReader {
  private let queues: QueueBook

  /// Creates a reader for definitions that may name these queues.
  public init(queues: QueueBook) { self.queues = queues }

  /// As ``DefinitionReader`` says.
  public func read(_ text: String, name: WorkflowName) -> Result<Definition, UnitFileProblem> {
    WorkflowFile.read(text: text, name: name, queues: Set(queues.all.keys))
      .mapError { $0.problems.first ?? UnitFileProblem(file: "", line: 0, message: "") }
  }
}

/// A journal that nobody reads.
struct SilentJournal: Journal {
  func report(_ entry: JournalEntry) {}
}
