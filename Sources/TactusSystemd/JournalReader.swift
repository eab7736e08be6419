internal import CSystemd
internal import Glibc
public import TactusLinux
public import TactusModel

/// Reads the journal entries that have certain fields, oldest first; one thread.
///
/// The journal itself silently omits entries that this process may not read: see ``hasFiles`` and ``mayReadSystem``.
/// Source: sd-journal(3).
public final class JournalReader {
  /// One entry.
  public struct Entry: Sendable {
    /// The instant when the journal received it.
    public var at: Instant
    /// The fields in the journal's order, with the values as raw bytes.
    public var fields: [(name: String, value: [UInt8])]

    /// The first value of a field.
    public subscript(name: String) -> [UInt8]? { fields.first { $0.name == name }?.value }
  }

  private let journal: OpaquePointer

  /// Opens the journals of this machine, or those below a directory.
  ///
  /// - Parameter matches: `NAME=value`. Matches of the same name are alternatives, and every name must match.
  /// - Throws: if they cannot be opened. Missing or unreadable journals are not an error here.
  public init(matching matches: [String], directory: String? = nil) throws(SystemError) {
    var opened: OpaquePointer?
    let answer =
      if let directory { sd_journal_open_directory(&opened, directory, 0) } else { sd_journal_open(&opened, 1) }
    guard answer >= 0, let opened else {
      throw SystemError(code: -answer, operation: "open", subject: directory ?? "the journal")
    }
    journal = opened
    // Whole values: by default the library may truncate them to 64 KiB.
    try Self.check(sd_journal_set_data_threshold(journal, 0))
    for match in matches { try Self.check(sd_journal_add_match(journal, match, match.utf8.count)) }
  }

  deinit { sd_journal_close(journal) }

  /// Whether there is any journal that this process can read.
  public var hasFiles: Bool {
    sd_journal_has_runtime_files(journal) > 0 || sd_journal_has_persistent_files(journal) > 0
  }

  /// Whether this process may read the journals of the system; true if there are no such journals.
  ///
  /// All users may read their own journal, which has no entries of a system instance.
  public static var mayReadSystem: Bool {
    var machine = sd_id128_t()
    guard sd_id128_get_machine(&machine) >= 0 else { return true }
    let name = withUnsafeBytes(of: machine) { bytes in
      bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
    return ["/var/log/journal", "/run/log/journal"].allSatisfy { directory in
      access("\(directory)/\(name)/system.journal", R_OK) == 0 || errno == ENOENT
    }
  }

  // MARK: Places

  /// Moves to an instant: the next entry is the first at or after it.
  public func seek(to instant: Instant) throws(SystemError) {
    try Self.check(sd_journal_seek_realtime_usec(journal, UInt64(max(0, instant.microseconds))))
  }

  /// Moves so that the next entries are the last ones, at most `count` of them, of all or before an instant.
  public func seekLast(_ count: Int, before instant: Instant? = nil) throws(SystemError) {
    if let instant { try seek(to: instant) } else { try Self.check(sd_journal_seek_tail(journal)) }
    // One further back, because the next entry is read by a step forwards. At the head there is no entry before.
    let steps = try Self.check(sd_journal_previous_skip(journal, UInt64(count) + 1))
    if steps <= count { try Self.check(sd_journal_seek_head(journal)) }
  }

  // MARK: Entries

  /// The next entry; nil at the end of the journal.
  public func next() throws(SystemError) -> Entry? {
    guard try Self.check(sd_journal_next(journal)) > 0 else { return nil }
    var instant: UInt64 = 0
    try Self.check(sd_journal_get_realtime_usec(journal, &instant))
    var entry = Entry(at: Instant(microseconds: Int64(clamping: instant)), fields: [])
    sd_journal_restart_data(journal)
    var data: UnsafeRawPointer?
    var size = 0
    while try Self.check(sd_journal_enumerate_available_data(journal, &data, &size)) > 0 {
      let field = UnsafeRawBufferPointer(start: data, count: size)
      guard let sign = field.firstIndex(of: UInt8(ascii: "=")) else { continue }
      entry.fields.append(
        (name: String(decoding: field[..<sign], as: UTF8.self), value: Array(field[(sign + 1)...])))
    }
    return entry
  }

  /// Waits until there may be more entries.
  ///
  /// It does not poll: the kernel notifies it.
  public func wait() throws(SystemError) {
    try Self.check(sd_journal_wait(journal, UInt64.max))
  }

  @discardableResult
  private static func check(_ answer: Int32) throws(SystemError) -> Int32 {
    guard answer >= 0 else { throw SystemError(code: -answer, operation: "read", subject: "the journal") }
    return answer
  }
}
