/// Cuts a stream of bytes into messages: each ends with a NUL byte, which JSON text cannot contain.
///
/// Source: varlink.org, "Protocol".
public struct FrameDecoder: Sendable {
  /// The largest message, in bytes without its NUL: 1 MiB.
  public static let messageLimit = 1 << 20

  private let limit: Int
  private var buffer = ByteQueue()
  /// Up to where the buffer is known to hold no NUL, so that no byte is looked at twice.
  private var searched = 0

  /// An empty decoder that takes messages up to a number of bytes.
  public init(limit: Int = FrameDecoder.messageLimit) { self.limit = limit }

  /// Whether a message has begun that was not returned.
  public var isInsideMessage: Bool { !buffer.isEmpty }

  /// Bytes held.
  public var count: Int { buffer.count }

  /// The memory that is allocated for them, in bytes.
  public var capacity: Int { buffer.capacity }

  /// Takes bytes as they arrive, in pieces of any size.
  public mutating func append(_ bytes: some Collection<UInt8>) { buffer.append(bytes) }

  /// Whether a message has begun whose end has not arrived; false if the next message is complete.
  public mutating func needsMore() -> Bool { !buffer.isEmpty && findEnd() == nil }

  /// The next complete message without its NUL; nil when more bytes are needed.
  /// - Throws: ``Oversize`` as soon as more than the limit has come without a NUL; the decoder is of no more use then.
  public mutating func next() throws(Oversize) -> [UInt8]? {
    guard let end = findEnd() else {
      guard count <= limit else { throw Oversize(limit: limit) }
      return nil
    }
    guard end <= limit else { throw Oversize(limit: limit) }
    let message = Array(buffer.contents.prefix(end))
    buffer.removeFirst(end + 1)
    searched = 0
    return message
  }

  /// A message that is larger than it may be.
  public struct Oversize: Error, Hashable, Sendable {
    /// The limit that it passed, in bytes.
    public let limit: Int
  }

  /// Where the NUL of the next message is; nil if it has not arrived.
  private mutating func findEnd() -> Int? {
    let unsearched = buffer.contents.dropFirst(searched)
    let end = unsearched.firstIndex(of: 0).map { searched + $0 - unsearched.startIndex }
    searched = end ?? count
    return end
  }
}
