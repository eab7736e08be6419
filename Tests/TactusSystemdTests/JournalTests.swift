import Glibc
import TactusLinux
import TactusModel
import TactusPorts
import TactusTestSupport
import Testing

@testable import TactusSystemd

@Suite(.timeLimit(.minutes(5)))
struct JournalTests {
  private static let instant = Instant(microseconds: 1_795_333_287_000_000)

  @Test("An entry is a readable line, which ends with the fields on request")
  func line() {
    let entry = JournalEntry(.imageMissing, "it is not there", fields: [.workflow: "backup", .peerUID: "0"])
    #expect(entry.line(at: Self.instant) == "2026-11-22T07:41:27Z warning: it is not there")
    #expect(
      entry.line(at: Self.instant, hasFields: true)
        == "2026-11-22T07:41:27Z warning: it is not there (TACTUS_WORKFLOW=backup TACTUS_PEER_UID=0)")
    #expect(JournalEntry(.daemonStopping, "ready").line(at: Self.instant) == "2026-11-22T07:41:27Z notice: ready")
  }

  @Test("An entry with any content is one line without terminal control characters")
  func control() {
    let entry = JournalEntry(.storeFailing, "a\nb\u{1B}[31m", fields: [.reason: "c\td"])
    #expect(
      entry.line(at: Self.instant, hasFields: true)
        == "2026-11-22T07:41:27Z error: a\\nb\\u{1b}[31m (TACTUS_REASON=c\\td)")
  }

  @Test("The journal gets fields with unchanged bytes")
  func fields() {
    let entry = JournalEntry(.workflowFileGone, "two\nlines", fields: [.workflow: "ü=1"])
    let fields = entry.record(identifier: "tactusd").fields
    #expect(
      fields == [
        "PRIORITY=5", "SYSLOG_IDENTIFIER=tactusd", "MESSAGE_ID=\(JournalMessage.workflowFileGone.id)",
        "MESSAGE=two\nlines", "TACTUS_MESSAGE=workflow_file_gone", "TACTUS_WORKFLOW=ü=1",
      ])
  }

  @Test("Every kind has a unique id, and every field a name that the journal accepts")
  func words() {
    let ids = JournalMessage.allCases.map(\.id)
    #expect(Set(ids).count == ids.count)
    // These digits make a random id of 128 bits a UUID of version 4.
    #expect(ids.allSatisfy { $0.wholeMatch(of: /[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}/) != nil })
    #expect(JournalMessage.allCases.allSatisfy { $0.rawValue.wholeMatch(of: /[a-z]+(_[a-z]+)*/) != nil })
    #expect(JournalField.allCases.allSatisfy { $0.rawValue.wholeMatch(of: /TACTUS_[A-Z_]{1,57}/) != nil })
  }

  @Test("An entry without a field that its kind requires traps")
  func missingField() async {
    await #expect(processExitsWith: .failure) { _ = JournalEntry(.workflowExhausted, "x") }
  }

  @Test("The journal is used exactly if stderr is connected to it")
  func destination() {
    var status = stat()
    #expect(fstat(STDERR_FILENO, &status) == 0)
    let stream = "\(status.st_dev):\(status.st_ino)"
    #expect(JournalDestination.connected(journalStream: stream) == .journal(identifier: "tactusd"))
    #expect(JournalDestination.connected(journalStream: "1:\(status.st_ino)") == .lines(descriptor: STDERR_FILENO))
    #expect(JournalDestination.connected(journalStream: nil) == .lines(descriptor: STDERR_FILENO))
  }

  @Test("A service that was started without a journal writes to the journal once it exists")
  func startedWithout() throws {
    let nowhere = try Descriptor.open("/dev/null", O_WRONLY)
    defer { Descriptor.close(nowhere) }
    func destination(isService: Bool) -> JournalDestination {
      .connected(to: nowhere, journalStream: nil, isService: isService)
    }
    #expect(destination(isService: true) == .journal(identifier: "tactusd"))
    // A user's own `2>/dev/null`.
    #expect(destination(isService: false) == .lines(descriptor: nowhere))
    let zero = try Descriptor.open("/dev/zero", O_RDONLY)
    defer { Descriptor.close(zero) }
    #expect(
      JournalDestination.connected(to: zero, journalStream: nil, isService: true) == .lines(descriptor: zero))
  }

  @Test("Entries are written in the order of the calls")
  func order() throws {
    let pipe = try FullPipe(full: false)
    let journal = JournalWriter(to: .lines(descriptor: pipe.write), time: SystemTime())
    for number in 0..<100 { journal.report(JournalEntry(.daemonStopping, "entry \(number)")) }
    #expect(journal.flush())
    let lines = pipe.lines(100)
    #expect(lines.map { $0.split(separator: " ").last.map(String.init) } == (0..<100).map { "\($0)" })
  }

  @Test("A report does not block without a reader, and dropped messages are reported afterwards")
  func overload() throws {
    let pipe = try FullPipe(full: true)
    let journal = JournalWriter(to: .lines(descriptor: pipe.write), time: SystemTime(), limit: 4)
    for number in 0..<10 { journal.report(JournalEntry(.daemonStopping, "entry \(number)")) }
    #expect(journal.flush(within: .milliseconds(50)) == false)
    pipe.empty()
    #expect(journal.flush(within: patience))
    let lines = pipe.lines(5)
    for number in 0..<4 { #expect(lines.contains { $0.hasSuffix("notice: entry \(number)") }) }
    #expect(lines.contains { $0.contains("warning: 6 messages were dropped") && $0.hasSuffix("unavailable.") })
  }

  @Test("A reader that has gone does not stop the log")
  func readerGone() throws {
    let pipe = try FullPipe(full: false)
    pipe.closeReader()
    let journal = JournalWriter(to: .lines(descriptor: pipe.write), time: SystemTime())
    journal.report(JournalEntry(.daemonStopping, "nobody reads this"))
    #expect(journal.flush())
  }
}

/// A pipe, optionally without any room.
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

  /// Removes the bytes that filled it.
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

  /// Reads a number of lines.
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
