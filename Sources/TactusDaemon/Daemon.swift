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

/// The composition root: creates the parts, connects them, and owns the order of start and stop.
///
/// Start: lock, files, store, socket, workers, jobs of the last daemon, READY. Stop: no job is released, running jobs
/// drain, the socket closes, the store closes, the lock is released.
final class Daemon: Sendable {
  private let directories: Directories
  private let lock: FileLock
  private let settings: DaemonSettings
  private let journal: JournalWriter
  private let health: Health
  private let store: Store
  private let archive: Archive
  private let slow: Archive
  private let readers: PatientReaders
  private let feed: EventFeed
  private let authority: Authority
  private let time: SystemTime
  private let output: OutputStore
  private let copy: JournalOutput?
  private let processes: ProcessRunner
  private let units: UnitRunner
  private let engine: HTTPEngine
  private let containers: ContainerRunner
  private let scheduling: SchedulingWorker
  private let execution: ExecutionWorker
  private let control: ControlServer
  private let controlQueue: DispatchWorkQueue
  private let files: DispatchWorkQueue
  private let lookout: Lookout
  private let alarms: LinuxAlarms
  private let supervision: Supervision
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
    self.directories = directories
    self.faults = faults
    self.lookout = lookout
    settings = configuration.settings
    let time = SystemTime(shift: faults?.clock)
    self.time = time
    authority = Authority(settings, owner: geteuid(), startedAs: instance)
    alarms = LinuxAlarms(time: time)
    try directories.make(isSystem: authority.isSystem)
    lock = try FileLock(at: directories.lock)
    try directories.examineFiles()
    try directories.makePrivateFiles()
    journal = JournalWriter(to: .connected(hasFields: hasLogFields), time: time)
    let disks = Disks(time: time, alarms: alarms)
    let health = Health(journal: journal, silentPaths: lookout.silentPaths, time: time, disks: disks)
    self.health = health
    supervision = Supervision(health: health, alarms: alarms, time: time)
    // Until this returns: the store may have to be checked or upgraded.
    let patience = supervision.extendStart()
    defer { withExtendedLifetime(patience) {} }

    let queues = QueueBook(configuration.limits)
    let ids = JobIDSource()
    store = try Store(
      file: directories.ledger, queue: DispatchWorkQueue(label: "tactus.store", level: .store), queues: queues,
      now: time.now, eventsKeep: settings.eventsKeep,
      health: { health.note(store: $0.map { StoreTrouble($0) }) }, unreadable: { health.note(unreadable: $0) },
      watching: [directories.lock], disk: disks.store.note,
      makeID: { ids.make(at: $0) })
    store.open(alarms: alarms, time: time)
    archive = try Archive(
      file: directories.ledger, queue: DispatchWorkQueue(label: "tactus.read.1", level: .leaf, qos: .background),
      queues: queues, unreadable: { health.note(unreadable: $0) }, disk: disks.quick.note)
    slow = try Archive(
      file: directories.ledger, queue: DispatchWorkQueue(label: "tactus.read.2", level: .leaf, qos: .background),
      queues: queues, unreadable: { health.note(unreadable: $0) }, disk: disks.slow.note)
    let readers = PatientReaders(quick: archive, slow: slow, disks: disks)
    disks.onChange { health.note(diskIsSilent: $0) }
    self.readers = readers
    statusLine =
      StatusLine.isShown
      ? StatusLine(
        queue: DispatchWorkQueue(label: "tactus.status", level: .leaf), archive: readers.quick, health: health,
        time: time)
      : nil
    feed = EventFeed(queue: DispatchWorkQueue(label: "tactus.events", level: .leaf, qos: .background), archive: archive)
    do {
      output = try OutputStore(
        file: directories.output, storeID: store.storeID, queue: DispatchWorkQueue(label: "tactus.logs", level: .leaf),
        time: time, alarms: alarms, unreadable: { health.note(unreadable: $0) }, health: { health.note(output: $0) },
        disk: disks.output.note)
    } catch let error as StoreError {
      throw StartFailure(
        "\(directories.output) cannot be used: \(error.message). It was not changed. Move it away to start anew")
    }

    let surroundings = JobSurroundings(settings, lookout, journal: health)
    copy = JournalOutput.wanted(settings, over: output, journal: health, time: time, alarms: alarms)
    let sink: any OutputSink = copy ?? output
    let jobUser = JobUser.find(settings, isSystem: authority.isSystem, lookout)
    self.jobUser = jobUser
    let inputs = InputReader(CredentialUser.find(settings, isSystem: authority.isSystem, jobUser: jobUser))
    let processes = ProcessRunner(
      queue: DispatchWorkQueue(label: "tactus.process", level: .leaf), time: time, alarms: alarms, lookout: lookout,
      output: sink, baseEnvironment: surroundings.environment, defaultDirectory: surroundings.directory,
      cgroupRoot: surroundings.groupRoot, user: jobUser.user, credentials: directories.credentials,
      granted: getenv("CREDENTIALS_DIRECTORY").map { String(cString: $0) }, inputs: inputs, journal: health)
    self.processes = processes
    let availability = UnitAvailability()
    units = UnitRunner(
      bus: UnitBus(
        queue: DispatchWorkQueue(label: "tactus.units", level: .leaf), address: Units.address, time: time,
        alarms: alarms),
      settings: Units.settings(
        directories, authority, jobUser: settings.jobUser, storeID: store.storeID, disk: disks.units.note,
        environment: surroundings.environment,
        directory: surroundings.directory),
      output: sink, stored: output, time: time, alarms: alarms, lookout: lookout, journal: health,
      availability: availability, inputs: inputs)
    let commands = CommandRunner(processes: processes, units: units) { availability.isThere }
    engine = HTTPEngine(
      settings: HTTPEngine.Settings(userAgent: "tactus/\(Product.version)"), time: time, alarms: alarms)
    containers = ContainerRunner(
      http: HTTPEngine(
        label: "tactus.engines", settings: HTTPEngine.Settings(userAgent: "tactus/\(Product.version)"), time: time,
        alarms: alarms),
      providers: configuration.effectiveProviders, storeID: store.storeID, output: sink, stored: output, time: time,
      alarms: alarms, lookout: lookout, journal: health, inputs: inputs)
    let bootID = try Machine.bootID()
    scheduling = SchedulingWorker(
      queue: DispatchWorkQueue(label: "tactus.scheduling", level: .worker), ledger: store, time: time,
      journal: health)
    execution = ExecutionWorker(
      queue: DispatchWorkQueue(label: "tactus.execution", level: .worker), ledger: store, time: time,
      scheduling: scheduling, journal: health,
      runners: [
        .command: commands, .heartbeat: HeartbeatRunner(engine: engine, output: sink, time: time),
        .container: containers,
      ],
      queues: queues, bootID: bootID, dispatchTimeout: settings.dispatchTimeout,
      reader: StoredDefinitions(queues: Set(configuration.limits.keys)), labeling: copy)

    files = DispatchWorkQueue(label: "tactus.files", level: .leaf)
    controlQueue = DispatchWorkQueue(label: "tactus.control", level: .control, qos: .background)
    let reloading = Reloading(
      directory: directories.configuration, files: files, lookout: lookout, scheduling: scheduling,
      execution: execution, health: health, queues: queues, providers: configuration.providers,
      settings: configuration.settings, time: time, authority: authority, ledger: store,
      user: { [authority, settings] in
        let user = JobUser.find(settings, isSystem: authority.isSystem, lookout)
        processes.run(as: user.user)
        inputs.read(as: CredentialUser.find(settings, isSystem: authority.isSystem, jobUser: user))
        return user
      }, units: units, pipes: Units.pipes(directories),
      outlook: { [authority] in .ofDaemon(authority, availability, inputs) })
    let examination = Examination(
      directories: directories, authority: authority, queues: queues, groupRoot: surroundings.groupRoot,
      containers: containers,
      jobUser: { [settings, authority] in JobUser.find(settings, isSystem: authority.isSystem, lookout) },
      units: availability, files: files, lookout: lookout, time: time, health: health, store: store, output: output)
    let api = ControlAPI(
      planning: scheduling,
      readers: Readers(archive: archive, quick: readers.quick, slow: readers.slow, output: output), feed: feed,
      surroundings: Surroundings(
        files: reloading, condition: health, providers: containers.report, diagnoses: examination.run,
        holders: authority.holders),
      identity: Identity(version: Product.version, process: Int(getpid()), startedAt: time.now, bootID: bootID),
      queues: queues, submitRate: settings.submitRate, time: time)
    control = ControlServer(
      on: controlQueue, time: time, alarms: alarms, handler: Reception(authority: authority, api: api),
      admits: { [authority] in authority.right(of: $0) != nil },
      report: { error in
        health.report(JournalEntry(.connectionsLimited, "no new connections are accepted for a moment: \(error)"))
      })
    self.reloading = reloading
  }

  private let reloading: Reloading
  private let jobUser: JobUser

  /// Does everything that can fail, then starts the workers and serves clients; returns the signals that end it.
  ///
  /// If it throws, none of its jobs runs, and the caller closes the doorway.
  func start(_ configuration: Configuration, at doorway: inout Doorway) throws -> SignalSource {
    let patience = supervision.extendStart()
    defer { withExtendedLifetime(patience) {} }
    if doorway.descriptor == nil { try directories.expectFreeSocket() }
    try processes.becomeSubreaper()
    let signals = try SignalSource([.terminate, .interrupt, .hangUp, .user2])
    try doorway.open(directories, isSystem: authority.isSystem, health: health)
    guard let descriptor = doorway.descriptor else { fatalError("an open doorway has a socket") }
    do { try control.prepare(on: descriptor, path: doorway.path) } catch {
      throw StartFailure("the control socket cannot be served: \(error)")
    }
    let loaded: Loaded
    do { loaded = try takeUpWork(configuration) } catch {
      endWork()
      control.withdraw()
      throw error
    }
    // From this thread, which owns no queue: the control queue ranks above all others, so no worker may wait for it.
    control.open()
    health.report(
      JournalEntry(
        .daemonReady,
        "tactusd \(Product.version) is ready: "
          + "\((configuration.definitions.count - loaded.refused.count).counted("workflow")) from files, "
          + "socket \(directories.socket)", fields: [.version: Product.version]))
    health.announce(.ready)
    if let statusLine { health.onChange { statusLine.noteChange() } }
    supervision.begin(line: statusLine, watching: workQueues, isExcused: excuse)
    return signals
  }

  /// Loads definitions, adopts jobs, and releases due jobs.
  private func takeUpWork(_ configuration: Configuration) throws -> Loaded {
    if SystemdPresence.isHere { units.open() }
    health.announce(.status("reading definitions"))
    for name in authority.missingGroups {
      health.report(
        JournalEntry(
          .groupMissing, "the group \(name) does not exist, so nobody has its rights. Create it, and reload.",
          fields: [.group: name]))
    }
    store.post { [feed, statusLine] in
      $0.publish { newest in
        feed.advance(to: newest)
        statusLine?.noteChange()
      }
    }
    health.report(jobUser)
    health.report(Units.pipes(directories))
    if case .account = jobUser.user.choice, geteuid() != 0, !processes.hasGroups {
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
    files.post { [reloading, lookout, health] in
      var foreseen = configuration
      foreseen.lookAhead(reloading.outlook(), with: lookout)
      health.report(warningsOf: foreseen)
    }
    store.record(.daemonStarted, at: time.now) { _ in }
    return loaded
  }

  /// Ends and records the jobs of a start that failed, because no job may run without a daemon.
  private func endWork() {
    let isOver = DispatchSemaphore(value: 0)
    scheduling.close { self.execution.drain(within: .zero) { isOver.signal() } }
    isOver.wait()
  }

  /// Whether a queue is silent because its disk is silent.
  private var excuse: @Sendable (_ label: String) -> Bool {
    let watches = [
      store.queue.label: health.disks.store, output.queue.label: health.disks.output,
      units.queue.label: health.disks.units,
    ]
    return { watches[$0]?.isAtWork == true }
  }

  /// The queues whose work is always short, so that silence is a fault.
  ///
  /// The others wait for a reader, a busy disk, or the files of an engine.
  private var workQueues: [any WorkQueue] {
    [
      store.queue, scheduling.queue, execution.queue, processes.queue, units.queue, engine.queue, containers.queue,
      output.queue, feed.queue, controlQueue,
    ]
  }

  /// Runs until a signal, perhaps an earlier one, asks for the end, and returns the exit status.
  func run(until signals: SignalSource) -> Int32 {
    signals.begin(on: controlQueue) { self.received($0) }
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
    let execution = execution
    execution.open(alarms: alarms)
    scheduling.open(
      configuration.definitions, present: configuration.present, execution: execution, alarms: alarms,
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
    case .failure(let failure): throw StartFailure("\(directories.ledger) cannot be used: \(failure)")
    case nil: fatalError("the scheduling worker answered nothing")
    }
  }

  private func received(_ received: ReceivedSignal) {
    switch received.signal {
    case .hangUp: reloading.reload(for: nil) { _ in }
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
      output.post { $0.giveUp(after: .zero) }
      return execution.drain(within: .zero) {}
    }
    output.post { $0.giveUp(after: Self.patienceForOutput) }
    health.noteStopping()
    health.announce(.stopping)
    supervision.extendStop(by: settings.stopTimeout)
    health.report(
      JournalEntry(
        .daemonStopping, "tactusd stops: running jobs have \(settings.stopTimeout.milliseconds / 1000) s to end"))
    store.record(.daemonStopping, at: time.now) { _ in }
    scheduling.close {
      self.execution.drain(within: self.settings.stopTimeout) {
        self.feed.close()
        self.control.stop(within: .seconds(2)) { self.stopped.signal() }
      }
    }
  }

  /// The longest time that a stop waits for output that cannot be stored.
  private static let patienceForOutput: Duration = .seconds(10)

  /// Closes all parts; called after the workers have stopped.
  func close() {
    engine.close()
    containers.close()
    units.close()
    store.call { $0.close() }
    output.call { $0.close() }
    copy?.flush()
    archive.call { $0.close() }
    slow.call { $0.close() }
    // It reports the ends of jobs: entries that were posted to it are reported before the journal is flushed.
    scheduling.call { _ in }
    journal.flush()
  }
}

extension JournalOutput {
  /// Copies output if the settings request it and the daemon's own messages also go to the journal; else nil.
  fileprivate static func wanted(
    _ settings: DaemonSettings, over sink: any OutputSink, journal: any Journal, time: any TimeSource,
    alarms: any AlarmSource
  ) -> JournalOutput? {
    guard settings.journalOutput, case .journal = JournalDestination.connected() else { return nil }
    return JournalOutput(over: sink, journal: journal, time: time, alarms: alarms)
  }
}
