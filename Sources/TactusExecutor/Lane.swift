internal import TactusModel
internal import TactusPorts

/// A queue in the execution worker: the jobs that wait for a slot, and the number of taken slots.
struct Lane {
  /// The number of taken slots: one for each existing attempt that has a slot.
  private(set) var taken = 0
  private var heap = Heap<QueuedJob>()
  /// The valid jobs in the heap.
  ///
  /// A withdrawn job stays in the heap until it reaches the top.
  private var waiting: [JobID: Moment] = [:]

  mutating func enqueue(_ job: QueuedJob, since arrival: Moment) {
    guard waiting[job.id] == nil else { return }
    waiting[job.id] = arrival
    heap.insert(job)
  }

  mutating func withdraw(_ id: JobID) { waiting[id] = nil }

  /// Takes a slot for the next job and returns that job; nil if no job waits, or if `limit` slots are taken.
  mutating func takeNext(limit: Int) -> (job: QueuedJob, since: Moment)? {
    guard taken < limit else { return nil }
    while let job = heap.popFirst() {
      if let arrival = waiting.removeValue(forKey: job.id) {
        taken += 1
        return (job, arrival)
      }
    }
    return nil
  }

  /// Takes a slot for an attempt of an earlier daemon.
  mutating func takeSlot() { taken += 1 }

  mutating func freeSlot() { taken -= 1 }
}
