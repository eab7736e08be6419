import TactusLinux
import TactusModel
import TactusPorts

/// Starts attempts by way of paths that may not answer, without blocking the queue.
extension ProcessRunner {
  /// Starts an attempt.
  ///
  /// Reports `started`, or `ended` if it cannot be started.
  func begin(_ order: RunOrder, events: @escaping @Sendable (RunnerEvent) -> Void) {
    guard case .command(let command) = order.work else {
      fatalError("the process runner was given a \(order.work.kind.rawValue)")
    }
    guard runs[order.id] == nil, launches[order.id] == nil else { fatalError("attempt \(order.id) was started twice") }
    // A silent path is asked only once until it answers. So it costs one thread, however many jobs need it.
    for (key, path) in Launch.paths(of: command) {
      guard let since = lookout.silentPaths.since(path) else { continue }
      let sentence = "\(key)\(path): \(SilentPaths.words(since: since))"
      return events(.ended(.failed(.dispatchExhausted, sentence), Report()))
    }
    let launch = Launch(
      order, command, inputs: JobInputs(command, of: order.workflow, credentials, by: inputs),
      deadline: time.monotonic + Limits.launchPatience, events: events)
    launches[order.id] = launch
    guard !launch.inputs.isEmpty else { return spawn(launch) }
    let id = order.id
    // The runner owes an answer, so it lives as long as the launch.
    launch.inputs.look(by: lookout) { seen in self.post { $0.looked(id, seen) } }
  }

  private func looked(_ id: JobID, _ seen: JobInputs) {
    guard let launch = launches[id] else { return }
    launch.inputs = seen
    if let silence = launch.inputs.silence { return end(launch, .failed(.dispatchExhausted, silence)) }
    spawn(launch)
  }

  /// Requests the child, on a thread of its own.
  private func spawn(_ launch: Launch) {
    do {
      let progress = try ChildProgress()
      let (order, setup) = try prepare(launch)
      launch.deadline = launch.watch.firstLook(since: time.monotonic)
      let id = launch.id
      let lane = lookout.silentPaths.lane(of: Launch.paths(of: launch.command).map(\.path))
      let ticket = lookout.errands.run(lane: lane) {
        let result = Result { () throws(Spawner.Failure) in try Spawner.spawn(order, progress: progress) }
        self.post { $0.spawned(id, result) }
      }
      launch.child = Launch.Child(
        progress: progress, order: order, setup: setup, since: time.monotonic, ticket: ticket)
      armLaunches()
    } catch { fail(launch, error) }
  }

  private func spawned(_ id: JobID, _ result: Result<Int, Spawner.Failure>) {
    if let launch = abandoned.removeValue(forKey: id) {
      if let (_, path) = launch.noted { lookout.silentPaths.returned(path) }
      launch.child?.setup.fail()
    } else if let launch = launches[id], let child = launch.child {
      do {
        let process = try result.get()
        try adopt(launch, child.setup, process)
        launches[id] = nil
      } catch {
        child.setup.fail()
        fail(launch, error)
      }
    }
    // Reaping was postponed while the owner of an ended child was unknown.
    if isReapingDue { reapStrangers() }
  }

  private func fail(_ launch: Launch, _ error: any Error) {
    switch error {
    case let failure as Spawner.Failure where failure.isOrderAtFault:
      end(launch, .failed(.validationError, sentence(of: failure)))
    case let fault as DefinitionFault: end(launch, .failed(.validationError, fault.description))
    // The machine or the daemon is at fault, so the failure must not count against the workflow.
    default: end(launch, .failed(.dispatchExhausted, "\(error)"))
    }
  }

  private func end(_ launch: Launch, _ ending: Ending) {
    launches[launch.id] = nil
    launch.events(.ended(ending, Report()))
  }

  // MARK: Giving up

  /// Handles a stop request: the launch gets the grace of a stop to reach a state in which it can be stopped.
  func hurry(_ id: JobID) {
    guard let launch = launches[id] else { return }
    launch.isHurried = true
    launch.deadline = min(launch.deadline, time.monotonic + Limits.grace)
    guard launch.child != nil else { return end(launch, .failed(.dispatchExhausted, Self.givenUp)) }
    armLaunches()
  }

  private static let givenUp = "given up before it was started"

  /// Abandons the launches that have taken too long.
  func endLateLaunches() {
    launchAlarmAt = nil
    let now = time.monotonic
    for launch in launches.values.sorted(by: { $0.id < $1.id }) where launch.deadline <= now { giveUp(launch) }
    armLaunches()
  }

  /// Abandons a launch and kills its child.
  ///
  /// The child may notice late, but it never runs the program.
  private func giveUp(_ launch: Launch) {
    guard let child = launch.child else { return }
    if let later = reprieve(launch, child) { return launch.deadline = later }
    // The child is already done, and its result arrives in a moment.
    guard child.progress.cancel() else { return launch.deadline = time.monotonic + Limits.launchPatience }
    let isAtPath = child.progress.isAtPath && !launch.isHurried
    let waited = time.monotonic - (isAtPath ? child.progress.since : child.since)
    guard !lookout.errands.withdraw(child.ticket) else {
      // The errand never began, because earlier calls on its mount, or on all threads, do not return.
      child.setup.fail()
      return end(launch, .failed(.dispatchExhausted, unbegun(launch, waited)))
    }
    launch.noted = launch.waitingFor
    abandoned[launch.id] = launch
    guard let (key, path) = launch.noted else {
      return end(launch, .failed(.dispatchExhausted, unbegun(launch, waited)))
    }
    lookout.silentPaths.note(path, use: SilentPaths.use(key, path, of: launch.order.workflow), after: waited)
    end(launch, .failed(.dispatchExhausted, "\(key)\(path): \(SilentPaths.words(within: waited))"))
  }

  /// The new deadline of a child that is late because the machine is busy; nil if its path is silent or a stop was
  /// requested.
  private func reprieve(_ launch: Launch, _ child: Launch.Child) -> MonotonicInstant? {
    guard !launch.isHurried else { return nil }
    let now = time.monotonic
    if child.progress.isAtPath {
      // Only the time that the child was blocked at this path counts against it.
      guard case .open(let until) = launch.watch.look(at: child.progress, now: now) else { return nil }
      return until
    }
    let mayBegin = Launch.paths(of: launch.command).allSatisfy {
      lookout.mayYetBegin($0.path, after: now - child.since)
    }
    return mayBegin ? now + Limits.launchPatience : nil
  }

  /// The message for a child that has not reached its paths.
  private func unbegun(_ launch: Launch, _ waited: Duration) -> String {
    for (key, path) in Launch.paths(of: launch.command) {
      if let since = lookout.silentPaths.since(path) { return "\(key)\(path): \(SilentPaths.words(since: since))" }
    }
    return "no process was created for \(launch.command.arguments[0]) \(SilentPaths.span(waited))"
  }

  /// Arms one alarm for all launches, while there are any.
  private func armLaunches() {
    guard let first = launches.values.lazy.filter({ $0.child != nil }).map(\.deadline).min() else { return }
    if let launchAlarmAt, launchAlarmAt <= first { return }
    launchAlarmAt = first
    launchAlarm?.arm(at: first)
  }

  /// Whether an ended child may belong to a launch whose outcome is not known yet.
  func isOnItsWay(_ process: Int) -> Bool {
    (Array(launches.values) + Array(abandoned.values)).contains { launch in
      guard let child = launch.child else { return false }
      return child.progress.process.map { $0 == process } ?? true
    }
  }
}
