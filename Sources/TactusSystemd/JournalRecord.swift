internal import CSystemd
internal import Glibc
internal import TactusLinux

/// One entry on its way to the journal: all its fields in one buffer, which the next entry takes over.
///
/// Values may contain any byte. Source: systemd.journal-fields(7), sd_journal_sendv(3).
struct JournalRecord {
  private var bytes: [UInt8] = []
  private var ends: [Int] = []

  private static let socket = "/run/systemd/journal/socket"

  /// Whether anybody reads from the journal's socket.
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

  /// Adds a field whose name, with its `=`, and value come apart.
  mutating func add(_ name: StaticString, _ value: some Sequence<UInt8>) {
    name.withUTF8Buffer { bytes.append(contentsOf: $0) }
    add(value)
  }

  /// The fields, for those who look.
  var fields: [String] {
    zip([0] + ends, ends).map { String(decoding: bytes[$0..<$1], as: UTF8.self) }
  }

  /// Hands the entry to the journal, and waits for as long as it takes nothing; false if it was refused.
  ///
  /// What is too large for a datagram goes as a file, which the library sees to. The corresponding C function is
  /// `sd_journal_sendv`.
  mutating func send() -> Bool {
    // The library takes a journal that is not there for success: sd_journal_print(3), "silently ignored".
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
