internal import Dispatch
internal import Glibc
internal import Synchronization
internal import TactusExecutor
internal import TactusHTTP
internal import TactusLinux
internal import TactusModel
internal import TactusPorts
internal import TactusProtocol
internal import TactusRunners
internal import TactusScheduler
internal import TactusStore
internal import TactusSystemd
internal import TactusTransport
internal import TactusUnitFile

/// The composition root: makes the parts, wires them, and owns the order of start and stop.
///
/// Up: lock, files, store, workers, what the last daemon left, socket, READY. Down: nothing new is released, what runs is
/// drained, the socket is closed, the store is closed, the lock is let go.
final class Daemon: Sendable {
  private let directories: Directories
  private let lock: FileLock
  private let settings: DaemonSettings
  private let journal: JournalWriter
  private let health: Health
  private let notifier: ServiceNotifier
  private let store: Store
  private let archive: Archive
  private let output: OutputStore
  private let processes: ProcessRunner
  private let engine: HTTPEngine
  private let scheduling: SchedulingWorker
  private let execution: ExecutionWorker
  private let control: ControlServer
  private let controlQueue: DispatchWorkQueue
  private let files: DispatchWorkQueue
  private let alarms: LinuxAlarms
  private let isStopping = Mutex(false)
  private let stopped = DispatchSemaphore(value: 0)

  /// Makes every part; nothing runs yet.
  /// - Throws: ``StartFailure``, or the sentence of the part that failed.
  init(directories: Directories, configuration: Configuration) throws {
    self.directories = directories
    settings = configuration.settings
    let time = SystemTime()
    alarms = LinuxAlarms(time: time)
    try directories.make()
    lock = try FileLock(at: directories.lock)
    journal = JournalWriter()
    let health = Health(journal: journal, time: time)
    self.health = health
    notifier = ServiceNotifier()

    let limits = configuration.limits
    let ids = JobIDSource()
    store = try Store(
      file: directories.ledger, queue: DispatchWorkQueue(label: "tactus.store", level: .store), limits: limits,
      now: time.now, health: { health.note(store: $0.map { "\($0.message) (SQLite \($0.code))" }) },
      makeID: { ids.make(at: $0) })
    archive = try Archive(
      file: directories.ledger, queue: DispatchWorkQueue(label: "tactus.read.1", level: .leaf))
    output = try OutputStore(
      file: directories.output, queue: DispatchWorkQueue(label: "tactus.logs", level: .leaf))

    processes = try ProcessRunner(
      queue: DispatchWorkQueue(label: "tactus.process", level: .leaf), time: time, output: output,
      baseEnvironment: Self.baseEnvironment, defaultDirectory: Self.defaultDirectory,
      cgroupRoot: settings.cgroupRoot)
    engine = HTTPEngine(
      settings: HTTPEngine.Settings(userAgent: "tactus/\(Version.current)"), time: time, alarms: alarms)
    scheduling = SchedulingWorker(
      queue: DispatchWorkQueue(label: "tactus.scheduling", level: .worker), ledger: store, time: time)
    execution = ExecutionWorker(
      queue: DispatchWorkQueue(label: "tactus.execution", level: .worker), ledger: store, time: time,
      scheduling: scheduling, journal: health,
      runners: [.command: processes, .heartbeat: HeartbeatRunner(engine: engine, output: output, time: time)],
      limits: limits, bootID: try Machine.bootID(), reader: StoredDefinitions(queues: Set(limits.keys)))

    files = DispatchWorkQueue(label: "tactus.files", level: .leaf)
    controlQueue = DispatchWorkQueue(label: "tactus.control", level: .control)
    let reloading = Reloading(
      directory: directories.configuration, files: files, scheduling: scheduling, journal: health, limits: limits,
      notifier: notifier)
    let handler = ControlHandler(
      scheduling: scheduling, archive: archive, output: output, health: health, limits: limits, startedAt: time.now,
      processID: Int(getpid()), reload: { reloading.reload(answer: $0) })
    let owner = geteuid()
    control = ControlServer(
      on: controlQueue, time: time, alarms: alarms, handler: handler, admits: { $0.uid == owner || $0.uid == 0 },
      tell: { error in
        health.tell(JournalEntry(.warning, "no further connection is accepted for a moment: \(error)"))
      })
    self.reloading = reloading
  }

  private let reloading: Reloading

  /// Runs until a signal asks for the end; returns the exit status.
  func run(_ configuration: Configuration) throws -> Int32 {
    let signals = try SignalSource(on: controlQueue, signals: [.terminate, .interrupt, .hangUp]) { received in
      self.received(received)
    }
    defer { signals.cancel() }
    configuration.tell(health)
    let failure = Mutex<String?>(nil)
    let execution = execution
    execution.open(alarms: alarms)
    scheduling.open(
      configuration.definitions, present: configuration.present, execution: execution, alarms: alarms,
      remnants: { execution.recover($0) }
    ) { result in
      switch result {
      case .success(let loaded): self.opened(configuration, loaded, failure)
      case .failure(let refusal):
        failure.withLock { $0 = "the store cannot be used: \(refusal)" }
        self.stopped.signal()
      }
    }
    stopped.wait()
    if let failure = failure.withLock({ $0 }) { throw StartFailure(failure) }
    return 0
  }

  private func opened(_ configuration: Configuration, _ loaded: Loaded, _ failure: borrowing Mutex<String?>) {
    loaded.tell(health)
    do {
      try control.start(at: directories.socket)
    } catch {
      failure.withLock { $0 = "the control socket cannot be opened: \(error)" }
      stopped.signal()
      return
    }
    health.tell(
      JournalEntry(
        .notice, "tactusd \(Version.current) is ready: \(configuration.definitions.count) workflows from files, socket \(directories.socket)"))
    notifier.ready()
  }

  private func received(_ received: ReceivedSignal) {
    if received.signal == .hangUp {
      reloading.reload { _ in }
    } else {
      stop()
    }
  }

  /// Begins the stop; called again, it interrupts what still runs.
  private func stop() {
    let isFirst = isStopping.withLock { stopping in
      defer { stopping = true }
      return !stopping
    }
    guard isFirst else { return execution.drain(within: .zero) {} }
    health.noteStopping()
    notifier.stopping()
    health.tell(JournalEntry(.notice, "tactusd stops: running jobs have \(settings.stopTimeout.milliseconds / 1000) s to end"))
    scheduling.close {
      self.execution.drain(within: self.settings.stopTimeout) {
        self.control.stop(within: .seconds(2)) { self.stopped.signal() }
      }
    }
  }

  /// Closes what was opened; after the workers are at rest.
  func close() {
    engine.close()
    store.call { $0.close() }
    output.call { $0.close() }
    archive.call { $0.close() }
    journal.flush()
  }

  /// Of the daemon's own environment jobs get these only.
  private static var baseEnvironment: [String] {
    ["PATH", "HOME", "LANG", "TZ"].compactMap { name in getenv(name).map { "\(name)=\(String(cString: $0))" } }
  }

  private static var defaultDirectory: String { getenv("HOME").map { String(cString: $0) } ?? "/" }
}

/// Reads definitions back that the store keeps as text.
struct StoredDefinitions: DefinitionReader {
  let queues: Set<QueueName>

  func read(_ text: String, name: WorkflowName) -> Result<Definition, UnitFileProblem> {
    WorkflowFile.read(text: text, name: name, queues: queues).mapError { failure in
      failure.problems.first ?? UnitFileProblem(file: "\(name).workflow", line: 0, message: "cannot be read")
    }
  }
}

/// Makes ids with the system's random numbers.
final class JobIDSource: Sendable {
  private let generator = Mutex(SystemRandomNumberGenerator())

  func make(at instant: Instant) -> JobID { generator.withLock { JobID(at: instant, using: &$0) } }
}
