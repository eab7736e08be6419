import Dispatch
import Synchronization
public import TactusLinux
import TactusModel
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
  private nonisolated let room: Mutex<Room>

  /// How many entries wait at most.
  public static let limit = 4096

  /// Places that are left in the buffer.
  private struct Room {
    let limit: Int
    var left: Int
    var dropped = 0
  }

  /// Makes a writer to a destination.
  public init(
    to destination: JournalDestination = .connected(), time: any TimeSource = SystemTime(),
    limit: Int = JournalWriter.limit
  ) {
    self.destination = destination
    self.time = time
    room = Mutex(Room(limit: limit, left: limit))
  }

  /// Tells an operator something; any queue, returns at once.
  public nonisolated func tell(_ entry: JournalEntry) {
    let isAdmitted = room.withLock { room in
      guard room.left > 0 else {
        room.dropped += 1
        return false
      }
      room.left -= 1
      return true
    }
    guard isAdmitted else { return }
    // Read here, because an entry may wait.
    let now = time.now
    post { writer in
      writer.destination.write(entry, at: now)
      writer.leave()
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

  /// Makes room, and tells of those for whom there was none.
  private func leave() {
    let dropped = room.withLock { room in
      room.left += 1
      // Not at once, or in an overload every second line would be about the lines that are missing.
      guard room.left * 2 >= room.limit else { return 0 }
      defer { room.dropped = 0 }
      return room.dropped
    }
    guard dropped > 0 else { return }
    let entry = JournalEntry(
      .warning, "\(dropped) messages were dropped, because they came faster than they could be written",
      fields: ["TACTUS_DROPPED": "\(dropped)"])
    destination.write(entry, at: time.now)
  }
}
