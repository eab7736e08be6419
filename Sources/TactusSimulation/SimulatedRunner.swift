internal import Synchronization
public import TactusModel
public import TactusPorts

/// A runner whose attempts take simulated time and end by a script, for simulations and fast tests of the workers.
public final class SimulatedRunner: Runner {
  /// The course of an attempt.
  public struct Script: Sendable {
    /// The time until the attempt ends by itself, or nil if it never does.
    public var duration: Duration?
    /// The result if the attempt ends by itself.
    public var ending: Ending
    /// The time until the output is stored after the end.
    public var storing: Duration?
    /// True if only `examine` notices the end, as with a runner that was suspended.
    public var isUnnoticed = false
    /// True if TERM ends the attempt.
    ///
    /// KILL always does, unless there is an ``obstacle``.
    public var obeysTerminate: Bool
    /// True if the attempt continues when the daemon stops.
    public var outlivesDaemon: Bool
    /// The reason why KILL does not end the attempt, or nil if KILL ends it.
    public var obstacle: String?

    /// Creates a script.
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

  /// The state in which `recover` finds an attempt of an earlier daemon.
  public enum Fate: Sendable {
    /// The attempt is alive.
    case alive
    /// The attempt is alive, and ends by itself at the same instant.
    case dying
    /// The attempt has ended, and reports this after a while.
    case ended(after: Duration)
    /// The provider of the attempt does not answer, which is reported after a while.
    case silent(after: Duration)
  }

  /// An action of the runner, for assertions.
  public enum Deed: Hashable, Sendable {
    /// An attempt was started at an instant.
    case started(JobID, Instant)
    /// TERM was sent.
    case terminated(JobID, Instant)
    /// KILL was sent.
    case killed(JobID, Instant)
    /// An attempt ended.
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

  /// Creates a runner of a simulation.
  ///
  /// It calls the function for the script of each attempt.
  public init(_ simulation: Simulation, script: @escaping @Sendable (RunOrder) -> Script) {
    self.simulation = simulation
    self.script = script
    queue = simulation.queue("simulated.runner", level: .leaf)
  }

  /// The actions so far, in order.
  public var deeds: [Deed] { state.withLock { $0.deeds } }
  /// The orders of all started attempts.
  public var orders: [JobID: RunOrder] { state.withLock { $0.orders } }
  /// The reason why no provider is available.
  public enum ProviderAbsence: Sendable {
    /// The provider does not answer.
    case down
    /// The provider has reached its limit of jobs.
    case crowded

    var event: RunnerEvent { self == .down ? .unprovided("the engine is away") : .crowded }
  }

  /// Makes the provider unavailable or available, and notifies the waiting jobs.
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

  /// The jobs that wait for the provider.
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

  /// Sets the states in which `recover` finds attempts.
  ///
  /// All other attempts are gone.
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

  /// Ends an attempt by itself, as its script says.
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

  /// True if the script of the attempt says so.
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

  /// Forgets an attempt without an event, which no real runner should do.
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
