import Glibc
import TactusLinux
import TactusModel
import TactusPorts
import TactusSystemd

/// From the order to the running unit.
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

  /// Asks systemd for the unit.
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
      // The machine's fault, or ours: nothing that would count against the workflow.
      events(.ended(.failed(.dispatchExhausted, "\(error)"), Report()))
    }
  }

  /// Makes the pipes and everything else that systemd is asked for.
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
    // Of merged output both descriptors lead into one pipe, and nobody writes into the other.
    do { stderr = try NamedPipe.openBoth(run.pipes.path(of: command.mergesOutput ? .stdout : .stderr)) } catch {
      Descriptor.close(stdout)
      throw error
    }
    return unit.properties(finalEnvironment: finalEnvironment) + [
      UnitProperty("StandardOutputFileDescriptor", .descriptor(stdout)),
      UnitProperty("StandardErrorFileDescriptor", .descriptor(stderr)),
    ]
  }

  /// Gives back what a start took that comes to nothing.
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
    // It is the attempt's own: the name is what keeps it from being started twice.
    case .failure(let failure) where failure.isUnitExists: run.isCreated = true
    // It is looked for when systemd is back.
    case .failure(.unanswered): return
    case .failure(.unreached(let reason)) where !SystemdPresence.isHere:
      return refuse(
        run, .validationError,
        "Runner=systemd needs systemd, which does not run this machine (\(reason)): write Runner=direct")
    case .failure(let failure) where failure.isForbidden || failure.isOfPolkit: return cure(run, failure)
    case .failure(let failure) where failure.isInvalid:
      return refuse(
        run, .validationError, "systemd refuses the unit: \(run.concealment.applied(to: "\(failure)"))")
    case .failure(let failure):
      forget(run)
      return run.events(.refused(run.concealment.applied(to: "\(failure)")))
    }
    if let signal = run.signal { send(signal, to: run) }
    look(run)
  }

  /// Refuses with what has to be done once, by who runs the machine: it depends on whether polkit said no, or nothing.
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

  /// Nothing was created of it.
  func forget(_ run: UnitRun, keepsPipes: Bool = false) {
    run.isOver = true
    run.output?.close()
    if !keepsPipes { run.pipes.remove() }
    secrets.remove(run.id)
    runs[run.id] = nil
  }

  /// Asks systemd how a unit is; asked again while that is open, once more afterwards.
  func look(_ run: UnitRun) {
    // That there is no unit would say nothing; the answer to the start comes, from this connection or by its end.
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
    // Not answered: it is looked at again when the connection stands.
    guard case .success(let state) = result else { return }
    if run.inquiry != nil { return found(run, state) }
    if state.isKept {
      run.isCreated = true
      run.state = state
      tellStart(run)
      if state.isOver { mainEnded(run) }
    } else if !run.isCreated {
      // The answer to the start was lost with the connection, and so was the start: or it comes yet, with these pipes.
      forget(run, keepsPipes: true)
      run.events(.refused("systemd did not start the unit before the connection ended"))
    } else if run.isStartOver {
      // Somebody has stopped the unit; what was signaled of its end is known.
      mainEnded(run)
    }
  }

  /// Takes what a signal told.
  func advance(_ run: UnitRun) {
    guard run.inquiry == nil else { return }
    if run.state.isOver {
      // Asked for all of it, because a signal tells only what has changed.
      if run.state.activeState != "inactive" || run.isStartOver { look(run) }
    } else {
      tellStart(run)
    }
  }

  private func tellStart(_ run: UnitRun) {
    guard !run.isTold, run.state.activeState == "active" || run.state.isOver, run.state.mainPID != 0 else { return }
    if run.state.isOver, run.state.couldNotStart(wasHeard: hasOutput(run)) { return }
    run.isTold = true
    settings.disk(true)
    run.pipes.forbidStart()
    settings.disk(false)
    // It has its own copies by now.
    secrets.remove(run.id)
    run.events(.started(run.facts(at: time.now)))
  }

  /// Whether it wrote anything that is stored, or waits in its pipes.
  func hasOutput(_ run: UnitRun) -> Bool { run.output.map { !$0.isEmpty || $0.isWaiting } ?? false }
}
