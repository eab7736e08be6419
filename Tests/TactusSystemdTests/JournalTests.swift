import Glibc
import TactusLinux
import TactusModel
import TactusPorts
import Testing

@testable import TactusSystemd

@Suite(.timeLimit(.minutes(2)))
struct JournalTests {
  private static let instant = Instant(microseconds: 1_795_333_287_000_000)

  @Test("An entry is a line that people can read")
  func line() {
    let entry = JournalEntry(.warning, "the disk is full", fields: ["TACTUS_WORKFLOW": "backup", "TACTUS_UID": "0"])
    #expect(
      entry.line(at: Self.instant)
        == "2026-11-22T07:41:27Z warning: the disk is full (TACTUS_WORKFLOW=backup TACTUS_UID=0)")
    #expect(JournalEntry(.info, "ready").line(at: Self.instant) == "2026-11-22T07:41:27Z info: ready")
  }

  @Test("Whatever an entry says, it stays one line, and commands no terminal")
  func control() {
    let entry = JournalEntry(.error, "a\nb\u{1B}[31m", fields: ["TACTUS_X": "c\td"])
    #expect(entry.line(at: Self.instant) == "2026-11-22T07:41:27Z error: a\\nb\\u{1b}[31m (TACTUS_X=c\\td)")
  }

  @Test("The journal gets fields, the bytes of the values as they are")
  func fields() {
    let entry = JournalEntry(.notice, "two\nlines", fields: ["TACTUS_WORKFLOW": "ü=1"])
    let fields = entry.journalFields(identifier: "tactusd").map { String(decoding: $0, as: UTF8.self) }
    #expect(
      fields == ["PRIORITY=5", "SYSLOG_IDENTIFIER=tactusd", "MESSAGE=two\nlines", "TACTUS_WORKFLOW=ü=1"])
  }

  @Test("A field with a name that the journal would drop is a mistake")
  func fieldName() async {
    await #expect(processExitsWith: .failure) {
      _ = JournalEntry(.info, "x", fields: ["_TRUSTED": "1"]).journalFields(identifier: "tactusd")
    }
    await #expect(processExitsWith: .failure) {
      _ = JournalEntry(.info, "x", fields: ["TACTUS WORKFLOW": "1"]).journalFields(identifier: "tactusd")
    }
  }

  @Test("The journal is used exactly when stderr leads there")
  func destination() {
    var status = stat()
    #expect(fstat(STDERR_FILENO, &status) == 0)
    let stream = "\(status.st_dev):\(status.st_ino)"
    #expect(JournalDestination.connected(journalStream: stream) == .journal(identifier: "tactusd"))
    #expect(JournalDestination.connected(journalStream: "1:\(status.st_ino)") == .lines(descriptor: STDERR_FILENO))
    #expect(JournalDestination.connected(journalStream: nil) == .lines(descriptor: STDERR_FILENO))
  }

  @Test("Entries are written in the order they were told")
  func order() throws {
    let pipe = try FullPipe(full: false)
    let journal = JournalWriter(to: .lines(descriptor: pipe.write), time: SystemTime())
    for number in 0..<100 { journal.tell(JournalEntry(.info, "entry \(number)")) }
    #expect(journal.flush())
    let lines = pipe.lines(100)
    #expect(lines.map { $0.split(separator: " ").last.map(String.init) } == (0..<100).map { "\($0)" })
  }

  @Test("When nobody reads, telling does not block, and what was dropped is told afterwards")
  func overload() throws {
    let pipe = try FullPipe(full: true)
    let journal = JournalWriter(to: .lines(descriptor: pipe.write), time: SystemTime(), limit: 4)
    for number in 0..<10 { journal.tell(JournalEntry(.info, "entry \(number)")) }
    #expect(journal.flush(within: .milliseconds(50)) == false)
    pipe.empty()
    #expect(journal.flush(within: .seconds(60)))
    let lines = pipe.lines(5)
    for number in 0..<4 { #expect(lines.contains { $0.hasSuffix("info: entry \(number)") }) }
    #expect(lines.contains { $0.contains("warning: 6 messages were dropped") && $0.contains("(TACTUS_DROPPED=6)") })
  }

  @Test("A reader that has gone does not stop anything")
  func readerGone() throws {
    let pipe = try FullPipe(full: false)
    pipe.closeReader()
    let journal = JournalWriter(to: .lines(descriptor: pipe.write), time: SystemTime())
    journal.tell(JournalEntry(.info, "nobody reads this"))
    #expect(journal.flush())
  }
}

/// A pipe, on request without any room.
private final class FullPipe {
  let write: Int32
  private let read: Int32
  private var isReaderOpen = true
  private var filling = 0

  init(full: Bool) throws {
    // As the daemon does.
    signal(SIGPIPE, SIG_IGN)
    (read, write) = try Descriptor.pipe()
    guard full else { return }
    let flags = fcntl(write, F_GETFL)
    try Descriptor.setNonBlocking(write)
    let page = [UInt8](repeating: 0, count: 4096)
    while case .bytes(let count) = page.withUnsafeBytes({ Descriptor.write(write, from: $0) }) { filling += count }
    _ = fcntl(write, F_SETFL, flags)
  }

  deinit {
    closeReader()
    Descriptor.close(write)
  }

  func closeReader() {
    guard isReaderOpen else { return }
    isReaderOpen = false
    Descriptor.close(read)
  }

  /// Takes out what made it full.
  func empty() {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while filling > 0 {
      let size = min(filling, buffer.count)
      guard
        case .bytes(let count) = buffer.withUnsafeMutableBytes({
          Descriptor.read(read, into: .init(rebasing: $0[..<size]))
        })
      else { return }
      filling -= count
    }
  }

  /// Reads so many lines.
  func lines(_ count: Int) -> [String] {
    var text = ""
    var buffer = [UInt8](repeating: 0, count: 4096)
    while text.split(separator: "\n").count < count || !text.hasSuffix("\n") {
      guard case .bytes(let size) = buffer.withUnsafeMutableBytes({ Descriptor.read(read, into: $0) }) else { break }
      text += String(decoding: buffer.prefix(size), as: UTF8.self)
    }
    return text.split(separator: "\n").map(String.init)
  }
}
