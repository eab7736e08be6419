import Dispatch
import Synchronization
public import TactusLinux
public import TactusModel
public import TactusPorts

/// Writes what operators are told: to the journal when the journal is listening, else as lines to stderr.
///
/// Never blocks who tells: up to a limit entries wait on a queue of its own, what comes beyond is counted, and the count is
/// written when half of the room is free again.
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

  /// Tells an operator something; any queue, returns at once.
  public nonisolated func tell(_ entry: JournalEntry) {
    guard free.subtract(1, ordering: .relaxed).newValue >= 0 else {
      free.add(1, ordering: .relaxed)
      dropped.add(1, ordering: .relaxed)
      return
    }
    // Read here, because an entry may wait.
    let now = time.now
    post { writer in
      let isTaken = writer.destination.write(entry, at: now)
      if !isTaken { writer.dropped.add(1, ordering: .relaxed) }
      writer.leave(mayTell: isTaken)
    }
  }

  /// Waits until everything told before is written, but not longer than a span: whoever should read may have stopped.
  ///
  /// - Returns: whether everything is written.
  @discardableResult
  public nonisolated func flush(within span: Duration = .seconds(5)) -> Bool {
    let written = DispatchSemaphore(value: 0)
    queue.post { written.signal() }
    return written.wait(timeout: .now() + .microseconds(Int(span.microseconds))) == .success
  }

  /// Makes room, and tells of those for whom there was none, or whom nobody took.
  private func leave(mayTell: Bool) {
    let free = free.add(1, ordering: .relaxed).newValue
    // Not at once, or in an overload every second line would be about the lines that are missing.
    guard mayTell, free * 2 >= capacity else { return }
    let dropped = dropped.exchange(0, ordering: .relaxed)
    guard dropped > 0 else { return }
    let entry = JournalEntry(
      .messagesDropped,
      "\(dropped.counted("message was", "messages were")) dropped, because they came faster than they could be written, or the journal was away",
      fields: [.count: "\(dropped)"])
    if !destination.write(entry, at: time.now) { self.dropped.add(dropped, ordering: .relaxed) }
  }
}
