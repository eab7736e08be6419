import Glibc
import TactusLinux
import TactusModel
import TactusPorts

/// Where a ``JournalWriter`` writes to.
public enum JournalDestination: Hashable, Sendable {
  /// systemd's journal, with fields.
  case journal(identifier: String)
  /// A descriptor, one line an entry; it stays the caller's.
  case lines(descriptor: Int32)

  /// The journal if stderr leads there, or leads nowhere because systemd started this process while no journal was there; else
  /// stderr.
  ///
  /// Source: systemd.exec(5), `$JOURNAL_STREAM`: device and inode of what stdout or stderr is connected to. Without a journal
  /// systemd connects both to /dev/null.
  public static func connected(
    identifier: String = "tactusd", to descriptor: Int32 = 2, journalStream: String? = Self.journalStream,
    isService: Bool = Self.isService
  ) -> JournalDestination {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return .lines(descriptor: descriptor) }
    let leadsThere = journalStream == "\(status.st_dev):\(status.st_ino)"
    var nowhere = stat()
    let leadsNowhere =
      status.st_mode & S_IFMT == S_IFCHR && stat("/dev/null", &nowhere) == 0 && status.st_rdev == nowhere.st_rdev
    return leadsThere || isService && leadsNowhere ? .journal(identifier: identifier) : .lines(descriptor: descriptor)
  }

  /// Whether systemd has started this very process, rather than one that it comes from.
  ///
  /// Source: systemd.exec(5), `$SYSTEMD_EXEC_PID`.
  public static var isService: Bool { getenv("SYSTEMD_EXEC_PID").map { String(cString: $0) } == "\(getpid())" }

  /// Whether somebody takes what is written there now.
  public var isListenedFor: Bool {
    if case .journal = self { JournalRecord.isListenedFor } else { true }
  }

  /// `$JOURNAL_STREAM` of this process.
  public static var journalStream: String? { getenv("JOURNAL_STREAM").map { String(cString: $0) } }

  /// Writes one entry; may block for as long as nobody reads.
  ///
  /// False if nobody took it.
  ///
  /// Intentionally tells no failure: this is the place where failures are told, and there is no other.
  func write(_ entry: JournalEntry, at instant: Instant) -> Bool {
    switch self {
    case .journal(let identifier):
      var record = entry.record(identifier: identifier)
      return record.send()
    case .lines(let descriptor): return Self.write(Array((entry.line(at: instant) + "\n").utf8), to: descriptor)
    }
  }

  private static func write(_ line: [UInt8], to descriptor: Int32) -> Bool {
    var written = 0
    while written < line.count {
      switch line[written...].withUnsafeBytes({ Descriptor.write(descriptor, from: $0) }) {
      case .bytes(let count): written += count
      case .wouldBlock:
        // Somebody else made the shared file non-blocking; waiting is what this queue is for.
        var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&wait, 1, -1)
      case .end, .failed: return false
      }
    }
    return true
  }
}
