internal import Synchronization
public import TactusModel
public import TactusPorts

/// A deterministic world: work queues without threads, and clocks that only the simulation moves.
///
/// The run loop picks the next item from a random queue with a seeded generator, so a seed replays the same order.
/// When all queues are empty, time jumps to the next alarm. Everything runs on the thread that calls ``run(until:)``.
public final class Simulation: Sendable {
  private let state: Mutex<State>

  private struct State {
    var generator: SeededGenerator
    var lanes: [[@Sendable () -> Void]] = []
    var queues: [SimulatedQueue] = []
    var running: [Int] = []
    var wall: Instant
    var monotonic = MonotonicInstant(microseconds: 0)
    var alarms: [SimulatedAlarm] = []
    var steps = 0
  }

  /// Creates a simulation that begins at an instant.
  public init(seed: UInt64, startingAt instant: Instant) {
    state = Mutex(State(generator: SeededGenerator(seed: seed), wall: instant))
  }

  /// Creates a work queue of this simulation.
  public func queue(_ label: String, level: QueueLevel) -> SimulatedQueue {
    state.withLock { state in
      let queue = SimulatedQueue(label: label, level: level, number: state.queues.count, simulation: self)
      state.queues.append(queue)
      state.lanes.append([])
      return queue
    }
  }

  /// The number of items run so far, which is the same for two runs with one seed.
  public var steps: Int { state.withLock { $0.steps } }

  /// A number from the generator of this simulation.
  public func random(in range: ClosedRange<UInt64>) -> UInt64 {
    state.withLock { UInt64.random(in: range, using: &$0.generator) }
  }

  /// Sets the wall clock forward or back, as an administrator would.
  public func stepClock(by span: Duration) {
    let alarms = state.withLock { state in
      state.wall = state.wall + span
      return state.alarms.filter { $0.reportsClockSteps }
    }
    for alarm in alarms { alarm.fire(.clockSet) }
  }

  /// Runs all items and alarms up to an instant of the wall clock, and sets the clock to it.
  public func run(until end: Instant) {
    while true {
      while runOne() {}
      guard advance(to: end) else { return }
    }
  }

  /// Runs items and alarms up to a number, as a kill in the middle of the work needs.
  public func run(items: Int) {
    for _ in 0..<items where !runOne() {
      guard advance(to: now + .seconds(86_400)) else { return }
    }
  }

  /// Drops all items and alarms, as at the end of a process: nothing of it runs any more.
  public func forgetEverything() {
    state.withLock { state in
      for lane in state.lanes.indices { state.lanes[lane].removeAll() }
      state.alarms.removeAll()
    }
  }

  private func runOne() -> Bool {
    let item = state.withLock { state -> (@Sendable () -> Void)? in
      let busy = state.lanes.indices.filter { !state.lanes[$0].isEmpty }
      guard let lane = busy.randomElement(using: &state.generator) else { return nil }
      state.steps += 1
      state.running.append(lane)
      return state.lanes[lane].removeFirst()
    }
    guard let item else { return false }
    item()
    state.withLock { _ = $0.running.removeLast() }
    return true
  }

  /// Moves both clocks to the next alarm.
  ///
  /// If no alarm is due before the end, moves them to the end and returns false.
  private func advance(to end: Instant) -> Bool {
    let due = state.withLock { state -> SimulatedAlarm? in
      let next = state.alarms.filter { $0.isArmed }.min {
        $0.wait(state.wall, state.monotonic) < $1.wait(state.wall, state.monotonic)
      }
      let wait = next.map { max(.zero, $0.wait(state.wall, state.monotonic)) }
      guard let next, let wait, state.wall + wait <= end else {
        state.monotonic = state.monotonic + max(.zero, end - state.wall)
        state.wall = max(end, state.wall)
        return nil
      }
      state.wall = state.wall + wait
      state.monotonic = state.monotonic + wait
      return next
    }
    due?.fire(.fired)
    return due != nil
  }

  fileprivate func append(_ body: @escaping @Sendable () -> Void, to number: Int) {
    state.withLock { $0.lanes[number].append(body) }
  }

  /// Runs all waiting items of the target, then the body as if on the target.
  fileprivate func wait(_ target: SimulatedQueue, _ body: () -> Void) {
    let caller = state.withLock { state in state.running.last.map { state.queues[$0] } }
    if let caller, target.level >= caller.level {
      fatalError("\(caller.label) must not wait for \(target.label): waiting goes down only")
    }
    while let item = state.withLock({ state in
      state.lanes[target.number].isEmpty ? nil : state.lanes[target.number].removeFirst()
    }) {
      state.withLock { $0.running.append(target.number) }
      item()
      state.withLock { _ = $0.running.removeLast() }
    }
    state.withLock { $0.running.append(target.number) }
    body()
    state.withLock { _ = $0.running.removeLast() }
  }

  fileprivate var current: Int? { state.withLock { $0.running.last } }

  fileprivate func add(_ alarm: SimulatedAlarm) { state.withLock { $0.alarms.append(alarm) } }

  fileprivate func remove(_ alarm: SimulatedAlarm) { state.withLock { $0.alarms.removeAll { $0 === alarm } } }
}

extension Simulation: TimeSource {
  /// The simulated wall clock.
  public var now: Instant { state.withLock { $0.wall } }
  /// The simulated monotonic clock.
  public var monotonic: MonotonicInstant { state.withLock { $0.monotonic } }
}

extension Simulation: AlarmSource {
  /// As ``AlarmSource`` says.
  public func wallAlarm(on queue: any WorkQueue, handler: @escaping @Sendable (WallAlarmEvent) -> Void) -> any WallAlarm
  {
    let alarm = SimulatedAlarm(queue: queue, reportsClockSteps: true, handler: handler)
    add(alarm)
    return alarm
  }

  /// Runs the body on a queue once, after a span of the monotonic clock; the answer takes that back.
  func after(_ span: Duration, on queue: SimulatedQueue, _ body: @escaping @Sendable () -> Void) -> @Sendable () -> Void
  {
    let alarm = SimulatedAlarm(queue: queue, reportsClockSteps: false) { _ in body() }
    alarm.arm(at: monotonic + span)
    add(alarm)
    return { self.remove(alarm) }
  }

  /// As ``AlarmSource`` says.
  public func monotonicAlarm(on queue: any WorkQueue, handler: @escaping @Sendable () -> Void) -> any MonotonicAlarm {
    let alarm = SimulatedAlarm(queue: queue, reportsClockSteps: false) { _ in handler() }
    add(alarm)
    return alarm
  }
}

/// A work queue of a ``Simulation``.
public final class SimulatedQueue: WorkQueue {
  /// The name in the messages of traps.
  public let label: String
  /// The level of the queue: an item may wait only for a queue of a lower level.
  public let level: QueueLevel
  fileprivate let number: Int
  private let simulation: Simulation

  fileprivate init(label: String, level: QueueLevel, number: Int, simulation: Simulation) {
    self.label = label
    self.level = level
    self.number = number
    self.simulation = simulation
  }

  /// As ``WorkQueue`` says.
  public func post(_ body: @escaping @Sendable () -> Void) { simulation.append(body, to: number) }

  /// As ``WorkQueue`` says.
  public func wait(_ body: () -> Void) { simulation.wait(self, body) }

  /// Runs a job of the Swift runtime in turn, like every other item.
  public func enqueue(_ job: consuming ExecutorJob) {
    let unowned = UnownedJob(job)
    let executor = unsafe asUnownedSerialExecutor()
    post { unsafe unowned.runSynchronously(on: executor) }
  }

  /// Traps unless the simulation runs this queue right now.
  public func checkIsolated() {
    if simulation.current != number { fatalError("not on \(label)") }
  }
}
