import TactusHTTP
import TactusLinux
import TactusModel
import TactusPorts

/// From an order to the started container.
extension ContainerRunner {
  func begin(_ order: RunOrder, _ events: @escaping @Sendable (RunnerEvent) -> Void) {
    guard case .container(let container) = order.work else {
      fatalError("the container runner was given a \(order.work.kind) to run")
    }
    guard runs[order.id] == nil, looking[order.id] == nil else {
      fatalError("the container \(order.id) was started twice")
    }
    guard let provider = choose(for: container, events) else { return }
    let inputs = self.inputs(of: container, order.workflow, on: provider)
    guard !inputs.isEmpty else { return begin(order, container, inputs, on: provider, events) }
    looking[order.id] = false
    inputs.look(by: lookout) { inputs in
      self.post { runner in
        guard let isCanceled = runner.looking.removeValue(forKey: order.id), !runner.isClosed else { return }
        if isCanceled { return events(Hindrance.definition("given up before it was created").event) }
        if let silence = inputs.silence { return events(.ended(.failed(.dispatchExhausted, silence), Report())) }
        // Chosen again, because the look may have taken a while.
        guard let provider = runner.choose(for: container, events) else { return }
        runner.begin(order, container, inputs, on: provider, events)
      }
    }
  }

  /// Chooses a provider, or reports why no provider is available.
  private func choose(for container: Container, _ events: @Sendable (RunnerEvent) -> Void) -> EngineProvider? {
    switch choose(for: container.requires) {
    case .provider(let chosen): return chosen
    case .impossible(let sentence): events(Hindrance.definition(sentence).event)
    case .down, .crowded: events(.unavailable)
    }
    return nil
  }

  /// The files of a container, and the volumes of this host that it needs.
  private func inputs(
    of container: Container, _ workflow: WorkflowName?, on provider: EngineProvider
  ) -> JobInputs {
    var inputs = JobInputs(container.environmentFiles, of: workflow, by: self.inputs)
    for volume in Self.volumes(of: container, on: provider) { inputs.add("Volume=", volume.source) }
    return inputs
  }

  private static func volumes(of container: Container, on provider: EngineProvider) -> [Container.Volume] {
    guard case .unix = provider.client.endpoint else { return [] }
    return container.volumes.filter { $0.source.hasPrefix("/") }
  }

  private func begin(
    _ order: RunOrder, _ container: Container, _ inputs: JobInputs, on provider: EngineProvider,
    _ events: @escaping @Sendable (RunnerEvent) -> Void
  ) {
    // podman would create it as an empty directory owned by root.
    for volume in Self.volumes(of: container, on: provider) where inputs.hasNot(volume.source) {
      return events(Hindrance.definition("Volume=\(volume.text): \(volume.source) does not exist").event)
    }
    let environment: [String]
    do {
      environment =
        try EnvironmentLines.read(container.environmentFiles, from: inputs) + container.environment + order.environment
    } catch {
      return events(Hindrance.definition(error.description).event)
    }
    let run = ContainerRun(
      order.id, order: order, provider: provider,
      output: ContainerOutput(limit: order.logLimit, stored: [:], now: time.now), events: events)
    run.environment = environment
    provider.running += 1
    runs[order.id] = run
    if provider.isProven { prepareImage(run, container) } else { prove(run, container) }
  }

  /// Pings an engine before it gets its first job.
  ///
  /// Something other than an engine, or an engine that ignores the daemon, may never answer. The attempt would then
  /// have to stay with it.
  private func prove(_ run: ContainerRun, _ container: Container) {
    ping(run.provider) { [id = run.id] runner, failure in
      guard let run = runner.live(id) else { return }
      if let failure { runner.moveOn(run, failure) } else { runner.prepareImage(run, container) }
    }
  }

  /// The reason why an attempt cannot even begin.
  struct Hindrance: Error {
    let event: RunnerEvent

    static func definition(_ sentence: String) -> Hindrance {
      Hindrance(event: .ended(.failed(.validationError, sentence), Report()))
    }
  }

  private func prepareImage(_ run: ContainerRun, _ container: Container) {
    switch container.pull {
    // The answer to the create request shows whether it is missing.
    case .never, .missing: create(run)
    case .always: pull(for: run, container)
    }
  }

  /// Handles a refusal of the engine before anything was created.
  func reject(_ run: ContainerRun, _ refusal: EngineRefusal) {
    guard refusal.isAboutTheJob else { return refuse(run, refusal.sentence) }
    end(run, .failed(.validationError, refusal.sentence))
  }

  func giveUp(_ id: JobID) {
    if looking[id] != nil { looking[id] = true }
    guard let run = live(id), !run.isStarted else { return }
    run.isCanceled = true
    stopWaitingForImage(run)
  }

  func create(_ run: ContainerRun) {
    guard let order = run.order, let container = run.container else { return }
    guard !run.isCanceled else { return end(run, .failed(.validationError, "given up before it was created")) }
    var labels = [
      EngineMessages.Label.job: "\(run.id)", EngineMessages.Label.store: storeID,
      EngineMessages.Label.timeout: "\(container.timeout.microseconds)",
      EngineMessages.Label.logLimit: "\(order.logLimit)",
    ]
    labels[EngineMessages.Label.workflow] = order.workflow?.text
    let message = EngineMessages.Create(
      RunOrderOfContainer(container: container, environment: run.environment, labels: labels))
    run.provider.client.send(
      .post, "/containers/create", query: [("name", run.name)], body: EngineMessages.write(message)
    ) { [id = run.id, concealment = run.concealment] answer in
      self.assumeIsolated { $0.created(id, answer.concealing(concealment)) }
    }
  }

  private func created(_ id: JobID, _ answer: EngineClient.Answer) {
    guard let run = live(id) else { return }
    switch answer {
    case .success(let response):
      run.containerID = EngineMessages.read(EngineMessages.Created.self, from: response.body)?.id
      guard run.containerID != nil else {
        return examine(run, after: "the engine's answer to the create request has no id")
      }
      startContainer(run)
    case .refused(let refusal) where refusal.isNameInUse: examine(run, after: refusal.sentence)
    case .refused(let refusal) where refusal.isNotFound && run.container?.pull == .missing && !run.isPulled:
      if let container = run.container { pull(for: run, container) }
    case .refused(let refusal): reject(run, refusal)
    case .unreached(let sentence): moveOn(run, sentence)
    // The container may exist or not, so it is looked up by its name.
    case .unanswered(let sentence): examine(run, after: sentence)
    }
  }

  /// Waits for the end first, because a container may end before the start request is answered.
  func startContainer(_ run: ContainerRun) {
    guard !run.isCanceled else {
      removeContainer(run.name, of: run.provider)
      return end(run, .failed(.validationError, "given up before it was started"))
    }
    waitForEnd(run) { [id = run.id] runner in runner.sendStart(id) }
  }

  func sendStart(_ id: JobID) {
    guard let run = live(id), !run.isStarted else { return }
    run.startedAt = time.now
    run.startedMonotonic = time.monotonic
    run.isStarted = true
    run.provider.client.send(.post, "/containers/\(run.name)/start") {
      [id = run.id, concealment = run.concealment] answer in
      self.assumeIsolated { $0.started(id, answer.concealing(concealment)) }
    }
  }

  private func started(_ id: JobID, _ answer: EngineClient.Answer) {
    guard let run = live(id) else { return }
    switch answer {
    case .success:
      reportStart(run)
      // It may have ended already. podman would report that 250 ms later.
      examine(run, after: "the container was started")
    case .refused(let refusal):
      // Nothing runs. The container is removed first, so that the next attempt may use its name.
      if let wait = run.wait { http.abort(wait) }
      run.wait = nil
      removeContainer(run.name, of: run.provider) {
        self.assumeIsolated { runner in
          guard let run = runner.live(id) else { return }
          runner.reject(run, refusal)
        }
      }
    // It may run or not. It is started again only if it never was.
    case .unreached(let sentence), .unanswered(let sentence):
      run.isStarted = false
      examine(run, after: sentence)
    }
  }

  func reportStart(_ run: ContainerRun) {
    well(run.provider)
    run.isStarted = true
    if !run.isReported {
      run.isReported = true
      run.events(.started(facts(of: run)))
    }
  }

  func facts(of run: ContainerRun) -> StartFacts {
    var facts = StartFacts(at: run.startedAt ?? time.now)
    facts.monotonic = run.startedMonotonic
    facts.provider = run.provider.provider.name
    facts.containerID = run.containerID
    facts.timeout = run.timeout
    return facts
  }
}
