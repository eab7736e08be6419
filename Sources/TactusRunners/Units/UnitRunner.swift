public import TactusLinux
public import TactusModel
public import TactusPorts
public import TactusSystemd

/// Runs commands as transient units of systemd: as other users, with limits and a sandbox, and beyond the daemon's own life.
///
/// A unit has the job's name and belongs to one attempt. systemd keeps it after its process, with its exit status and the
/// pipes of its output, until the end is durable here; the next daemon takes it over by its name.
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
  /// Attempts of which it is looked what their definitions name.
  var looking: Set<JobID> = []
  let lookout: Lookout
  /// Units whose end is durable, and that systemd has not yet been asked to remove.
  var owed: Set<JobID> = []
  var isConnected = false
  /// Whether units are there of which nobody has been asked yet; never before all claims of earlier daemons were.
  var isToBeSwept = false
  private var alarm: (any MonotonicAlarm)?
  private var agenda = Agenda<UnitRunner>()
  private var openWatches: ProcessWatches?
  private var openView: PipeView?
  private(set) var isClosed = false
  var warnings = LimitWarnings()

  /// Where secrets lie until systemd has read them.
  var secrets: CredentialDirectories { CredentialDirectories(root: settings.secrets, granted: settings.credentials) }

  /// Makes a runner on a bus, of which it is the only user; `inputs` reads the files that definitions name.
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

  /// The bus's.
  public nonisolated var queue: any WorkQueue { bus.queue }

  /// Connects to systemd, and waits until it is known what may be asked of it, but not longer than a span; before anything
  /// else is asked, by a thread that owns no queue.
  public nonisolated func open(within span: Duration = .seconds(3)) {
    bus.open { [weak self] news in self?.assumeIsolated { $0.heard(news) } }
    availability.waitUntilKnown(within: span)
  }

  /// True: the next daemon takes units over.
  public nonisolated func outlivesDaemon(_ id: JobID) -> Bool { true }

  /// Starts an attempt of a command.
  public nonisolated func start(_ order: RunOrder, events: @escaping @Sendable (RunnerEvent) -> Void) {
    post { $0.begin(order, events) }
  }

  /// Sends TERM to all of the unit.
  public nonisolated func terminate(_ id: JobID) { post { $0.signal(id, .terminate) } }

  /// Sends KILL to all of the unit.
  public nonisolated func kill(_ id: JobID) { post { $0.signal(id, .kill) } }

  /// Asks systemd whether its main process has ended.
  public nonisolated func examine(_ id: JobID, answer: @escaping @Sendable () -> Void) {
    post { $0.examine(id, answer) }
  }

  /// Removes the unit.
  public nonisolated func settle(_ id: JobID) { post { $0.remove(id) } }

  /// Asks systemd for the unit, by its name, until it answers.
  public nonisolated func recover(
    _ remnant: Remnant, events: @escaping @Sendable (RunnerEvent) -> Void, answer: @escaping @Sendable (Found) -> Void
  ) {
    post { $0.inquire(remnant, events, answer) }
  }

  /// Removes the units of this store that no job owns.
  public nonisolated func recovered() {
    post { runner in
      runner.isToBeSwept = true
      runner.secrets.sweep { runner.runs[$0] != nil || runner.looking.contains($0) }
      runner.sweep()
    }
  }

  /// Answers which of the attempts are not known here.
  public nonisolated func unknown(among ids: [JobID], answer: @escaping @Sendable ([JobID]) -> Void) {
    post { runner in
      answer(ids.filter { runner.runs[$0] == nil && !runner.looking.contains($0) })
      // A signal may have been missed: it costs little to ask about each.
      for id in ids { if let run = runner.live(id) { runner.look(run) } }
    }
  }

  /// Answers, in a clause, what keeps attempts from ending.
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

  /// Asks again whether this daemon may start units, because the rules may have changed; answers, on the queue, who has
  /// commands of `Runner=auto` from now on, if that is another than before.
  public nonisolated func examine(answer: @escaping @Sendable (RunnerName?) -> Void) {
    post { $0.examineRights(answer: answer) }
  }

  /// Tells nothing any more, and closes the connection; units go on.
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

  /// The run of an attempt, unless it has ended or the daemon has.
  func live(_ id: JobID) -> UnitRun? {
    guard let run = runs[id], !run.isOver else { return nil }
    return run
  }

  /// The runner's descriptors, opened when they are needed first.
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
      // Before it is started it is only removed because somebody has asked about its name.
      guard let run = UnitOrder.job(of: unit).flatMap(live), !run.isAsked else { return }
      run.isStartOver = true
      look(run)
    }
  }

  /// Signals may have been missed, and calls may have failed: everything is looked at anew.
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
    // A dbus-daemon, or systemd, that is just started again is not worth a word.
    later(Self.silenceToTell) { runner in
      guard !runner.isConnected else { return }
      _ = runner.learn(.unreached(reason))
      for run in runner.runs.values where !run.isOver && !run.isUnverified && (run.isCreated || run.inquiry != nil) {
        run.isUnverified = true
        run.events(.silent(reason))
      }
    }
  }

  private static let silenceToTell: Duration = .seconds(3)

  private func signal(_ id: JobID, _ signal: Signal) {
    guard let run = live(id) else { return }
    run.isStopping = true
    run.signal = signal
    send(signal, to: run)
  }

  /// What does not arrive is sent again when systemd is back; to a unit that has ended it means nothing.
  func send(_ signal: Signal, to run: UnitRun) {
    let (id, unit) = (run.id, run.unit)
    bus.kill(unit, with: signal) { result in
      guard case .failure(let failure) = result, failure.keepsFrom(unit) else { return }
      self.assumeIsolated { runner in
        guard runner.live(id) != nil else { return }
        runner.journal.tell(
          JournalEntry(
            .unitNotStopped,
            "\(unit) goes on, because this daemon may no longer stop units (\(failure)): allow it again, or sudo systemctl stop \(unit)",
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

  /// Stops what is left of a unit, and has it forgotten; the pipes go with it.
  func removeUnit(of id: JobID) {
    let unit = UnitOrder.name(of: id)
    let pipes = UnitPipes(directory: settings.pipes, id: id)
    bus.stop(unit) { [bus] stopped in
      bus.resetFailed(unit) { reset in
        self.assumeIsolated { runner in
          for case .failure(let failure) in [stopped, reset] {
            // Done when systemd is back, or lets us again.
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
