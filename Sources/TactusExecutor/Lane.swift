internal import TactusModel
internal import TactusPorts

/// One queue as the execution worker sees it: who waits for a slot, and how many slots are taken.
struct Lane {
  let limit: Int
  /// Slots taken: derived from the attempts that exist, one each.
  private(set) var taken = 0
  private var heap = Heap<QueuedJob>()
  /// The ids in the heap that still count; a withdrawn one stays in the heap until it comes to the top.
  private var waiting: Set<JobID> = []

  init(limit: Int) { self.limit = limit }

  mutating func enqueue(_ job: QueuedJob) {
    if waiting.insert(job.id).inserted { heap.insert(job) }
  }

  mutating func withdraw(_ id: JobID) { waiting.remove(id) }

  /// The next job in line, whose slot is taken by this call; nil if there is none, or no slot.
  mutating func takeNext() -> QueuedJob? {
    guard taken < limit else { return nil }
    while let job = heap.popFirst() {
      if waiting.remove(job.id) != nil {
        taken += 1
        return job
      }
    }
    return nil
  }

  /// Takes a slot for an attempt that an earlier daemon began.
  mutating func takeSlot() { taken += 1 }

  mutating func freeSlot() { taken -= 1 }
}
