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
  private let state = Mutex(State())

  /// Behind a lock rather than on a queue, because a stop asks for it from the middle of another queue's work.
  private struct State {
    /// Who has which attempt, from the start until the end is durable.
    var places: [JobID: RunnerName] = [:]
    /// How many claims of earlier daemons are being looked up in the first of two places.
    var inquiries = 0
    /// Whether all of them were asked for.
    var isRecovered = false
  }

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
    state.withLock { $0.places[order.id] = place }
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

  /// What was kept to tell its end may go.
  public func settle(_ id: JobID) {
    guard let place = state.withLock({ $0.places.removeValue(forKey: id) }) else { return }
    runner(place).settle(id)
  }

  /// Looks a claim up where its row says that it was started; of one that says nothing, in both places.
  public func recover(
    _ remnant: Remnant, events: @escaping @Sendable (RunnerEvent) -> Void, answer: @escaping @Sendable (Found) -> Void
  ) {
    if let place = remnant.facts?.runner { return recover(remnant, at: place, events: events, answer: answer) }
    state.withLock { $0.inquiries += 1 }
    recover(remnant, at: .direct, events: events) { found in
      if found == .gone {
        self.recover(remnant, at: .systemd, events: events, answer: answer)
      } else {
        answer(found)
      }
      self.inquired()
    }
  }

  /// One claim fewer that systemd may still have to be asked for.
  private func inquired() {
    let isLast = state.withLock { state in
      state.inquiries -= 1
      return state.inquiries == 0 && state.isRecovered
    }
    if isLast { units.recovered() }
  }

  private func recover(
    _ remnant: Remnant, at place: RunnerName, events: @escaping @Sendable (RunnerEvent) -> Void,
    answer: @escaping @Sendable (Found) -> Void
  ) {
    state.withLock { $0.places[remnant.id] = place }
    runner(place).recover(remnant, events: events, answer: answer)
  }

  /// All claims of earlier daemons were asked for; units are told only when the last of them has reached them, because
  /// they take what nobody has asked for as nobody's.
  public func recovered() {
    processes.recovered()
    let isLast = state.withLock { state in
      state.isRecovered = true
      return state.inquiries == 0
    }
    if isLast { units.recovered() }
  }

  /// Units go on, the daemon's children end with it.
  public func outlivesDaemon(_ id: JobID) -> Bool { runner(of: id)?.outlivesDaemon(id) == true }

  /// Answers which of the attempts nobody knows.
  public func unknown(among ids: [JobID], answer: @escaping @Sendable ([JobID]) -> Void) {
    let places = state.withLock { $0.places }
    let strangers = ids.filter { places[$0] == nil }
    processes.unknown(among: ids.filter { places[$0] == .direct }) { [units] unknown in
      units.unknown(among: ids.filter { places[$0] == .systemd }) { answer(strangers + unknown + $0) }
    }
  }

  private func runner(of id: JobID) -> (any Runner)? {
    state.withLock { $0.places[id] }.map(runner)
  }

  private func runner(_ place: RunnerName) -> any Runner {
    switch place {
    case .direct: processes
    case .systemd: units
    }
  }
}
