internal import TactusModel
internal import TactusPorts

/// The deadlines of the execution worker, earliest first; cancelled ones are skipped when they reach the top.
struct Deadlines {
  enum Purpose: Hashable {
    /// The time-out of an attempt, or the end of its grace period.
    case attempt(JobID, Attempt.Event)
    /// The next attempt to write after a failure of the store.
    case retry
    /// The check of rows against facts.
    case check
    /// The end of the drain time.
    case drain
    /// The end of the wait for interrupted jobs.
    case abandon
  }

  private struct Entry: Comparable {
    var at: MonotonicInstant
    var number: UInt64
    var purpose: Purpose

    static func < (left: Entry, right: Entry) -> Bool { (left.at, left.number) < (right.at, right.number) }
  }

  private var heap = Heap<Entry>()
  private var live: Set<UInt64> = []
  private var numberOfAttempt: [JobID: UInt64] = [:]
  private var nextNumber: UInt64 = 0

  /// The earliest live deadline; nil if there are no live deadlines.
  var next: MonotonicInstant? {
    mutating get {
      dropDead()
      return heap.first?.at
    }
  }

  mutating func add(_ purpose: Purpose, at instant: MonotonicInstant) {
    nextNumber += 1
    live.insert(nextNumber)
    if case .attempt(let id, _) = purpose {
      cancel(id)
      numberOfAttempt[id] = nextNumber
    }
    heap.insert(Entry(at: instant, number: nextNumber, purpose: purpose))
    // Most deadlines are cancelled long before they pass. Without this, an hour's worth of them would pile up.
    if heap.count > 2 * live.count + 1024 { heap.keep { live.contains($0.number) } }
  }

  /// Cancels the deadline of an attempt, if it has one.
  mutating func cancel(_ id: JobID) {
    if let number = numberOfAttempt.removeValue(forKey: id) { live.remove(number) }
  }

  /// Removes and returns the deadlines that have passed, in order.
  mutating func passed(at now: MonotonicInstant) -> [Purpose] {
    var passed: [Purpose] = []
    dropDead()
    while let entry = heap.first, entry.at <= now {
      _ = heap.popFirst()
      live.remove(entry.number)
      if case .attempt(let id, _) = entry.purpose { numberOfAttempt[id] = nil }
      passed.append(entry.purpose)
      dropDead()
    }
    return passed
  }

  private mutating func dropDead() {
    while let entry = heap.first, !live.contains(entry.number) { _ = heap.popFirst() }
  }
}
