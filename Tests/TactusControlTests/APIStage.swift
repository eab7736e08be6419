import Synchronization
import TactusControl
import TactusExecutor
import TactusModel
import TactusPorts
import TactusProtocol
import TactusScheduler
import TactusSimulation
import TactusStore
import TactusTestSupport
import TactusUnitFile
import Testing

/// The API over real workers and a real store, in a simulated world without sockets, threads and waiting.
final class APIStage: Sendable {
  let simulation: Simulation
  let files = StagedFiles()
  let condition = StagedCondition()
  let output: OutputStore
  let feed: EventFeed
  let runner: SimulatedRunner
  private let store: Store
  let archive: Archive
  private let scheduling: SchedulingWorker
  private let execution: ExecutionWorker
  let api: ControlAPI
  private let quick: Archive
  private let file = TemporaryFile()
  private let outputFile = TemporaryFile(named: "logs.db")

  static let start = Instant(microseconds: 1_795_000_000_000_000)
  static let limits: [QueueName: QueueLimits] = [
    QueueName(builtIn: .command): QueueLimits(maxRunning: 4),
    QueueName(builtIn: .heartbeat): QueueLimits(maxRunning: 256),
  ]

  /// Opens the daemon's inner parts with definitions of files.
  ///
  /// - Parameter isQuickReaderClosed: whether short queries get no answer from the store.
  init(
    _ definitions: [(name: String, text: String)] = [], submitRate: Int = 10, isQuickReaderClosed: Bool = false,
    script: @escaping @Sendable (RunOrder) -> SimulatedRunner.Script = { _ in .init() }
  ) throws {
    let (simulation, ids) = (Simulation(seed: 1, startingAt: Self.start), SeededIDs(seed: 1))
    self.simulation = simulation
    let queues = QueueBook(Self.limits)
    store = try Store(
      file: file.path, queue: simulation.queue("tactus.store", level: .store), queues: queues, now: Self.start,
      makeID: { ids.make(at: $0) })
    archive = try Archive(
      file: file.path, queue: simulation.queue("tactus.read.1", level: .leaf), queues: queues)
    quick = try Archive(file: file.path, queue: simulation.queue("tactus.read.2", level: .leaf), queues: queues)
    if isQuickReaderClosed { quick.call { $0.close() } }
    output = try OutputStore(
      file: outputFile.path, storeID: store.storeID, queue: simulation.queue("tactus.logs", level: .leaf),
      time: simulation, alarms: simulation)
    let feed = EventFeed(queue: simulation.queue("tactus.events", level: .leaf), archive: archive)
    self.feed = feed
    store.post { $0.publish { feed.advance(to: $0) } }
    runner = SimulatedRunner(simulation, script: script)
    scheduling = SchedulingWorker(
      queue: simulation.queue("tactus.scheduling", level: .worker), ledger: store, time: simulation,
      journal: condition)
    execution = ExecutionWorker(
      queue: simulation.queue("tactus.execution", level: .worker), ledger: store, time: simulation,
      scheduling: scheduling, journal: condition, runners: [.command: runner, .heartbeat: runner],
      queues: queues, bootID: "boot", dispatchTimeout: .seconds(600), reader: SimulatedReader(queues: queues))
    api = ControlAPI(
      planning: scheduling, readers: Readers(archive: archive, quick: quick, slow: archive, output: output),
      feed: feed,
      surroundings: Surroundings(
        files: files, condition: condition, providers: { $0([]) }, diagnoses: { $0([Diagnosis("disk", .ok, "fine")]) },
        holders: { "only \($0.rawValue)s have" }),
      identity: Identity(version: "1.2.3", process: 42, startedAt: Self.start, bootID: "boot"),
      queues: queues, submitRate: submitRate, time: simulation)
    execution.open(alarms: simulation)
    let read = try definitions.map { name, text in
      let name = try #require(WorkflowName(name))
      return (
        name: name, definition: try WorkflowFile.read(text: text, name: name, queues: Set(Self.limits.keys)).get()
      )
    }
    let execution = execution
    scheduling.open(
      read, present: Set(read.map(\.name)), execution: execution, alarms: simulation,
      remnants: { execution.recover($0) {} },
      answer: { if case .failure(let failure) = $0 { Issue.record("start-up failed: \(failure)") } })
    settle()
  }

  deinit {
    for reader in [archive, quick] { reader.call { $0.close() } }
    output.call { $0.close() }
    store.call { $0.close() }
  }

  /// Waits until all pending work is done, without moving the clock.
  func settle() { simulation.run(until: simulation.now) }

  /// Advances the clock.
  func pass(_ span: Duration) { simulation.run(until: simulation.now + span) }

  /// Makes a call.
  func begin(_ call: Call, as right: Right = .admin, user: UInt32 = 7) -> TestChannel {
    let channel = TestChannel(interface: call.interface)
    api.handle(call, from: Principal(user: user, process: 99, right: right), over: channel)
    settle()
    return channel
  }

  /// Makes a call that is answered once, and returns its reply.
  func ask<R: Request>(_ request: R, as right: Right = .admin, user: UInt32 = 7) throws -> R.Reply {
    let replies = try finished(begin(Call(request), as: right, user: user))
    try #require(replies.count == 1, "\(R.method) has \(replies.count) replies")
    if let failure = replies[0].failure { throw failure }
    return try replies[0].read(R.Reply.self)
  }

  /// Returns the refusal of a call; nil if it is not refused.
  func refusal<R: Request>(of request: R, as right: Right = .admin, user: UInt32 = 7) throws -> CallFailure? {
    try refusal(of: Call(request), as: right, user: user)
  }

  func refusal(of call: Call, as right: Right = .admin, user: UInt32 = 7) throws -> CallFailure? {
    try finished(begin(call, as: right, user: user)).last?.failure
  }

  private func finished(_ channel: TestChannel) throws -> [Reply] {
    #expect(channel.ends == 1, "a call is answered exactly once")
    return try channel.replies
  }
}

/// The client of one call; it reads a stream at once.
final class TestChannel: ReplyChannel {
  private struct State {
    var bytes: [UInt8] = []
    var ends = 0
    var isGone = false
    var goneBodies: [@Sendable () -> Void] = []
  }

  let interface: String
  let isOneway = false
  private let state = Mutex(State())

  init(interface: String) { self.interface = interface }

  func finish(_ message: [UInt8]) {
    state.withLock { state in
      state.bytes += message
      state.ends += 1
    }
  }

  func send(_ messages: [UInt8], then: @escaping @Sendable (StreamDemand) -> Void) {
    let isGone = state.withLock { state in
      if !state.isGone { state.bytes += messages }
      return state.isGone
    }
    then(isGone ? .gone : .more)
  }

  func whenGone(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.goneBodies.append(body) } }

  /// The client closes its connection.
  func leave() {
    let bodies = state.withLock { state in
      state.isGone = true
      defer { state.goneBodies = [] }
      return state.goneBodies
    }
    for body in bodies { body() }
  }

  /// How often the call was answered.
  var ends: Int { state.withLock { $0.ends } }

  /// All messages so far.
  var replies: [Reply] {
    get throws {
      let bytes = state.withLock { $0.bytes }
      return try bytes.split(separator: 0).map { try Reply(message: Array($0)) }
    }
  }

  /// All messages so far, read as replies of a request; a last error is left out.
  func lines<R: Request>(of _: R.Type) throws -> [R.Reply] {
    try replies.filter { $0.error == nil }.map { try $0.read(R.Reply.self) }
  }

  /// The error that ended the call; nil without one.
  var failure: CallFailure? { get throws { try replies.last?.failure } }
}

/// Files of workflows that exist by name only.
final class StagedFiles: DefinitionFiles {
  private struct State {
    var names: Set<WorkflowName> = []
    var reloads: [Principal?] = []
    var reply: Result<Reload.Reply, Refusal> = .failure(.unavailable(.starting))
  }

  private let state = Mutex(State())

  func put(_ name: WorkflowName) { state.withLock { _ = $0.names.insert(name) } }
  func answerReloads(with reply: Result<Reload.Reply, Refusal>) { state.withLock { $0.reply = reply } }
  var reloads: [Principal?] { state.withLock { $0.reloads } }

  func hasFile(of name: WorkflowName, for user: UInt32, answer: @escaping @Sendable (Bool) -> Void) {
    answer(state.withLock { $0.names.contains(name) })
  }

  func warnings(
    of definition: Definition, for name: WorkflowName, answer: @escaping @Sendable ([UnitFileProblem]) -> Void
  ) { answer([UnitFileProblem(file: "\(name).workflow", line: 2, message: "a warning")]) }

  func reload(for principal: Principal?, answer: @escaping Answer<Reload.Reply>) {
    answer(
      state.withLock { state in
        state.reloads.append(principal)
        return state.reply
      })
  }
}

/// A daemon that runs well, and keeps what is reported.
final class StagedCondition: Condition {
  private let kept = Mutex<[JournalEntry]>([])

  var entries: [JournalEntry] { kept.withLock { $0 } }
  func report(_ entry: JournalEntry) { kept.withLock { $0.append(entry) } }

  let daemonState = DaemonState.running
  let trouble: String? = nil
  func incidents(for right: Right) -> [Incident] {
    [Incident(at: APIStage.start, message: "seen by \(right.rawValue)")]
  }
  func refusal(ofWorkflow name: String, for right: Right) -> String { "refused for \(right.rawValue)" }
}
