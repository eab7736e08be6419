public import TactusLinux
public import TactusModel
public import TactusPorts

/// Runs commands as local processes, each in its own session or control group.
///
/// A job ends with its main process. Processes that are left in its group are killed before the end is reported, unless
/// `KillMode=process` lets them continue. A stop reaches every process of the job, and the end is reported when all of
/// them are gone.
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
  /// Looks at paths for jobs, and provides the threads that wait for their programs.
  let lookout: Lookout
  /// The account of jobs that start from now on.
  private(set) var user: CommandUser
  /// The controllers whose absence was last reported, for each workflow.
  var warnings = LimitWarnings()
  var runs: [JobID: ProcessRun] = [:]
  /// Our children that have not been reaped.
  var children: [Int: JobID] = [:]
  /// Attempts that have not started yet.
  var launches: [JobID: Launch] = [:]
  /// Abandoned launches whose children the kernel has not released yet.
  var abandoned: [JobID: Launch] = [:]
  /// Whether a child ended while its owner was unknown.
  private(set) var isReapingDue = false
  /// When the alarm for launches is due; nil if it is not armed.
  var launchAlarmAt: MonotonicInstant?
  private(set) var launchAlarm: (any MonotonicAlarm)?
  var inquiries: [Inquiry] = []
  /// How many times all processes were looked at.
  var surveys = 0
  /// Attempts that need a look at all processes.
  var sought: Set<JobID> = []
  let leftGroups = LeftGroups()
  private var read: [ProcessRun] = []
  private var openWatches: ProcessWatches?
  private var orphanSource: SignalSource?

  /// Creates a runner without attempts.
  ///
  /// - Parameters:
  ///   - baseEnvironment: the variables that every job gets from the daemon's environment, as `NAME=value`.
  ///   - defaultDirectory: the directory of commands that name none, if they run as the user of the daemon.
  ///   - cgroupRoot: a delegated directory of cgroup v2. Every job gets its own group below it.
  ///   - credentials: the directory below which every job gets a directory for its secrets.
  ///   - granted: the directory of the daemon's own credentials.
  ///   - inputs: reads the files that definitions name.
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

  /// Sets the account of jobs that start from now on.
  public nonisolated func run(as user: CommandUser) {
    post { $0.user = user }
  }

  /// Starts an attempt of a command.
  public nonisolated func start(_ order: RunOrder, events: @escaping @Sendable (RunnerEvent) -> Void) {
    post { $0.begin(order, events: events) }
  }

  /// Abandons a start that takes longer than the grace of a stop.
  public nonisolated func cancelStart(_ id: JobID) { post { $0.hurry(id) } }

  /// Sends SIGTERM to the whole tree.
  public nonisolated func terminate(_ id: JobID) {
    post { $0.stop(id) { $0.terminate() } }
  }

  /// Sends SIGKILL to the whole tree.
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

  /// Looks up a claim of an earlier daemon.
  ///
  /// Claims requested together are answered by one look at /proc.
  public nonisolated func recover(
    _ remnant: Remnant, events: @escaping @Sendable (RunnerEvent) -> Void, answer: @escaping @Sendable (Found) -> Void
  ) {
    post { $0.inquire(Inquiry(remnant: remnant, events: events, answer: answer)) }
  }

  /// Removes the secrets and control groups of jobs that have ended.
  ///
  /// A group with processes is removed when it is empty.
  public nonisolated func recovered() {
    // Posted twice: the answers to earlier questions are also posted, and they make orphans known.
    post { runner in runner.post { $0.sweep() } }
  }

  private func sweep() {
    credentials.sweep { knows($0) }
    // Without a spare descriptor the next daemon does it.
    guard let root, let watches = try? watches() else { return }
    for name in root.names {
      guard let id = LeftGroups.job(of: name), !knows(id) else { continue }
      leftGroups.add(ControlGroup(at: "\(root.path)/\(name)"), of: id, watches: watches)
    }
  }

  /// Returns the attempts that do not run here.
  public nonisolated func unknown(among ids: [JobID], answer: @escaping @Sendable ([JobID]) -> Void) {
    post { runner in answer(ids.filter { !runner.knows($0) }) }
  }

  /// Returns, as a clause, the reason why attempts do not end.
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

  /// Makes this process the parent of orphans that its jobs leave, and reaps them from now on.
  ///
  /// Called once, by a daemon that has no other children, with SIGCHLD blocked (``Signals/block(_:)``). Any queue above
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
        // Its owner reaps it, or reports that it runs. Then it is looked at again.
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

  /// The runner's descriptors, opened when they are first needed.
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
