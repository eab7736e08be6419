import Glibc
import TactusLinux

/// Bytes on their way to one client.
struct Outbox {
  private var bytes: [UInt8] = []
  private var sent = 0

  /// Bytes that the socket has not taken.
  var count: Int { bytes.count - sent }
  var isEmpty: Bool { count == 0 }

  mutating func append(_ message: [UInt8]) {
    if isEmpty { clear() }
    bytes.append(contentsOf: message)
  }

  mutating func clear() {
    bytes.removeAll(keepingCapacity: bytes.count <= 64 << 10)
    sent = 0
  }

  /// Sends what the socket takes now; false if nobody is there to take anything.
  mutating func flush(to descriptor: Int32) -> Bool {
    while !isEmpty {
      let transfer = bytes.withUnsafeBytes {
        Descriptor.send(descriptor, from: UnsafeRawBufferPointer(rebasing: $0[sent...]))
      }
      switch transfer {
      case .bytes(let count): sent += count
      case .wouldBlock:
        // The sent part goes once it outweighs the rest: each byte moves at most once on average.
        if sent >= count {
          bytes.removeSubrange(..<sent)
          sent = 0
        }
        return true
      case .end, .failed: return false
      }
    }
    return true
  }
}
