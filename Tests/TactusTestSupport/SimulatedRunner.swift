internal import Synchronization
public import TactusModel
public import TactusPorts

/// A runner whose attempts take simulated time and end as told; for simulations and fast tests of the workers.
public final class SimulatedRunner: Runner {
  /// How an attempt will go.
  public struct Script: Sendable {
    /// How long it takes to end by itself; nil means never.
    public var duration: Duration?
    /// How it ends by itself.
    public var ending: Ending
    /// How long its output takes to be stored after that.
    public var storing: Duration?
    /// Whether its end is noticed only when somebody looks, as by a runner that was held.
    public var isUnnoticed = false
    /// Whether TERM ends it; KILL does, unless there is an ``obstacle``.
    public var obeysTerminate: Bool
    /// Whether it goes on when the daemon stops.
    public var outlivesDaemon: Bool
    /// What keeps it from ending when KILL is sent; nil if KILL ends it.
    public var obstacle: String?

    /// Puts a script together.
    public init(
      duration: Duration? = .zero, ending: Ending = .succeeded, obeysTerminate: Bool = true,
      outlivesDaemon: Bool = false, storing: Duration? = nil, obstacle: String? = nil
    ) {
      self.duration = duration
      self.storing = storing
      self.ending = ending
      self.obeysTerminate = obeysTerminate
      self.outlivesDaemon = outlivesDaemon
      self.obstacle = obstacle
    }
  }

  /// How `recover` finds an attempt of an earlier daemon.
  public enum Fate: Sendable {
    /// It is alive.
    case alive
    /// It is alive, and ends by itself in the same instant.
    case dying
    /// It has ended, and tells so after a while.
    case ended(after: Duration)
    /// Its provider does not answer, which is told after a while.
    case silent(after: Duration)
  }

  /// What was done, in order, for assertions.
  public enum Deed: Hashable, Sendable {
    /// An attempt was started at an instant.
    case started(JobID, Instant)
    /// TERM was sent.
    case terminated(JobID, Instant)
    /// KILL was sent.
    case killed(JobID, Instant)
    /// It ended.
    case ended(JobID, Instant)
  }

  private struct State {
    var deeds: [Deed] = []
    var orders: [JobID: RunOrder] = [:]
    var alive: [JobID: @Sendable (RunnerEvent) -> Void] = [:]
    var takeBack: [JobID: @Sendable () -> Void] = [:]
    var stubborn: Set<JobID> = []
    var lasting: Set<JobID> = []
    var unnoticed: [JobID: Ending] = [:]
    var obstacles: [JobID: String] = [:]
    var fates: [JobID: Fate] = [:]
    var absence: ProviderAbsence?
    var waiting: [JobID: @Sendable (RunnerEvent) -> Void] = [:]
  }

  private let state = Mutex(State())
  private let simulation: Simulation
  private let queue: SimulatedQueue
  private let script: @Sendable (RunOrder) -> Script

  /// A runner of a world; the script is asked for at each start.
  public init(_ simulation: Simulation, script: @escaping @Sendable (RunOrder) -> Script) {
    self.simulation = simulation
    self.script = script
    queue = simulation.queue("simulated.runner", level: .leaf)
  }

  /// What was done so far.
  public var deeds: [Deed] { state.withLock { $0.deeds } }
  /// The orders of all attempts that were started.
  public var orders: [JobID: RunOrder] { state.withLock { $0.orders } }
  /// Why there is no provider.
  public enum ProviderAbsence: Sendable {
    /// It does not answer.
    case down
    /// It has as many jobs as it may.
    case crowded

    var event: RunnerEvent { self == .down ? .unprovided("the engine is away") : .crowded }
  }

  /// Takes the provider away, or brings it back; who waits is told.
  public func setProvider(_ absence: ProviderAbsence?) {
    queue.post { [self] in
      let waiting = state.withLock { state in
        state.absence = absence
        defer { if absence == nil { state.waiting = [:] } }
        return state.waiting
      }
      for (_, events) in waiting.sorted(by: { $0.key < $1.key }) { events(absence?.event ?? .available) }
    }
  }

  /// Who waits for the provider.
  public var waiting: Set<JobID> { state.withLock { Set($0.waiting.keys) } }

  /// As ``Runner`` says.
  public func awaitProvider(_ order: RunOrder, events: @escaping @Sendable (RunnerEvent) -> Void) {
    queue.post { [self] in
      let absence = state.withLock { state in
        if state.absence != nil { state.waiting[order.id] = events }
        return state.absence
      }
      events(absence?.event ?? .available)
    }
  }

  /// As ``Runner`` says.
  public func settle(_ id: JobID) { queue.post { [self] in state.withLock { $0.waiting[id] = nil } } }

  /// Says how `recover` finds attempts; the others are gone.
  public func setFates(_ fates: [JobID: Fate]) { state.withLock { $0.fates = fates } }

  /// As ``Runner`` says.
  public func start(_ order: RunOrder, events: @escaping @Sendable (RunnerEvent) -> Void) {
    queue.post { [self] in
      guard state.withLock({ $0.absence }) == nil else { return events(.unavailable) }
      let script = script(order)
      let now = simulation.now
      state.withLock { state in
        state.deeds.append(.started(order.id, now))
        state.orders[order.id] = order
        state.alive[order.id] = events
        if !script.obeysTerminate { state.stubborn.insert(order.id) }
        state.obstacles[order.id] = script.obstacle
        if script.outlivesDaemon { state.lasting.insert(order.id) }
      }
      events(.started(StartFacts(at: now, processID: 1000, processStart: 1)))
      guard let duration = script.duration else { return }
      let takeBack = simulation.after(duration, on: queue) { self.pass(order.id, script) }
      state.withLock { $0.takeBack[order.id] = takeBack }
    }
  }

  /// It has ended by itself.
  private func pass(_ id: JobID, _ script: Script) {
    if script.isUnnoticed { return state.withLock { $0.unnoticed[id] = script.ending } }
    guard let storing = script.storing else { return end(id, script.ending) }
    state.withLock { $0.alive[id] }?(.exited)
    let takeBack = simulation.after(storing, on: queue) { self.end(id, script.ending) }
    state.withLock { $0.takeBack[id] = takeBack }
  }

  /// As ``Runner`` says.
  public func examine(_ id: JobID, answer: @escaping @Sendable () -> Void) {
    queue.post { [self] in
      if let ending = state.withLock({ $0.unnoticed.removeValue(forKey: id) }) { end(id, ending) }
      answer()
    }
  }

  /// As the script says, from the start on.
  public func outlivesDaemon(_ id: JobID) -> Bool { state.withLock { $0.lasting.contains(id) } }

  /// As ``Runner`` says.
  public func terminate(_ id: JobID) {
    queue.post { [self] in
      let isObeyed = state.withLock { state in
        state.deeds.append(.terminated(id, simulation.now))
        return !state.stubborn.contains(id)
      }
      if isObeyed { end(id, .failed(.signaled, "ended by signal 15")) }
    }
  }

  /// As ``Runner`` says.
  public func kill(_ id: JobID) {
    queue.post { [self] in
      let isStuck = state.withLock { state in
        state.deeds.append(.killed(id, simulation.now))
        return state.obstacles[id] != nil
      }
      if !isStuck { end(id, .failed(.signaled, "ended by signal 9")) }
    }
  }

  /// As ``Runner`` says.
  public func obstacles(of ids: [JobID], answer: @escaping @Sendable ([JobID: String]) -> Void) {
    queue.post { [self] in answer(state.withLock { state in state.obstacles.filter { ids.contains($0.key) } }) }
  }

  /// As ``Runner`` says.
  public func recover(
    _ remnant: Remnant, events: @escaping @Sendable (RunnerEvent) -> Void, answer: @escaping @Sendable (Found) -> Void
  ) {
    queue.post { [self] in
      let fate = state.withLock { state in
        let fate = state.fates.removeValue(forKey: remnant.id)
        if fate != nil { state.alive[remnant.id] = events }
        return fate
      }
      switch fate {
      case nil: answer(.gone)
      case .alive: answer(.orphan)
      case .dying:
        answer(.orphan)
        end(remnant.id, .failed(.lost, "the process that was left has ended"))
      case .ended(let span):
        answer(.ended(StartFacts(at: simulation.now)))
        _ = simulation.after(span, on: queue) { self.end(remnant.id, .succeeded) }
      case .silent(let span): _ = simulation.after(span, on: queue) { events(.silent("the engine is away")) }
      }
    }
  }

  /// As ``Runner`` says.
  public func unknown(among ids: [JobID], answer: @escaping @Sendable ([JobID]) -> Void) {
    queue.post { [self] in answer(state.withLock { state in ids.filter { state.alive[$0] == nil } }) }
  }

  /// Loses an attempt without a word, as no real runner should.
  public func loseTrack(of id: JobID) { state.withLock { $0.alive[id] = nil } }

  private func end(_ id: JobID, _ ending: Ending) {
    let events = state.withLock { state in
      state.takeBack.removeValue(forKey: id)?()
      let events = state.alive.removeValue(forKey: id)
      if events != nil { state.deeds.append(.ended(id, simulation.now)) }
      return events
    }
    events?(.ended(ending, Report()))
  }
}
