internal import CSystemd
internal import Glibc
internal import TactusLinux

/// One entry for the journal: all its fields in one buffer, which the next entry reuses.
///
/// Values may contain any byte. Source: systemd.journal-fields(7), sd_journal_sendv(3).
struct JournalRecord {
  private var bytes: [UInt8] = []
  private var ends: [Int] = []

  private static let socket = "/run/systemd/journal/socket"

  /// Whether the journal reads from its socket.
  static var isListenedFor: Bool { UnixSocket.probe(socket, datagrams: true) == nil }

  /// Begins the next entry.
  mutating func clear() {
    bytes.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
  }

  /// Adds a field, `NAME=value`.
  mutating func add(_ field: some Sequence<UInt8>) {
    bytes.append(contentsOf: field)
    ends.append(bytes.count)
  }

  /// Adds a field in two parts: the name with its `=`, and the value.
  mutating func add(_ name: StaticString, _ value: some Sequence<UInt8>) {
    name.withUTF8Buffer { bytes.append(contentsOf: $0) }
    add(value)
  }

  /// The fields as text, for tests.
  var fields: [String] {
    zip([0] + ends, ends).map { String(decoding: bytes[$0..<$1], as: UTF8.self) }
  }

  /// Sends the entry to the journal, and waits while the journal does not read; false if the journal refused it.
  ///
  /// The library sends an entry that is too large for a datagram as a file. The corresponding C function is
  /// `sd_journal_sendv`.
  mutating func send() -> Bool {
    // The library reports success if the journal does not run: sd_journal_print(3), "silently ignored".
    guard access(Self.socket, W_OK) == 0 else { return false }
    return bytes.withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return true }
      var start = 0
      let vectors = ends.map { end in
        defer { start = end }
        return iovec(iov_base: base + start, iov_len: end - start)
      }
      return sd_journal_sendv(vectors, Int32(vectors.count)) >= 0
    }
  }
}
