import TactusModel
import TactusPorts

/// Deadlines of transfers that wait for a name; libcurl keeps the time only after that.
struct LookupPatience {
  private let alarm: any MonotonicAlarm
  private var deadlines: [TransferID: MonotonicInstant] = [:]
  private var armed: MonotonicInstant?

  init(alarm: any MonotonicAlarm) { self.alarm = alarm }

  /// Notes until when a transfer waits.
  mutating func begin(_ id: TransferID, until deadline: MonotonicInstant) {
    deadlines[id] = deadline
    if deadline < armed ?? MonotonicInstant(microseconds: .max) { arm(at: deadline) }
  }

  /// Forgets one that waits no more; while others wait, the alarm may ring for nobody, once.
  mutating func end(_ id: TransferID) {
    deadlines[id] = nil
    if deadlines.isEmpty, armed != nil { arm(at: nil) }
  }

  /// Takes out the transfers whose deadline has passed; called when the alarm has rung.
  mutating func due(at now: MonotonicInstant) -> [TransferID] {
    let due = deadlines.filter { $0.value <= now }.keys
    for id in due { deadlines[id] = nil }
    arm(at: deadlines.values.min())
    return Array(due)
  }

  /// Lets the alarm be silent.
  func close() { alarm.arm(at: nil) }

  private mutating func arm(at instant: MonotonicInstant?) {
    armed = instant
    alarm.arm(at: instant)
  }
}
