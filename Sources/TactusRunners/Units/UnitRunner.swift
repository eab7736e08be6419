public import TactusLinux
public import TactusModel
public import TactusPorts
public import TactusSystemd

/// Runs commands as transient units of systemd: as other users, with limits and a sandbox, and beyond the daemon's
/// life.
///
/// A unit has the job's name and belongs to one attempt. systemd keeps it after its process, with its exit status and
/// the pipes of its output, until the end is durable in the store. The next daemon adopts it by its name.
public actor UnitRunner: Runner, QueueConfined {
  let bus: UnitBus
  let time: any TimeSource
  let sink: any OutputSink
  let stored: any OutputReader
  let journal: any Journal
  let settings: UnitSettings
  let availability: UnitAvailability
  let inputs: InputReader
  var runs: [JobID: UnitRun] = [:]
  /// Attempts whose paths are being looked at.
  var looking: Set<JobID> = []
  let lookout: Lookout
  /// Units whose end is durable and whose removal systemd has not confirmed.
  var owed: Set<JobID> = []
  var isConnected = false
  /// Whether there may be units that no attempt owns.
  ///
  /// False until all claims of earlier daemons were looked up.
  var isToBeSwept = false
  private var alarm: (any MonotonicAlarm)?
  private var agenda = Agenda<UnitRunner>()
  private var openWatches: ProcessWatches?
  private var openView: PipeView?
  private(set) var isClosed = false
  var warnings = LimitWarnings()

  /// The directory of secrets until systemd has read them.
  var secrets: CredentialDirectories { CredentialDirectories(root: settings.secrets, granted: settings.credentials) }

  /// Creates a runner that is the only user of a bus.
  ///
  /// `inputs` reads the files that definitions name.
  public init(
    bus: UnitBus, settings: UnitSettings, output: any OutputSink, stored: any OutputReader, time: any TimeSource,
    alarms: any AlarmSource, lookout: Lookout, journal: any Journal, availability: UnitAvailability,
    inputs: InputReader = InputReader()
  ) {
    self.inputs = inputs
    self.bus = bus
    self.settings = settings
    sink = output
    self.stored = stored
    self.time = time
    self.journal = journal
    self.lookout = lookout
    self.availability = availability
    post { runner in
      runner.alarm = alarms.monotonicAlarm(on: runner.queue) { [weak runner] in runner?.assumeIsolated { $0.wake() } }
    }
  }

  /// The queue of the bus.
  public nonisolated var queue: any WorkQueue { bus.queue }

  /// Connects to systemd, and waits for at most a span until its rights are known.
  ///
  /// Called before any other request, by a thread that owns no queue.
  public nonisolated func open(within span: Duration = .seconds(3)) {
    bus.open { [weak self] news in self?.assumeIsolated { $0.heard(news) } }
    availability.waitUntilKnown(within: span)
  }

  /// True: the next daemon adopts units.
  public nonisolated func outlivesDaemon(_ id: JobID) -> Bool { true }

  /// Starts an attempt of a command.
  public nonisolated func start(_ order: RunOrder, events: @escaping @Sendable (RunnerEvent) -> Void) {
    post { $0.begin(order, events) }
  }

  /// Sends SIGTERM to all processes of the unit.
  public nonisolated func terminate(_ id: JobID) { post { $0.signal(id, .terminate) } }

  /// Sends SIGKILL to all processes of the unit.
  public nonisolated func kill(_ id: JobID) { post { $0.signal(id, .kill) } }

  /// Asks systemd whether the main process has ended.
  public nonisolated func examine(_ id: JobID, answer: @escaping @Sendable () -> Void) {
    post { $0.examine(id, answer) }
  }

  /// Removes the unit.
  public nonisolated func settle(_ id: JobID) { post { $0.remove(id) } }

  /// Asks systemd for the unit by its name, until it answers.
  public nonisolated func recover(
    _ remnant: Remnant, events: @escaping @Sendable (RunnerEvent) -> Void, answer: @escaping @Sendable (Found) -> Void
  ) {
    post { $0.inquire(remnant, events, answer) }
  }

  /// Removes this store's units that no job owns.
  public nonisolated func recovered() {
    post { runner in
      runner.isToBeSwept = true
      runner.secrets.sweep { runner.runs[$0] != nil || runner.looking.contains($0) }
      runner.sweep()
    }
  }

  /// Returns the attempts that are unknown here.
  public nonisolated func unknown(among ids: [JobID], answer: @escaping @Sendable ([JobID]) -> Void) {
    post { runner in
      answer(ids.filter { runner.runs[$0] == nil && !runner.looking.contains($0) })
      // A signal may have been missed, and asking about each unit is cheap.
      for id in ids { if let run = runner.live(id) { runner.look(run) } }
    }
  }

  /// Returns, as a clause, the reason why attempts do not end.
  public nonisolated func obstacles(of ids: [JobID], answer: @escaping @Sendable ([JobID: String]) -> Void) {
    post { runner in
      var found: [JobID: String] = [:]
      for id in ids {
        guard let run = runner.live(id), run.isKilled || run.endedProcesses > 0 else { continue }
        found[id] = ProcessTable.obstacle(to: runner.group(of: run)?.processes ?? [])
      }
      answer(found)
    }
  }

  /// Asks again whether this daemon may start units, because the rules may have changed.
  ///
  /// Answers on the queue with the new runner for `Runner=auto`, or with nil if it stays the same.
  public nonisolated func examine(answer: @escaping @Sendable (RunnerName?) -> Void) {
    post { $0.examineRights(answer: answer) }
  }

  /// Stops reporting and closes the connection.
  ///
  /// Units continue.
  public nonisolated func close() {
    call { runner in
      runner.isClosed = true
      runner.alarm?.arm(at: nil)
      for run in runner.runs.values {
        run.output?.close()
        runner.forgetRest(of: run)
      }
      runner.runs.removeAll()
      runner.agenda.clear()
    }
    bus.close()
  }

  // MARK: Parts

  /// The run of an attempt; nil if the attempt or the daemon has ended.
  func live(_ id: JobID) -> UnitRun? {
    guard let run = runs[id], !run.isOver else { return nil }
    return run
  }

  /// The runner's descriptors, opened when they are first needed.
  func descriptors() throws(SystemError) -> (watches: ProcessWatches, view: PipeView) {
    let view: PipeView
    if let openView { view = openView } else { view = try PipeView() }
    openView = view
    if let openWatches { return (openWatches, view) }
    guard let workQueue = queue as? DispatchWorkQueue else { fatalError("descriptors are watched on Dispatch queues") }
    let watches = try ProcessWatches(on: workQueue) { [weak self] in self?.assumeIsolated { $0.ready() } }
    openWatches = watches
    return (watches, view)
  }

  private func ready() {
    openWatches?.drain { target, _ in
      switch target {
      case .output(let id, let stream): if let run = live(id) { pump(run, stream) }
      case .rest(let id): if let run = live(id) { restChanged(run) }
      case .main, .left: break
      }
    }
  }

  private func heard(_ news: UnitBus.News) {
    guard !isClosed else { return }
    switch news {
    case .connected: connected()
    case .lost(let reason): lost(reason)
    case .changed(let unit, let apply):
      guard let run = UnitOrder.job(of: unit).flatMap(live) else { return }
      apply(&run.state)
      advance(run)
    case .looked(let unit):
      // Before it is started, systemd only removes it because somebody asked about its name.
      guard let run = UnitOrder.job(of: unit).flatMap(live), !run.isAsked else { return }
      run.isStartOver = true
      look(run)
    }
  }

  /// Looks at every unit again after a connect: signals may have been missed, and calls may have failed.
  private func connected() {
    isConnected = true
    for run in runs.values where !run.isOver {
      if run.isUnverified {
        run.isUnverified = false
        run.events(.answered)
      }
      if let signal = run.signal, run.isCreated { send(signal, to: run) }
      look(run)
    }
    for id in owed { removeUnit(of: id) }
    sweep()
    examineRights()
  }

  private func lost(_ reason: String) {
    guard isConnected || !runs.isEmpty else { return _ = learn(.unreached(reason)) }
    isConnected = false
    // A restart of dbus-daemon or systemd is not worth a report.
    later(Self.silenceToReport) { runner in
      guard !runner.isConnected else { return }
      _ = runner.learn(.unreached(reason))
      for run in runner.runs.values where !run.isOver && !run.isUnverified && (run.isCreated || run.inquiry != nil) {
        run.isUnverified = true
        run.events(.silent(reason))
      }
    }
  }

  private static let silenceToReport: Duration = .seconds(3)

  private func signal(_ id: JobID, _ signal: Signal) {
    guard let run = live(id) else { return }
    run.isStopping = true
    run.signal = signal
    send(signal, to: run)
  }

  /// Sends a signal.
  ///
  /// A lost one is sent again when systemd is back. A unit that has ended ignores it.
  func send(_ signal: Signal, to run: UnitRun) {
    let (id, unit) = (run.id, run.unit)
    bus.kill(unit, with: signal) { result in
      guard case .failure(let failure) = result, failure.keepsFrom(unit) else { return }
      self.assumeIsolated { runner in
        guard runner.live(id) != nil else { return }
        runner.journal.report(
          JournalEntry(
            .unitNotStopped,
            "\(unit) continues, because this daemon may no longer stop units (\(failure)). Restore the polkit rule, "
              + "or run sudo systemctl stop \(unit)",
            fields: [.job: "\(id)"]))
      }
    }
  }

  private func remove(_ id: JobID) {
    looking.remove(id)
    guard let run = runs.removeValue(forKey: id) else {
      return UnitPipes(directory: settings.pipes, id: id).remove()
    }
    run.isOver = true
    run.output?.close()
    forgetRest(of: run)
    secrets.remove(id)
    owed.insert(id)
    removeUnit(of: id)
  }

  /// Stops the rest of a unit and has systemd forget it.
  ///
  /// The pipes are removed with it.
  func removeUnit(of id: JobID) {
    let unit = UnitOrder.name(of: id)
    let pipes = UnitPipes(directory: settings.pipes, id: id)
    bus.stop(unit) { [bus] stopped in
      bus.resetFailed(unit) { reset in
        self.assumeIsolated { runner in
          for case .failure(let failure) in [stopped, reset] {
            // Repeated when systemd is back, or allows it again.
            if case .refused = failure, !failure.keepsFrom(unit) { continue }
            return
          }
          runner.owed.remove(id)
          runner.settings.disk(true)
          pipes.remove()
          runner.settings.disk(false)
        }
      }
    }
  }

  // MARK: Later

  func later(_ span: Duration, _ body: @escaping (isolated UnitRunner) -> Void) {
    agenda.add(at: time.monotonic + span, body)
    alarm?.arm(at: agenda.first)
  }

  private func wake() {
    for body in agenda.take(until: time.monotonic) { body(self) }
    alarm?.arm(at: agenda.first)
  }
}
