import Synchronization
public import TactusModel
public import TactusPorts

/// Runs commands: hands each to the daemon's own processes or to systemd, as its definition says.
///
/// Where it says nothing (`Runner=auto`), systemd takes it if this daemon may start units.
public final class CommandRunner: Runner {
  private let processes: any Runner
  private let units: any Runner
  private let mayStartUnits: @Sendable () -> Bool
  /// Who has which attempt, from the start until the end is durable.
  ///
  /// Behind a lock rather than on a queue, because a stop asks for it from the middle of another queue's work.
  private let places = Mutex<[JobID: RunnerName]>([:])

  /// Puts the two together.
  /// - Parameter mayStartUnits: whether systemd would start a unit for this daemon now; called on any queue.
  public init(processes: any Runner, units: any Runner, mayStartUnits: @escaping @Sendable () -> Bool) {
    self.processes = processes
    self.units = units
    self.mayStartUnits = mayStartUnits
  }

  /// Starts an attempt where it belongs.
  public func start(_ order: RunOrder, events: @escaping @Sendable (RunnerEvent) -> Void) {
    let place = place(of: order)
    places.withLock { $0[order.id] = place }
    runner(place).start(order, events: events)
  }

  private func place(of order: RunOrder) -> RunnerName {
    guard case .command(let command) = order.work else {
      fatalError("the command runner was given a \(order.work.kind.rawValue)")
    }
    if command.needsUnit { return .systemd }
    switch command.runner {
    case .direct: return .direct
    case .systemd: return .systemd
    case .auto: return mayStartUnits() ? .systemd : .direct
    }
  }

  /// Sends TERM to all of it.
  public func terminate(_ id: JobID) { runner(of: id)?.terminate(id) }

  /// Sends KILL to all of it.
  public func kill(_ id: JobID) { runner(of: id)?.kill(id) }

  /// Looks whether it has ended.
  public func examine(_ id: JobID, answer: @escaping @Sendable () -> Void) {
    guard let runner = runner(of: id) else { return answer() }
    runner.examine(id, answer: answer)
  }

  /// What was kept to tell its end may go.
  public func settle(_ id: JobID) {
    guard let place = places.withLock({ $0.removeValue(forKey: id) }) else { return }
    runner(place).settle(id)
  }

  /// Looks a claim up where its row says that it was started; of one that says nothing, in both places.
  ///
  /// Among the units first: what a unit runs carries the job's id as well, and would be taken for a process that a daemon
  /// left.
  public func recover(
    _ remnant: Remnant, events: @escaping @Sendable (RunnerEvent) -> Void, answer: @escaping @Sendable (Found) -> Void
  ) {
    if let place = remnant.facts?.runner { return recover(remnant, at: place, events: events, answer: answer) }
    recover(remnant, at: .systemd, events: events) { found in
      guard found == .gone else { return answer(found) }
      self.recover(remnant, at: .direct, events: events, answer: answer)
    }
  }

  private func recover(
    _ remnant: Remnant, at place: RunnerName, events: @escaping @Sendable (RunnerEvent) -> Void,
    answer: @escaping @Sendable (Found) -> Void
  ) {
    places.withLock { $0[remnant.id] = place }
    runner(place).recover(remnant, events: events, answer: answer)
  }

  /// All claims of earlier daemons were asked for.
  public func recovered() {
    processes.recovered()
    units.recovered()
  }

  /// Units go on, the daemon's children end with it.
  public func outlivesDaemon(_ id: JobID) -> Bool { runner(of: id)?.outlivesDaemon(id) == true }

  /// Answers, in a clause, what keeps attempts from ending.
  public func obstacles(of ids: [JobID], answer: @escaping @Sendable ([JobID: String]) -> Void) {
    let places = places.withLock { $0 }
    processes.obstacles(of: ids.filter { places[$0] == .direct }) { [units] found in
      units.obstacles(of: ids.filter { places[$0] == .systemd }) { answer(found.merging($0) { first, _ in first }) }
    }
  }

  /// Answers which of the attempts nobody knows.
  public func unknown(among ids: [JobID], answer: @escaping @Sendable ([JobID]) -> Void) {
    let places = places.withLock { $0 }
    let strangers = ids.filter { places[$0] == nil }
    processes.unknown(among: ids.filter { places[$0] == .direct }) { [units] unknown in
      units.unknown(among: ids.filter { places[$0] == .systemd }) { answer(strangers + unknown + $0) }
    }
  }

  private func runner(of id: JobID) -> (any Runner)? {
    places.withLock { $0[id] }.map(runner)
  }

  private func runner(_ place: RunnerName) -> any Runner {
    switch place {
    case .direct: processes
    case .systemd: units
    }
  }
}
