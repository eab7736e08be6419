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
/// Up: lock, files, store, socket, workers, what the last daemon left, READY. Down: nothing new is released, what runs is
/// drained, the socket is closed, the store is closed, the lock is let go.
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

  /// Makes every part; nothing runs yet.
  /// - Throws: ``StartFailure``, or the sentence of the part that failed.
  init(
    directories: Directories, configuration: Configuration, lookout: Lookout,
    startedAs instance: DaemonSettings.Instance?, faults: DebugFaults?
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
    journal = JournalWriter(time: time)
    let disks = Disks(time: time, alarms: alarms)
    let health = Health(journal: journal, silentPaths: lookout.silentPaths, time: time, disks: disks)
    self.health = health
    supervision = Supervision(health: health, alarms: alarms, time: time)
    // Until this is over: the store may have to be checked, or brought up to date.
    let patience = supervision.extendStart()
    defer { withExtendedLifetime(patience) {} }

    let limits = configuration.limits
    let ids = JobIDSource()
    store = try Store(
      file: directories.ledger, queue: DispatchWorkQueue(label: "tactus.store", level: .store), limits: limits,
      now: time.now, eventsKeep: settings.eventsKeep,
      health: { health.note(store: $0.map { StoreTrouble($0) }) }, unreadable: { health.note(unreadable: $0) },
      watching: [directories.lock], disk: disks.store.note,
      makeID: { ids.make(at: $0) })
    archive = try Archive(
      file: directories.ledger, queue: DispatchWorkQueue(label: "tactus.read.1", level: .leaf), limits: limits,
      unreadable: { health.note(unreadable: $0) }, disk: disks.quick.note)
    slow = try Archive(
      file: directories.ledger, queue: DispatchWorkQueue(label: "tactus.read.2", level: .leaf), limits: limits,
      unreadable: { health.note(unreadable: $0) }, disk: disks.slow.note)
    let readers = PatientReaders(quick: archive, slow: slow, disks: disks)
    disks.onChange { health.note(diskIsSilent: $0) }
    self.readers = readers
    statusLine =
      StatusLine.isShown
      ? StatusLine(
        queue: DispatchWorkQueue(label: "tactus.status", level: .leaf), archive: readers.quick, health: health,
        time: time)
      : nil
    feed = EventFeed(queue: DispatchWorkQueue(label: "tactus.events", level: .leaf), archive: archive)
    do {
      output = try OutputStore(
        file: directories.output, storeID: store.storeID, queue: DispatchWorkQueue(label: "tactus.logs", level: .leaf),
        time: time, alarms: alarms, unreadable: { health.note(unreadable: $0) }, health: { health.note(output: $0) },
        disk: disks.output.note)
    } catch let error as StoreError {
      throw StartFailure(
        "\(directories.output) cannot be used: \(error.message); it is left as it is: move it away to begin anew")
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
      limits: limits, bootID: bootID, dispatchTimeout: settings.dispatchTimeout,
      reader: StoredDefinitions(queues: Set(limits.keys)), labeling: copy)

    files = DispatchWorkQueue(label: "tactus.files", level: .leaf)
    controlQueue = DispatchWorkQueue(label: "tactus.control", level: .control)
    let reloading = Reloading(
      directory: directories.configuration, files: files, lookout: lookout, scheduling: scheduling, health: health,
      limits: limits,
      providers: configuration.providers, settings: configuration.settings,
      time: time, authority: authority, ledger: store,
      user: { [authority, settings] in
        let user = JobUser.find(settings, isSystem: authority.isSystem, lookout)
        processes.run(as: user.user)
        inputs.read(as: CredentialUser.find(settings, isSystem: authority.isSystem, jobUser: user))
        return user
      }, units: units, pipes: Units.pipes(directories),
      outlook: { [authority] in .ofDaemon(authority, availability, inputs) })
    let handler = ControlHandler(
      scheduling: scheduling, archive: archive, quick: readers.quick, slow: readers.slow, feed: feed, output: output,
      authority: authority,
      submissions: Submissions(rate: settings.submitRate, time: time), time: time, health: health, limits: limits,
      startedAt: time.now, processID: Int(getpid()), bootID: bootID, reloading: reloading, containers: containers,
      examination: Examination(
        directories: directories, authority: authority, limits: limits, groupRoot: surroundings.groupRoot,
        containers: containers,
        jobUser: { [settings, authority] in JobUser.find(settings, isSystem: authority.isSystem, lookout) },
        units: availability, files: files, lookout: lookout, time: time, health: health, store: store, output: output))
    control = ControlServer(
      on: controlQueue, time: time, alarms: alarms, handler: handler,
      admits: { [authority] in authority.right(of: $0) != nil },
      tell: { error in
        health.tell(JournalEntry(.connectionsLimited, "no further connection is accepted for a moment: \(error)"))
      })
    self.reloading = reloading
  }

  private let reloading: Reloading
  private let jobUser: JobUser

  /// Does everything that can fail, then starts the workers on what the store and the files say, and lets clients in.
  ///
  /// Returns the signals that end it. When it throws, no job of it runs, and the doorway is the caller's to close.
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
    // From this thread, which owns no queue: the control queue is above all others, so no worker may wait for it.
    control.open()
    health.tell(
      JournalEntry(
        .daemonReady,
        "tactusd \(Product.version) is ready: \((configuration.definitions.count - loaded.refused.count).counted("workflow")) from files, socket \(directories.socket)",
        fields: [.version: Product.version]))
    health.announce(.ready)
    if let statusLine { health.onChange { statusLine.noteChange() } }
    supervision.begin(line: statusLine, watching: workQueues, isExcused: excuse)
    return signals
  }

  /// Takes over definitions and jobs, and releases what is due.
  private func takeUpWork(_ configuration: Configuration) throws -> Loaded {
    if SystemdPresence.isHere { units.open() }
    health.announce(.status("reading definitions"))
    for name in authority.missingGroups {
      health.tell(
        JournalEntry(
          .groupMissing, "there is no group \(name): nobody has rights by it until there is, and a reload",
          fields: [.group: name]))
    }
    store.post { [feed, statusLine] in
      $0.publish { newest in
        feed.advance(to: newest)
        statusLine?.noteChange()
      }
    }
    health.tell(jobUser)
    health.tell(Units.pipes(directories))
    if case .account = jobUser.user.choice, geteuid() != 0, !processes.hasGroups {
      health.tell(
        JournalEntry(
          .controlGroupsUnused,
          "commands have no control groups, so what leaves its job's session is not ended with it: Delegate=yes in the unit of tactusd, or CgroupRoot= in tactusd.conf, gives them some"
        ))
    }
    let loaded = try open(configuration)
    try faults?.failStart()
    health.tell(configuration, loaded)
    // Only now, when it is known whether systemd starts units for this daemon; and beside the start, which waits for no path.
    files.post { [reloading, lookout, health] in
      var foreseen = configuration
      foreseen.lookAhead(reloading.outlook(), with: lookout)
      health.tell(warningsOf: foreseen)
    }
    store.record(.daemonStarted, at: time.now) { _ in }
    return loaded
  }

  /// Ends what a start has begun that fails after all, and has that recorded: nothing runs without a daemon.
  private func endWork() {
    let isOver = DispatchSemaphore(value: 0)
    scheduling.close { self.execution.drain(within: .zero) { isOver.signal() } }
    isOver.wait()
  }

  /// Whether the silence of a queue is that of its disk.
  private var excuse: @Sendable (_ label: String) -> Bool {
    let watches = [
      store.queue.label: health.disks.store, output.queue.label: health.disks.output,
      units.queue.label: health.disks.units,
    ]
    return { watches[$0]?.isAtWork == true }
  }

  /// The queues whose work never takes long, so that silence means that something is wrong.
  ///
  /// The others wait for a reader, a disk that is asked for much, or an engine's files.
  private var workQueues: [any WorkQueue] {
    [
      store.queue, scheduling.queue, execution.queue, processes.queue, units.queue, engine.queue, containers.queue,
      output.queue, feed.queue, controlQueue,
    ]
  }

  /// Runs until a signal asks for the end; returns the exit status.
  ///
  /// Signals that came before were kept for this.
  func run(until signals: SignalSource) -> Int32 {
    signals.begin(on: controlQueue) { self.received($0) }
    defer { signals.cancel() }
    stopped.wait()
    return 0
  }

  /// How long the start waits at most until rows say what became of the jobs that the last daemon left.
  ///
  /// A provider that does not answer is told as silent after three seconds; one that answers slowly does not keep everybody waiting.
  private static let patienceForRows: DispatchTimeInterval = .seconds(10)

  /// Starts the workers on what the store and the files say; waits for it, and for what became of the jobs that ran, so that nobody who
  /// calls is shown a job as RUNNING that is gone.
  private func open(_ configuration: Configuration) throws -> Loaded {
    let answered = DispatchSemaphore(value: 0)
    let settled = DispatchSemaphore(value: 0)
    let answer = Mutex<Result<Loaded, LedgerFailure>?>(nil)
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
    case .hangUp: reloading.reload { _ in }
    case .user2: faults?.apply(to: workQueues, journal: health)
    default: stop()
    }
  }

  /// Begins the stop; called again, it interrupts what still runs.
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
    health.tell(
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

  /// How long a stop waits at most for output that cannot be stored.
  private static let patienceForOutput: Duration = .seconds(10)

  /// Closes what was opened; after the workers are at rest.
  func close() {
    engine.close()
    containers.close()
    units.close()
    store.call { $0.close() }
    output.call { $0.close() }
    copy?.flush()
    archive.call { $0.close() }
    slow.call { $0.close() }
    // It tells the ends of jobs: what was posted to it is told before the journal is flushed.
    scheduling.call { _ in }
    journal.flush()
  }
}

extension JournalOutput {
  /// Copies output where the settings want it and the daemon's own messages go to the journal, too.
  fileprivate static func wanted(
    _ settings: DaemonSettings, over sink: any OutputSink, journal: any Journal, time: any TimeSource,
    alarms: any AlarmSource
  ) -> JournalOutput? {
    guard settings.journalOutput, case .journal = JournalDestination.connected() else { return nil }
    return JournalOutput(over: sink, journal: journal, time: time, alarms: alarms)
  }
}
