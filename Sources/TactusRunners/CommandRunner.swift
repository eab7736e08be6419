import Synchronization
public import TactusModel
public import TactusPorts

/// Runs commands by handing each one to the daemon's own processes or to systemd.
///
/// The definition chooses with `Runner=`. For `Runner=auto`, systemd runs the command if this daemon may start units.
public final class CommandRunner: Runner {
  private let processes: any Runner
  private let units: any Runner
  private let mayStartUnits: @Sendable () -> Bool
  /// The runner of each attempt, from its start until its end is durable.
  ///
  /// A lock protects it instead of a queue, because a stop reads it while another queue is at work.
  private let places = Mutex<[JobID: RunnerName]>([:])

  /// Combines the two runners.
  ///
  /// - Parameter mayStartUnits: whether systemd would start a unit for this daemon now. Called on any queue.
  public init(processes: any Runner, units: any Runner, mayStartUnits: @escaping @Sendable () -> Bool) {
    self.processes = processes
    self.units = units
    self.mayStartUnits = mayStartUnits
  }

  /// Starts an attempt with the runner that its definition chooses.
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

  /// Sends SIGTERM to every process of the attempt.
  public func terminate(_ id: JobID) { runner(of: id)?.terminate(id) }

  /// Sends SIGKILL to every process of the attempt.
  public func kill(_ id: JobID) { runner(of: id)?.kill(id) }

  /// Checks whether the attempt has ended.
  public func examine(_ id: JobID, answer: @escaping @Sendable () -> Void) {
    guard let runner = runner(of: id) else { return answer() }
    runner.examine(id, answer: answer)
  }

  /// Releases what the runner kept to report the attempt's end.
  public func settle(_ id: JobID) {
    guard let place = places.withLock({ $0.removeValue(forKey: id) }) else { return }
    runner(place).settle(id)
  }

  /// Looks up a claim with the runner that its row names.
  ///
  /// If the row names no runner, both are asked.
  ///
  /// Units are asked first: processes of a unit also carry the job's id, and the process runner would mistake them for
  /// orphans of an earlier daemon.
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

  /// Notes that all claims of earlier daemons were looked up.
  public func recovered() {
    processes.recovered()
    units.recovered()
  }

  /// Whether the attempt survives the daemon: units do, the daemon's child processes do not.
  public func outlivesDaemon(_ id: JobID) -> Bool { runner(of: id)?.outlivesDaemon(id) == true }

  /// Returns, as a clause, the reason why attempts do not end.
  public func obstacles(of ids: [JobID], answer: @escaping @Sendable ([JobID: String]) -> Void) {
    let places = places.withLock { $0 }
    processes.obstacles(of: ids.filter { places[$0] == .direct }) { [units] found in
      units.obstacles(of: ids.filter { places[$0] == .systemd }) { answer(found.merging($0) { first, _ in first }) }
    }
  }

  /// Returns the attempts that no runner knows.
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
