import Glibc
import TactusLinux
import TactusModel
import TactusPorts
import TactusSystemd

/// From an order to the running unit.
extension UnitRunner {
  func begin(_ order: RunOrder, _ events: @escaping @Sendable (RunnerEvent) -> Void) {
    guard case .command(let command) = order.work else {
      fatalError("the unit runner was given a \(order.work.kind.rawValue)")
    }
    guard runs[order.id] == nil, !looking.contains(order.id) else {
      fatalError("attempt \(order.id) was started twice")
    }
    if let refusal = refusal(of: command, for: order.workflow) {
      return events(.ended(.failed(.validationError, refusal), Report()))
    }
    let inputs = JobInputs(command, of: order.workflow, secrets, by: self.inputs)
    guard !inputs.isEmpty else { return ask(order, command, inputs, events) }
    looking.insert(order.id)
    inputs.look(by: lookout) { inputs in
      self.post { runner in
        guard runner.looking.remove(order.id) != nil, !runner.isClosed else { return }
        if let silence = inputs.silence { return events(.ended(.failed(.dispatchExhausted, silence), Report())) }
        runner.ask(order, command, inputs, events)
      }
    }
  }

  /// Asks systemd to start the unit.
  private func ask(
    _ order: RunOrder, _ command: Command, _ inputs: JobInputs, _ events: @escaping @Sendable (RunnerEvent) -> Void
  ) {
    let run = UnitRun(order.id, pipes: UnitPipes(directory: settings.pipes, id: order.id), events: events)
    run.killMode = command.killMode
    settings.disk(true)
    defer { settings.disk(false) }
    do {
      let properties = try prepare(run, order, command, inputs)
      runs[run.id] = run
      run.isAsked = true
      let id = run.id
      bus.start(run.unit, properties) { result in
        self.assumeIsolated { $0.answered(id, result) }
      }
    } catch let fault as DefinitionFault {
      release(run)
      events(.ended(.failed(.validationError, "\(fault)"), Report()))
    } catch {
      release(run)
      // The machine or the daemon is at fault, so the failure must not count against the workflow.
      events(.ended(.failed(.dispatchExhausted, "\(error)"), Report()))
    }
  }

  /// Creates the pipes and returns the properties for systemd.
  private func prepare(
    _ run: UnitRun, _ order: RunOrder, _ command: Command, _ inputs: JobInputs
  ) throws -> [UnitProperty] {
    var unit = UnitOrder(order: order, command: command, settings: settings)
    unit.fileVariables = try EnvironmentLines.read(command.environmentFiles, from: inputs)
    run.concealment = Concealment(
      variables: unit.fileVariables + command.environment, arguments: Array(command.arguments.dropFirst()))
    if !command.credentials.isEmpty {
      unit.secrets = try secrets.place(command.credentials, from: inputs, for: order.id, account: nil)
    }
    let (watches, view) = try descriptors()
    try run.pipes.make()
    try run.pipes.permitStart()
    run.output = try UnitOutput(
      of: run.pipes, stored: [:], limit: order.logLimit, watches: watches, view: view)
    var finalEnvironment: String?
    if unit.needsFinalEnvironment {
      try run.pipes.write(environment: unit.finalEnvironment)
      finalEnvironment = run.pipes.environment
    }
    let stdout = try NamedPipe.openBoth(run.pipes.path(of: .stdout))
    let stderr: Int32
    // For merged output, both descriptors are the same pipe, and the other pipe has no writer.
    do { stderr = try NamedPipe.openBoth(run.pipes.path(of: command.mergesOutput ? .stdout : .stderr)) } catch {
      Descriptor.close(stdout)
      throw error
    }
    return unit.properties(finalEnvironment: finalEnvironment) + [
      UnitProperty("StandardOutputFileDescriptor", .descriptor(stdout)),
      UnitProperty("StandardErrorFileDescriptor", .descriptor(stderr)),
    ]
  }

  /// Releases the resources of a failed start.
  private func release(_ run: UnitRun) {
    run.output?.close()
    run.pipes.remove()
    secrets.remove(run.id)
  }

  private func answered(_ id: JobID, _ result: Result<Void, BusFailure>) {
    guard let run = live(id) else { return }
    run.isAsked = false
    switch result {
    case .success: run.isCreated = true
    // The unit is the attempt's own: its name keeps it from being started twice.
    case .failure(let failure) where failure.isUnitExists: run.isCreated = true
    // The unit is looked for when systemd is back.
    case .failure(.unanswered): return
    case .failure(.unreached(let reason)) where !SystemdPresence.isHere:
      return refuse(
        run, .validationError,
        "systemd does not run this machine (\(reason)), but Runner=systemd and some keys need it. "
          + "Set Runner=direct, and remove keys that only units have")
    case .failure(let failure) where failure.isForbidden || failure.isOfPolkit: return cure(run, failure)
    case .failure(let failure) where failure.isInvalid:
      return refuse(
        run, .validationError, "systemd refused the unit: \(run.concealment.applied(to: "\(failure)"))")
    case .failure(let failure):
      forget(run)
      return run.events(.refused(run.concealment.applied(to: "\(failure)")))
    }
    if let signal = run.signal { send(signal, to: run) }
    look(run)
  }

  /// Refuses with the way out for the administrator.
  ///
  /// It depends on whether polkit denied the request or did not answer.
  private func cure(_ run: UnitRun, _ failure: BusFailure) {
    let id = run.id
    examineRights { [weak self] _ in
      self?.assumeIsolated { runner in
        guard let run = runner.live(id) else { return }
        runner.refuse(run, .validationError, (runner.availability.right ?? .denied).cure(for: failure))
      }
    }
  }

  private func refuse(_ run: UnitRun, _ code: ErrorCode, _ sentence: String) {
    forget(run)
    run.events(.ended(.failed(code, sentence), Report()))
  }

  /// Forgets a run of which nothing was created.
  func forget(_ run: UnitRun, keepsPipes: Bool = false) {
    run.isOver = true
    run.output?.close()
    if !keepsPipes { run.pipes.remove() }
    secrets.remove(run.id)
    runs[run.id] = nil
  }

  /// Asks systemd about the state of a unit.
  ///
  /// A request during another one is sent afterwards, once.
  func look(_ run: UnitRun) {
    // A missing unit would prove nothing. The answer to the start arrives on this connection, or when it ends.
    guard !run.isAsked else { return }
    guard !run.isLookedAt else {
      run.isToBeLookedAt = true
      return
    }
    run.isLookedAt = true
    run.isToBeLookedAt = false
    let id = run.id
    bus.state(of: run.unit) { result in
      self.assumeIsolated { runner in
        guard let run = runner.live(id) else { return }
        run.isLookedAt = false
        runner.looked(run, result)
        if run.isToBeLookedAt, runner.live(id) != nil { runner.look(run) }
      }
    }
  }

  private func looked(_ run: UnitRun, _ result: Result<UnitState, BusFailure>) {
    // Not answered. The unit is looked at again when the connection is back.
    guard case .success(let state) = result else { return }
    if run.inquiry != nil { return found(run, state) }
    if state.isKept {
      run.isCreated = true
      run.state = state
      reportStart(run)
      if state.isOver { mainEnded(run) }
    } else if !run.isCreated {
      // The answer to the start was lost with the connection, and perhaps the start. If it still arrives, it uses these
      // pipes.
      forget(run, keepsPipes: true)
      run.events(.refused("systemd did not start the unit before the connection ended"))
    } else if run.isStartOver {
      // Somebody stopped the unit. Its signals so far describe its end.
      mainEnded(run)
    }
  }

  /// Acts on a signal of systemd.
  func advance(_ run: UnitRun) {
    guard run.inquiry == nil else { return }
    if run.state.isOver {
      // Everything is requested, because a signal reports only changes.
      if run.state.activeState != "inactive" || run.isStartOver { look(run) }
    } else {
      reportStart(run)
    }
  }

  private func reportStart(_ run: UnitRun) {
    guard !run.isReported, run.state.activeState == "active" || run.state.isOver, run.state.mainPID != 0 else { return }
    if run.state.isOver, run.state.couldNotStart(wasHeard: hasOutput(run)) { return }
    run.isReported = true
    settings.disk(true)
    run.pipes.forbidStart()
    settings.disk(false)
    // systemd has its own copies by now.
    secrets.remove(run.id)
    run.events(.started(run.facts(at: time.now)))
  }

  /// Whether it wrote anything that is stored or still in its pipes.
  func hasOutput(_ run: UnitRun) -> Bool { run.output.map { !$0.isEmpty || $0.isWaiting } ?? false }
}
