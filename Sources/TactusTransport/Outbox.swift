import TactusLinux
import TactusProtocol

/// The bytes to send to a client.
struct Outbox {
  private var bytes = ByteQueue()
  /// Whether the socket has accepted a part of the first message, but not its end.
  private var isInsideMessage = false

  /// The number of bytes that the socket has not accepted.
  var count: Int { bytes.count }
  var isEmpty: Bool { bytes.isEmpty }
  /// The allocated memory, in bytes.
  var capacity: Int { bytes.capacity }

  mutating func append(_ message: [UInt8]) { bytes.append(message) }

  mutating func clear() { bytes.clear() }

  /// Drops all messages of which the socket has accepted nothing, and appends another message.
  mutating func replace(with message: [UInt8]) {
    // The end of a begun message must be sent, or the client would join it with the next message.
    let rest = isInsideMessage ? Array(bytes.contents.prefix { $0 != 0 }) + [0] : []
    bytes.clear()
    bytes.append(rest)
    bytes.append(message)
  }

  /// Sends as much as the socket accepts now; returns false if the client has gone.
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
