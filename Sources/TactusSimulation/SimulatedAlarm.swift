internal import Synchronization
internal import TactusModel
internal import TactusPorts

/// An alarm of a ``Simulation``, on either clock.
final class SimulatedAlarm: WallAlarm, MonotonicAlarm {
  let reportsClockSteps: Bool
  private let queue: any WorkQueue
  private let handler: @Sendable (WallAlarmEvent) -> Void
  private let armed = Mutex<Armed?>(nil)

  private enum Armed {
    case wall(Instant)
    case monotonic(MonotonicInstant)
  }

  init(queue: any WorkQueue, reportsClockSteps: Bool, handler: @escaping @Sendable (WallAlarmEvent) -> Void) {
    self.queue = queue
    self.reportsClockSteps = reportsClockSteps
    self.handler = handler
  }

  var isArmed: Bool { armed.withLock { $0 != nil } }

  func arm(at instant: Instant?) { armed.withLock { $0 = instant.map { .wall($0) } } }

  func arm(at instant: MonotonicInstant?) { armed.withLock { $0 = instant.map { .monotonic($0) } } }

  /// The time until the alarm fires, negative if it is overdue.
  func wait(_ wall: Instant, _ monotonic: MonotonicInstant) -> Duration {
    switch armed.withLock({ $0 }) {
    case .wall(let instant): instant - wall
    case .monotonic(let instant): instant - monotonic
    case nil: .seconds(Int64.max / 4_000_000)
    }
  }

  func fire(_ event: WallAlarmEvent) {
    if event == .fired { armed.withLock { $0 = nil } }
    let handler = handler
    queue.post { handler(event) }
  }
}
