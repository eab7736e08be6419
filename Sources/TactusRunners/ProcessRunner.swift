public import TactusLinux
public import TactusModel
public import TactusPorts

/// Runs commands: local processes, each in a session or a control group of its own.
///
/// A job is over when its main process is: what that leaves in its group is killed before the end is reported, unless
/// `KillMode=process` lets it stay. A stop reaches everything of the job, and its end is reported when all of that is gone.
public actor ProcessRunner: Runner, QueueConfined {
  /// The queue that owns the runner, a leaf.
  public nonisolated let queue: any WorkQueue

  let workQueue: DispatchWorkQueue
  let time: any TimeSource
  let sink: any OutputSink
  let environment: ProcessEnvironment
  let defaultDirectory: String
  let root: ControlGroup?
  let credentials: CredentialDirectories
  let inputs: InputReader
  let journal: any Journal
  /// Looks at what jobs name, and lends the threads that wait for their programs.
  let lookout: Lookout
  /// Whom jobs run as that start from now on.
  private(set) var user: CommandUser
  /// The controllers whose absence was told last, of each workflow.
  var warnings = LimitWarnings()
  var runs: [JobID: ProcessRun] = [:]
  /// Our children that are not yet reaped.
  var children: [Int: JobID] = [:]
  /// Attempts on their way to their start.
  var launches: [JobID: Launch] = [:]
  /// Those that were given up, until the kernel lets their children go.
  var abandoned: [JobID: Launch] = [:]
  /// Whether children have ended of which it was not known whose they are.
  private(set) var isReapingDue = false
  /// When the alarm of the launches rings; nil if it is not armed.
  var launchAlarmAt: MonotonicInstant?
  private(set) var launchAlarm: (any MonotonicAlarm)?
  var inquiries: [Inquiry] = []
  /// How many looks at all processes were taken.
  var surveys = 0
  /// Attempts that want a look at all processes.
  var sought: Set<JobID> = []
  let leftGroups = LeftGroups()
  private var read: [ProcessRun] = []
  private var openWatches: ProcessWatches?
  private var orphanSource: SignalSource?

  /// Makes a runner that runs nothing yet.
  ///
  /// `baseEnvironment` is what every job gets of the daemon's own, as `NAME=value`; `defaultDirectory` is where commands
  /// run that name none, if they run as the daemon's user; below `cgroupRoot`, a delegated directory of cgroup v2, every job
  /// gets a group of its own; below `credentials` a directory for its secrets; `granted` is the directory of those that the
  /// daemon was given itself; `inputs` reads the files that definitions name.
  public init(
    queue: DispatchWorkQueue, time: any TimeSource, alarms: any AlarmSource, lookout: Lookout,
    output: any OutputSink, baseEnvironment: [String], defaultDirectory: String, cgroupRoot: String?, user: CommandUser,
    credentials: String, granted: String?, inputs: InputReader = InputReader(), journal: any Journal
  ) {
    self.queue = queue
    workQueue = queue
    self.time = time
    sink = output
    environment = ProcessEnvironment(base: baseEnvironment)
    self.defaultDirectory = defaultDirectory
    root = cgroupRoot.map(ControlGroup.init)
    self.user = user
    self.credentials = CredentialDirectories(root: credentials, granted: granted)
    self.inputs = inputs
    self.journal = journal
    self.lookout = lookout
    post { runner in
      runner.launchAlarm = alarms.monotonicAlarm(on: runner.queue) { [weak runner] in
        runner?.assumeIsolated { $0.endLateLaunches() }
      }
    }
  }

  /// Whether every job gets a control group.
  public nonisolated var hasGroups: Bool { root != nil }

  /// Whom jobs run as that start from now on.
  public nonisolated func run(as user: CommandUser) {
    post { $0.user = user }
  }

  /// Starts an attempt of a command.
  public nonisolated func start(_ order: RunOrder, events: @escaping @Sendable (RunnerEvent) -> Void) {
    post { $0.begin(order, events: events) }
  }

  /// Gives up a start that takes longer than the grace of a stop.
  public nonisolated func cancelStart(_ id: JobID) { post { $0.hurry(id) } }

  /// Sends TERM to the whole tree.
  public nonisolated func terminate(_ id: JobID) {
    post { $0.stop(id) { $0.terminate() } }
  }

  /// Sends KILL to the whole tree.
  public nonisolated func kill(_ id: JobID) {
    post { $0.stop(id) { $0.kill() } }
  }

  /// Asks the kernel whether the main process has ended.
  public nonisolated func examine(_ id: JobID, answer: @escaping @Sendable () -> Void) {
    post { runner in
      if let run = runner.runs[id] { runner.examine(run) }
      answer()
    }
  }

  /// Looks a claim of an earlier daemon up; those asked for in one breath are answered by one look at /proc.
  public nonisolated func recover(
    _ remnant: Remnant, events: @escaping @Sendable (RunnerEvent) -> Void, answer: @escaping @Sendable (Found) -> Void
  ) {
    post { $0.inquire(Inquiry(remnant: remnant, events: events, answer: answer)) }
  }

  /// Removes the secrets and the control groups of jobs that are over; a group with processes when it is empty.
  public nonisolated func recovered() {
    // Twice, because the answers to the questions before this one are posted as well, and make orphans known.
    post { runner in runner.post { $0.sweep() } }
  }

  private func sweep() {
    credentials.sweep { knows($0) }
    // Without descriptors to spare the next daemon does it.
    guard let root, let watches = try? watches() else { return }
    for name in root.names {
      guard let id = LeftGroups.job(of: name), !knows(id) else { continue }
      leftGroups.add(ControlGroup(at: "\(root.path)/\(name)"), of: id, watches: watches)
    }
  }

  /// Answers which of the attempts are not running here.
  public nonisolated func unknown(among ids: [JobID], answer: @escaping @Sendable ([JobID]) -> Void) {
    post { runner in answer(ids.filter { !runner.knows($0) }) }
  }

  /// Answers, in a clause, what keeps attempts from ending.
  public nonisolated func obstacles(of ids: [JobID], answer: @escaping @Sendable ([JobID: String]) -> Void) {
    post { runner in
      var found: [JobID: String] = [:]
      for id in ids {
        guard let run = runner.runs[id], !run.isOver else { continue }
        found[id] = run.tree.obstacle
      }
      answer(found)
    }
  }

  /// Makes this process the parent of what its jobs leave behind, and reaps that from now on.
  ///
  /// Once, by a daemon whose children are all this runner's, with SIGCHLD blocked (``Signals/block(_:)``). Any queue above
  /// the runner's, or none.
  public nonisolated func becomeSubreaper() throws {
    try call { runner in Result { try runner.adoptOrphans() } }.get()
  }

  private func adoptOrphans() throws {
    try Children.adoptOrphans()
    orphanSource = try SignalSource(on: workQueue, signals: [.child]) { [weak self] _ in
      self?.assumeIsolated { $0.reapStrangers() }
    }
    reapStrangers()
  }

  func reapStrangers() {
    isReapingDue = false
    Children.reapStrangers { process in
      guard let run = children[process].flatMap({ runs[$0] }) else {
        // Whoever waits for it reaps it, or says that it runs: then it is looked at again.
        if isOnItsWay(process) { isReapingDue = true }
        return isReapingDue
      }
      mainEnded(run)
      return true
    }
  }

  private func knows(_ id: JobID) -> Bool { runs[id] != nil || launches[id] != nil }

  private func stop(_ id: JobID, _ body: (any ProcessTree) -> Void) {
    hurry(id)
    guard let run = runs[id], !run.isOver else { return }
    run.isStopping = true
    body(run.tree)
    settle(run)
  }

  /// The runner's descriptors, opened when they are needed first.
  func watches() throws(SystemError) -> ProcessWatches {
    if let openWatches { return openWatches }
    let opened = try ProcessWatches(on: workQueue) { [weak self] in self?.assumeIsolated { $0.wake() } }
    openWatches = opened
    return opened
  }

  private func wake() {
    openWatches?.drain { target, token in
      switch target {
      case .main(let id):
        if let run = runs[id] { mainEnded(run) }
      case .output(let id, let stream):
        guard let run = runs[id] else { return }
        run.output.read(stream, at: time.now)
        guard !run.hasNews else { return }
        run.hasNews = true
        read.append(run)
      case .rest(let id):
        guard let run = runs[id] else { return }
        run.tree.heard(token)
        settle(run)
      case .left(let id):
        if let openWatches { leftGroups.changed(id, watches: openWatches) }
      }
    }
    // Once for each attempt, however often it was read.
    for run in read {
      run.hasNews = false
      deliver(run)
    }
    read.removeAll(keepingCapacity: true)
  }
}
