internal import Dispatch
internal import Glibc
internal import Synchronization
internal import TactusControl
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

/// The composition root: creates the parts in order, and owns the order of start and stop.
///
/// Start: lock, files, store, socket, workers, jobs of the last daemon, READY. Stop: no job is released, running jobs
/// drain, the socket closes, the store closes, the lock is released.
final class Daemon: Sendable {
  private let ground: Ground
  private let memory: Memory
  private let hands: Hands
  private let workers: Workers
  private let face: Face
  private let statusLine: StatusLine?
  private let faults: DebugFaults?
  private let isStopping = Mutex(false)
  private let stopped = DispatchSemaphore(value: 0)

  /// Creates every part; nothing runs yet.
  /// - Throws: ``StartFailure``, or the error of the part that failed.
  init(
    directories: Directories, configuration: Configuration, lookout: Lookout,
    startedAs instance: DaemonSettings.Instance?, hasLogFields: Bool, faults: DebugFaults?
  ) throws {
    self.faults = faults
    ground = try Ground(
      directories: directories, configuration: configuration, lookout: lookout, startedAs: instance,
      hasLogFields: hasLogFields, faults: faults)
    // Until this returns: the store may have to be checked or upgraded.
    let patience = ground.supervision.extendStart()
    defer { withExtendedLifetime(patience) {} }
    memory = try Memory(ground)
    statusLine =
      StatusLine.isShown
      ? StatusLine(
        queue: DispatchWorkQueue(label: "tactus.status", level: .leaf), archive: memory.patient.quick,
        health: ground.health, time: ground.time) : nil
    hands = Hands(ground, memory, providers: configuration.effectiveProviders)
    workers = Workers(ground, memory, hands)
    face = Face(ground, memory, hands, workers, providers: configuration.providers)
  }

  private var health: Health { ground.health }

  /// Does everything that can fail, then starts the workers and serves clients; returns the signals that end it.
  ///
  /// If it throws, none of its jobs runs, and the caller closes the doorway.
  func start(_ configuration: Configuration, at doorway: inout Doorway) throws -> SignalSource {
    let patience = ground.supervision.extendStart()
    defer { withExtendedLifetime(patience) {} }
    if doorway.descriptor == nil { try ground.directories.expectFreeSocket() }
    try hands.processes.becomeSubreaper()
    let signals = try SignalSource([.terminate, .interrupt, .hangUp, .user2])
    try doorway.open(ground.directories, isSystem: ground.authority.isSystem, health: health)
    guard let descriptor = doorway.descriptor else { fatalError("an open doorway has a socket") }
    do { try face.control.prepare(on: descriptor, path: doorway.path) } catch {
      throw StartFailure("the control socket cannot be served: \(error)")
    }
    let loaded: Loaded
    do { loaded = try takeUpWork(configuration) } catch {
      endWork()
      face.control.withdraw()
      throw error
    }
    // From this thread, which owns no queue: the control queue ranks above all others, so no worker may wait for it.
    face.control.open()
    health.report(
      JournalEntry(
        .daemonReady,
        "tactusd \(Product.version) is ready: "
          + "\((configuration.definitions.count - loaded.refused.count).counted("workflow")) from files, "
          + "socket \(ground.directories.socket)", fields: [.version: Product.version]))
    health.announce(.ready)
    if let statusLine { health.onChange { statusLine.noteChange() } }
    ground.supervision.begin(line: statusLine, watching: workQueues, isExcused: excuse)
    return signals
  }

  /// Loads definitions, adopts jobs, and releases due jobs.
  private func takeUpWork(_ configuration: Configuration) throws -> Loaded {
    if SystemdPresence.isHere { hands.units.open() }
    health.announce(.status("reading definitions"))
    for name in ground.authority.missingGroups {
      health.report(
        JournalEntry(
          .groupMissing, "the group \(name) does not exist, so nobody has its rights. Create it, and reload.",
          fields: [.group: name]))
    }
    memory.publish(to: statusLine)
    health.report(hands.jobUser)
    health.report(Units.pipes(ground.directories))
    if case .account = hands.jobUser.user.choice, geteuid() != 0, !hands.processes.hasGroups {
      health.report(
        JournalEntry(
          .controlGroupsUnused,
          "control groups are unavailable, so a process that leaves its job's session outlives the job. "
            + "Set Delegate=yes in tactusd.service, or CgroupRoot= in tactusd.conf."))
    }
    let loaded = try open(configuration)
    try faults?.failStart()
    health.report(configuration, loaded)
    // Not before it is known whether systemd starts units. Asynchronous, because a start waits for no path.
    face.files.post { [ground, hands] in
      var foreseen = configuration
      foreseen.lookAhead(hands.outlook, with: ground.lookout)
      ground.health.report(warningsOf: foreseen)
    }
    memory.store.record(.daemonStarted, at: ground.time.now) { _ in }
    return loaded
  }

  /// Ends and records the jobs of a start that failed, because no job may run without a daemon.
  private func endWork() {
    let isOver = DispatchSemaphore(value: 0)
    workers.scheduling.close { self.workers.execution.drain(within: .zero) { isOver.signal() } }
    isOver.wait()
  }

  /// Whether a queue is silent because its disk is silent.
  private var excuse: @Sendable (_ label: String) -> Bool {
    let watches = [
      memory.store.queue.label: ground.disks.store, memory.output.queue.label: ground.disks.output,
      hands.units.queue.label: ground.disks.units,
    ]
    return { watches[$0]?.isAtWork == true }
  }

  /// The queues whose work is always short, so that silence is a fault.
  ///
  /// The others wait for a reader, a busy disk, or the files of an engine.
  private var workQueues: [any WorkQueue] {
    [
      memory.store.queue, workers.scheduling.queue, workers.execution.queue, hands.processes.queue, hands.units.queue,
      hands.engine.queue, hands.containers.queue, memory.output.queue, memory.feed.queue, face.queue,
    ]
  }

  /// Runs until a signal, perhaps an earlier one, asks for the end, and returns the exit status.
  func run(until signals: SignalSource) -> Int32 {
    signals.begin(on: face.queue) { self.received($0) }
    defer { signals.cancel() }
    stopped.wait()
    return 0
  }

  /// The longest time that a start waits for the rows of jobs that the last daemon left.
  ///
  /// A provider that does not answer is reported as silent after three seconds. A slow one does not delay all clients.
  private static let patienceForRows: DispatchTimeInterval = .seconds(10)

  /// Starts the workers, and waits until the jobs of the last daemon are looked up.
  ///
  /// So no client sees a job as RUNNING that is gone.
  private func open(_ configuration: Configuration) throws -> Loaded {
    let answered = DispatchSemaphore(value: 0)
    let settled = DispatchSemaphore(value: 0)
    let answer = Mutex<Result<Loaded, Refusal>?>(nil)
    let execution = workers.execution
    execution.open(alarms: ground.alarms)
    workers.scheduling.open(
      configuration.definitions, present: configuration.present, execution: execution, alarms: ground.alarms,
      remnants: { execution.recover($0) { settled.signal() } }
    ) { result in
      answer.withLock { $0 = result }
      answered.signal()
    }
    answered.wait()
    switch answer.withLock({ $0 }) {
    case .success(let loaded):
      _ = settled.wait(timeout: .now() + Self.patienceForRows)
      return loaded
    case .failure(let failure): throw StartFailure("\(ground.directories.ledger) cannot be used: \(failure)")
    case nil: fatalError("the scheduling worker answered nothing")
    }
  }

  private func received(_ received: ReceivedSignal) {
    switch received.signal {
    case .hangUp: face.reloading.reload(for: nil) { _ in }
    case .user2: faults?.apply(to: workQueues, journal: health)
    default: stop()
    }
  }

  /// Begins the stop; a second call interrupts the jobs that still run.
  private func stop() {
    let isFirst = isStopping.withLock { stopping in
      defer { stopping = true }
      return !stopping
    }
    guard isFirst else {
      memory.output.post { $0.giveUp(after: .zero) }
      return workers.execution.drain(within: .zero) {}
    }
    memory.output.post { $0.giveUp(after: Self.patienceForOutput) }
    health.noteStopping()
    health.announce(.stopping)
    let limit = ground.settings.stopTimeout
    ground.supervision.extendStop(by: limit)
    health.report(
      JournalEntry(
        .daemonStopping, "tactusd stops: running jobs have \(limit.milliseconds / 1000) s to end"))
    memory.store.record(.daemonStopping, at: ground.time.now) { _ in }
    workers.scheduling.close {
      self.workers.execution.drain(within: limit) {
        self.memory.feed.close()
        self.face.control.stop(within: .seconds(2)) { self.stopped.signal() }
      }
    }
  }

  /// The longest time that a stop waits for output that cannot be stored.
  private static let patienceForOutput: Duration = .seconds(10)

  /// Closes all parts; called after the workers have stopped.
  func close() {
    hands.close()
    memory.close()
    hands.copy?.flush()
    memory.closeReaders()
    // It reports the ends of jobs: entries that were posted to it are reported before the journal is flushed.
    workers.scheduling.call { _ in }
    ground.journal.flush()
  }
}
