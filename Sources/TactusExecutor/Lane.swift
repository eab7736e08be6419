internal import TactusModel
internal import TactusPorts

/// One queue as the execution worker sees it: who waits for a slot, and how many slots are taken.
struct Lane {
  let limit: Int
  /// Slots taken: derived from the attempts that exist, one each.
  private(set) var taken = 0
  private var heap = Heap<QueuedJob>()
  /// Those in the heap that still count; a withdrawn one stays in the heap until it comes to the top.
  private var waiting: [JobID: Moment] = [:]

  init(limit: Int) { self.limit = limit }

  mutating func enqueue(_ job: QueuedJob, since arrival: Moment) {
    guard waiting[job.id] == nil else { return }
    waiting[job.id] = arrival
    heap.insert(job)
  }

  mutating func withdraw(_ id: JobID) { waiting[id] = nil }

  /// The next job in line, whose slot is taken by this call; nil if there is none, or no slot.
  mutating func takeNext() -> (job: QueuedJob, since: Moment)? {
    guard taken < limit else { return nil }
    while let job = heap.popFirst() {
      if let arrival = waiting.removeValue(forKey: job.id) {
        taken += 1
        return (job, arrival)
      }
    }
    return nil
  }

  /// Takes a slot for an attempt that an earlier daemon began.
  mutating func takeSlot() { taken += 1 }

  mutating func freeSlot() { taken -= 1 }
}
