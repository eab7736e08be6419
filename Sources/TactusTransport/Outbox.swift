import TactusLinux
import TactusProtocol

/// Bytes on their way to one client.
struct Outbox {
  private var bytes = ByteQueue()
  /// Whether the socket has taken a part of the first message, and not its end.
  private var isInsideMessage = false

  /// Bytes that the socket has not taken.
  var count: Int { bytes.count }
  var isEmpty: Bool { bytes.isEmpty }
  /// The memory that they take, in bytes.
  var capacity: Int { bytes.capacity }

  mutating func append(_ message: [UInt8]) { bytes.append(message) }

  mutating func clear() { bytes.clear() }

  /// Drops all messages that the socket has not begun to take, and appends another.
  mutating func replace(with message: [UInt8]) {
    // The client reads what was begun together with what follows, so its end has to be sent.
    let rest = isInsideMessage ? Array(bytes.contents.prefix { $0 != 0 }) + [0] : []
    bytes.clear()
    bytes.append(rest)
    bytes.append(message)
  }

  /// Sends what the socket takes now; false if nobody is there to take anything.
  mutating func flush(to descriptor: Int32) -> Bool {
    while !isEmpty {
      switch bytes.contents.withUnsafeBytes({ Descriptor.send(descriptor, from: $0) }) {
      case .bytes(let count):
        isInsideMessage = bytes.contents.prefix(count).last != 0
        bytes.removeFirst(count)
      case .wouldBlock: return true
      case .end, .failed: return false
      }
    }
    return true
  }
}
