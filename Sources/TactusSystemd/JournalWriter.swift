import Dispatch
import Synchronization
public import TactusLinux
public import TactusModel
public import TactusPorts

/// Writes messages for operators: to the journal if stderr leads to it, else as lines to stderr.
///
/// It never blocks the caller. A limited number of entries wait on a separate queue. Further entries are dropped and
/// counted, and the count is written when half of the room is free again.
public actor JournalWriter: QueueConfined, Journal {
  /// `tactus.journal`.
  public nonisolated let queue: any WorkQueue = DispatchWorkQueue(label: "tactus.journal", level: .leaf)
  private let destination: JournalDestination
  private let time: any TimeSource
  private let capacity: Int
  private let free: Atomic<Int>
  private let dropped = Atomic<Int>(0)

  /// Makes a writer to a destination.
  public init(
    to destination: JournalDestination = .connected(), time: any TimeSource = SystemTime(),
    limit: Int = Limits.journalEntries
  ) {
    self.destination = destination
    self.time = time
    capacity = limit
    free = Atomic(limit)
  }

  /// Reports an entry and returns at once; any queue.
  public nonisolated func report(_ entry: JournalEntry) {
    guard free.subtract(1, ordering: .relaxed).newValue >= 0 else {
      free.add(1, ordering: .relaxed)
      dropped.add(1, ordering: .relaxed)
      return
    }
    // The clock is read here, because an entry may wait.
    let now = time.now
    post { writer in
      let isTaken = writer.destination.write(entry, at: now)
      if !isTaken { writer.dropped.add(1, ordering: .relaxed) }
      writer.leave(mayReport: isTaken)
    }
  }

  /// Waits until all earlier entries are written, but not longer than a span, because the reader may have stopped.
  ///
  /// - Returns: whether everything is written.
  @discardableResult
  public nonisolated func flush(within span: Duration = .seconds(5)) -> Bool {
    let written = DispatchSemaphore(value: 0)
    queue.post { written.signal() }
    return written.wait(timeout: .now() + .microseconds(Int(span.microseconds))) == .success
  }

  /// Releases the room of an entry, and reports the number of dropped and lost entries.
  private func leave(mayReport: Bool) {
    let free = free.add(1, ordering: .relaxed).newValue
    // Not at once, or in an overload every second line would be about the lines that are missing.
    guard mayReport, free * 2 >= capacity else { return }
    let dropped = dropped.exchange(0, ordering: .relaxed)
    guard dropped > 0 else { return }
    let entry = JournalEntry(
      .messagesDropped,
      "\(dropped.counted("message was", "messages were")) dropped: the journal was too slow or unavailable.",
      fields: [.count: "\(dropped)"])
    if !destination.write(entry, at: time.now) { self.dropped.add(dropped, ordering: .relaxed) }
  }
}
