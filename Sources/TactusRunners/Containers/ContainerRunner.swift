public import TactusHTTP
public import TactusLinux
public import TactusModel
public import TactusPorts

/// Runs containers on engines that speak the Docker Engine API, such as podman and dockerd.
///
/// A container has the job's name and belongs to one attempt. It outlives the daemon, and the next daemon adopts it. It
/// is removed when its end is durable.
public actor ContainerRunner: Runner, QueueConfined {
  let http: HTTPEngine
  let time: any TimeSource
  let sink: any OutputSink
  let stored: any OutputReader
  let storeID: String
  let journal: any Journal
  let providers: [EngineProvider]
  let inputs: InputReader
  var runs: [JobID: ContainerRun] = [:]
  /// Attempts whose paths are being looked at, and whether each is to be abandoned.
  var looking: [JobID: Bool] = [:]
  let lookout: Lookout
  var pulls: [ImagePull.Key: ImagePull] = [:]
  /// Attempts that wait for a provider, by the capabilities that they require.
  var lines: [Set<String>: ProviderLine] = [:]
  /// Whether the runner is closed and ignores further answers.
  private(set) var isClosed = false
  private var alarm: (any MonotonicAlarm)?
  private var agenda = Agenda<ContainerRunner>()
  /// Callers that wait for the health of the providers.
  private var askers: [@Sendable ([ProviderReport]) -> Void] = []

  /// Creates a runner for engines, on its own HTTP engine.
  ///
  /// - Parameters:
  ///   - storeID: a label of all its containers, so that daemons that share an engine leave each other's containers
  ///     alone.
  ///   - inputs: reads the files that definitions name.
  ///   - patience: how long an engine may take for an answer that waits for nothing else.
  public init(
    http: HTTPEngine, providers: [Provider], storeID: String, output: any OutputSink, stored: any OutputReader,
    time: any TimeSource, alarms: any AlarmSource, lookout: Lookout, journal: any Journal,
    inputs: InputReader = InputReader(),
    patience: Duration = .seconds(60)
  ) {
    self.http = http
    self.inputs = inputs
    self.time = time
    sink = output
    self.stored = stored
    self.storeID = storeID
    self.journal = journal
    self.lookout = lookout
    self.providers = providers.enumerated().map { index, provider in
      EngineProvider(
        provider, client: EngineClient(http: http, endpoint: provider.endpoint, patience: patience), index: index)
    }
    post { runner in
      runner.alarm = alarms.monotonicAlarm(on: runner.queue) { [weak runner] in runner?.assumeIsolated { $0.wake() } }
    }
  }

  /// The queue of the HTTP engine.
  public nonisolated var queue: any WorkQueue { http.queue }

  /// True: the next daemon adopts containers.
  public nonisolated func outlivesDaemon(_ id: JobID) -> Bool { true }

  /// Starts an attempt of a container.
  public nonisolated func start(_ order: RunOrder, events: @escaping @Sendable (RunnerEvent) -> Void) {
    post { $0.begin(order, events) }
  }

  /// Checks for the image of a workflow, and pulls it if necessary.
  public nonisolated func prepare(
    _ work: Work, for workflow: WorkflowName, steps: @escaping @Sendable (BuildStep) -> Void
  ) {
    guard case .container(let container) = work else {
      fatalError("the container runner was given a \(work.kind) to prepare")
    }
    post { $0.prepare(ImagePreparation(container, for: workflow, report: steps)) }
  }

  /// Queues an attempt until one of the providers is available.
  public nonisolated func awaitProvider(_ order: RunOrder, events: @escaping @Sendable (RunnerEvent) -> Void) {
    post { $0.enterLine(order, events) }
  }

  /// Stops waiting for an image.
  public nonisolated func cancelStart(_ id: JobID) { post { $0.giveUp(id) } }

  /// Sends SIGTERM to the container's first process.
  public nonisolated func terminate(_ id: JobID) { post { $0.signal(id, "SIGTERM") } }

  /// Sends SIGKILL to the whole container.
  public nonisolated func kill(_ id: JobID) { post { $0.signal(id, "SIGKILL") } }

  /// Asks the engine whether the container has ended.
  public nonisolated func examine(_ id: JobID, answer: @escaping @Sendable () -> Void) {
    post { $0.examineOverdue(id, answer) }
  }

  /// Removes the container.
  public nonisolated func settle(_ id: JobID) { post { $0.remove(id) } }

  /// Asks the engines for the container by its name, until they answer.
  public nonisolated func recover(
    _ remnant: Remnant, events: @escaping @Sendable (RunnerEvent) -> Void, answer: @escaping @Sendable (Found) -> Void
  ) {
    post { $0.inquire(remnant, events, answer) }
  }

  /// Removes this store's containers that no job owns.
  public nonisolated func recovered() { post { $0.sweep() } }

  /// Returns the attempts that are unknown here.
  public nonisolated func unknown(among ids: [JobID], answer: @escaping @Sendable ([JobID]) -> Void) {
    post { runner in
      answer(ids.filter { runner.runs[$0] == nil && runner.looking[$0] == nil })
      // A silent engine is noticed only when it is asked something.
      for id in ids { if let run = runner.live(id) { runner.check(run) } }
    }
  }

  /// Checks the health of the providers.
  ///
  /// Answers on the runner's queue, in the order of their names.
  ///
  /// Callers that ask while others wait get the same answer, so that many clients cause one request to each engine.
  public nonisolated func report(answer: @escaping @Sendable ([ProviderReport]) -> Void) {
    post { runner in
      runner.askers.append(answer)
      if runner.askers.count == 1 { runner.ask(0) }
    }
  }

  private func ask(_ index: Int) {
    guard index == providers.count else { return ping(providers[index]) { runner, _ in runner.ask(index + 1) } }
    let reports = providers.map(\.report).sorted { $0.provider.name < $1.provider.name }
    let answers = askers
    askers.removeAll()
    for answer in answers { answer(reports) }
  }

  /// Stops reporting and closes the connections.
  ///
  /// Containers continue.
  public nonisolated func close() {
    call { runner in
      runner.alarm?.arm(at: nil)
      runner.isClosed = true
      runner.runs.removeAll()
      runner.looking.removeAll()
      runner.pulls.removeAll()
      runner.lines.removeAll()
      runner.agenda.clear()
    }
    http.close()
  }

  // MARK: Parts

  /// The run of an attempt; nil if the attempt or the daemon has ended.
  func live(_ id: JobID) -> ContainerRun? {
    guard let run = runs[id], !run.isOver else { return nil }
    return run
  }

  func end(_ run: ContainerRun, _ ending: Ending, report: Report = Report()) {
    guard !run.isOver else { return }
    close(run)
    if let inquiry = run.inquiry {
      run.inquiry = nil
      inquiry.answer(.gone)
    }
    run.events(.ended(ending, report))
  }

  /// Reports that the engine refused before anything was created.
  ///
  /// The attempt may be dispatched again.
  func refuse(_ run: ContainerRun, _ sentence: String) {
    run.provider.failed(sentence, isDown: false, at: time.monotonic)
    forget(run)
    run.events(.refused("provider \(run.provider.provider.name): \(sentence)"))
  }

  /// Moves an attempt to another provider, because its engine could not be reached and nothing was created.
  func moveOn(_ run: ContainerRun, _ sentence: String) {
    down(run.provider, sentence)
    guard !run.isCanceled, let order = run.order else {
      return end(run, .failed(.validationError, "given up before it was created"))
    }
    forget(run)
    begin(order, run.events)
  }

  func forget(_ run: ContainerRun) {
    close(run)
    runs[run.id] = nil
  }

  /// Closes a run.
  ///
  /// It reports nothing more, and its provider has room for another.
  private func close(_ run: ContainerRun) {
    run.isOver = true
    run.provider.running -= 1
    for transfer in [run.wait, run.log].compactMap(\.self) { http.abort(transfer) }
    offer()
  }

  private func signal(_ id: JobID, _ name: String) {
    guard let run = live(id) else { return }
    run.signal = name
    send(name, to: run)
  }

  /// Sends a signal.
  ///
  /// A lost one is sent again when the engine is back. A container that has ended ignores it.
  func send(_ name: String, to run: ContainerRun) {
    run.provider.client.send(.post, "/containers/\(run.name)/kill", query: [("signal", name)]) { _ in }
  }

  private func remove(_ id: JobID) {
    leaveLine(id)
    looking[id] = nil
    guard let run = runs.removeValue(forKey: id) else { return }
    let isGivenUp = !run.isOver
    if isGivenUp { close(run) }
    if run.containerID != nil || run.isStarted || isGivenUp { removeContainer(run.name, of: run.provider) }
  }

  /// Removes a container.
  ///
  /// If that fails, its labels identify it when the engine answers again.
  func removeContainer(_ name: String, of provider: EngineProvider, then: (@Sendable () -> Void)? = nil) {
    let index = provider.index
    provider.client.send(.delete, "/containers/\(name)", query: [("force", "1"), ("v", "1")]) { answer in
      self.assumeIsolated { runner in
        runner.removed(name, from: runner.providers[index], answer)
      }
      then?()
    }
  }

  // MARK: Later

  func later(_ span: Duration, _ body: @escaping (isolated ContainerRunner) -> Void) {
    agenda.add(at: time.monotonic + span, body)
    alarm?.arm(at: agenda.first)
  }

  private func wake() {
    for body in agenda.take(until: time.monotonic) { body(self) }
    alarm?.arm(at: agenda.first)
  }
}
