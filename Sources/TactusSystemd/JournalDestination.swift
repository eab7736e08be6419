import Glibc
import TactusLinux
import TactusModel
import TactusPorts

/// The destination of a ``JournalWriter``.
public enum JournalDestination: Hashable, Sendable {
  /// systemd's journal, with fields.
  case journal(identifier: String)
  /// A descriptor that the caller owns; each entry is one line, with the fields at its end if that is wanted.
  case lines(descriptor: Int32, hasFields: Bool = false)

  /// The journal if stderr leads to it, or if systemd started this process while the journal did not run; else stderr.
  ///
  /// Source: systemd.exec(5), `$JOURNAL_STREAM`: the device and inode of the file behind stdout or stderr. Without a
  /// journal, systemd connects both to /dev/null.
  public static func connected(
    identifier: String = "tactusd", to descriptor: Int32 = 2, hasFields: Bool = false,
    journalStream: String? = Self.journalStream,
    isService: Bool = Self.isService
  ) -> JournalDestination {
    let lines = JournalDestination.lines(descriptor: descriptor, hasFields: hasFields)
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return lines }
    let leadsThere = journalStream == "\(status.st_dev):\(status.st_ino)"
    var nowhere = stat()
    let leadsNowhere =
      status.st_mode & S_IFMT == S_IFCHR && stat("/dev/null", &nowhere) == 0 && status.st_rdev == nowhere.st_rdev
    return leadsThere || isService && leadsNowhere ? .journal(identifier: identifier) : lines
  }

  /// Whether systemd has started this process itself, rather than an ancestor of it.
  ///
  /// Source: systemd.exec(5), `$SYSTEMD_EXEC_PID`.
  public static var isService: Bool { getenv("SYSTEMD_EXEC_PID").map { String(cString: $0) } == "\(getpid())" }

  /// Whether the destination receives entries now.
  public var isListenedFor: Bool {
    if case .journal = self { JournalRecord.isListenedFor } else { true }
  }

  /// `$JOURNAL_STREAM` of this process.
  public static var journalStream: String? { getenv("JOURNAL_STREAM").map { String(cString: $0) } }

  /// Writes one entry, and blocks while the reader does not read.
  ///
  /// Returns false if the entry is lost.
  ///
  /// It intentionally reports no error: errors are reported here, and there is no other place.
  func write(_ entry: JournalEntry, at instant: Instant) -> Bool {
    switch self {
    case .journal(let identifier):
      var record = entry.record(identifier: identifier)
      return record.send()
    case .lines(let descriptor, let hasFields):
      return Self.write(Array((entry.line(at: instant, hasFields: hasFields) + "\n").utf8), to: descriptor)
    }
  }

  private static func write(_ line: [UInt8], to descriptor: Int32) -> Bool {
    var written = 0
    while written < line.count {
      switch line[written...].withUnsafeBytes({ Descriptor.write(descriptor, from: $0) }) {
      case .bytes(let count): written += count
      case .wouldBlock:
        // Another process made the shared file non-blocking. This queue may wait.
        var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&wait, 1, -1)
      case .end, .failed: return false
      }
    }
    return true
  }
}
