/// Splits a stream of bytes into messages: each ends with a NUL byte, which JSON text cannot contain.
///
/// Source: varlink.org, "Protocol".
public struct FrameDecoder: Sendable {
  /// The largest message, in bytes without its NUL: 1 MiB.
  public static let messageLimit = 1 << 20

  private let limit: Int
  private var buffer = ByteQueue()
  /// The length of the beginning of the buffer without a NUL, which is not searched again.
  private var searched = 0

  /// Creates an empty decoder for messages of at most a number of bytes.
  public init(limit: Int = FrameDecoder.messageLimit) { self.limit = limit }

  /// Whether bytes of a message are in the buffer.
  public var isInsideMessage: Bool { !buffer.isEmpty }

  /// The number of bytes in the buffer.
  public var count: Int { buffer.count }

  /// The allocated memory of the buffer, in bytes.
  public var capacity: Int { buffer.capacity }

  /// Appends received bytes, in pieces of any size.
  public mutating func append(_ bytes: some Collection<UInt8>) { buffer.append(bytes) }

  /// Whether the next message is incomplete; false if it is complete or has not begun.
  public mutating func needsMore() -> Bool { !buffer.isEmpty && findEnd() == nil }

  /// Returns the next complete message without its NUL; nil if more bytes are needed.
  ///
  /// - Throws: ``Oversize`` as soon as more bytes than the limit arrive without a NUL. The decoder is unusable then.
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

  /// A message above the limit.
  public struct Oversize: Error, Hashable, Sendable {
    /// The limit, in bytes.
    public let limit: Int
  }

  /// Returns the index of the NUL of the next message; nil if it has not arrived.
  private mutating func findEnd() -> Int? {
    let unsearched = buffer.contents.dropFirst(searched)
    let end = unsearched.firstIndex(of: 0).map { searched + $0 - unsearched.startIndex }
    searched = end ?? count
    return end
  }
}
