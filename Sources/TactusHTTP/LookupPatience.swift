import TactusModel
import TactusPorts

/// The deadlines of transfers that wait for a name; libcurl limits the time only after that.
struct LookupPatience {
  private let alarm: any MonotonicAlarm
  private var deadlines: [TransferID: MonotonicInstant] = [:]
  private var armed: MonotonicInstant?

  init(alarm: any MonotonicAlarm) { self.alarm = alarm }

  /// Adds the deadline of a transfer.
  mutating func begin(_ id: TransferID, until deadline: MonotonicInstant) {
    deadlines[id] = deadline
    if deadline < armed ?? MonotonicInstant(microseconds: .max) { arm(at: deadline) }
  }

  /// Removes a transfer that no longer waits; while others wait, the alarm may ring once without effect.
  mutating func end(_ id: TransferID) {
    deadlines[id] = nil
    if deadlines.isEmpty, armed != nil { arm(at: nil) }
  }

  /// Removes and returns the transfers whose deadline has passed; called when the alarm has rung.
  mutating func due(at now: MonotonicInstant) -> [TransferID] {
    let due = deadlines.filter { $0.value <= now }.keys
    for id in due { deadlines[id] = nil }
    arm(at: deadlines.values.min())
    return Array(due)
  }

  /// Disarms the alarm.
  func close() { alarm.arm(at: nil) }

  private mutating func arm(at instant: MonotonicInstant?) {
    armed = instant
    alarm.arm(at: instant)
  }
}
