/// Cuts a stream of bytes into messages: each ends with a NUL byte, which JSON text cannot contain.
///
/// Source: varlink.org, "Protocol".
public struct FrameDecoder: Sendable {
  /// The largest message, in bytes without its NUL: 1 MiB.
  public static let messageLimit = 1 << 20

  private let limit: Int
  private var buffer: [UInt8] = []
  /// Where the first unread message begins.
  private var start = 0
  /// Up to where the buffer is known to hold no NUL, so that no byte is looked at twice.
  private var searched = 0

  /// An empty decoder that takes messages up to a number of bytes.
  public init(limit: Int = FrameDecoder.messageLimit) { self.limit = limit }

  /// Whether a message has begun and not ended.
  public var isInsideMessage: Bool { start < buffer.count }

  /// Bytes held.
  public var count: Int { buffer.count - start }

  /// Takes bytes as they arrive, in pieces of any size.
  public mutating func append(_ bytes: some Collection<UInt8>) {
    compact()
    buffer.append(contentsOf: bytes)
  }

  /// The next complete message without its NUL; nil when more bytes are needed.
  /// - Throws: ``Oversize`` as soon as more than the limit has come without a NUL; the decoder is of no more use then.
  public mutating func next() throws(Oversize) -> [UInt8]? {
    guard let end = buffer[searched...].firstIndex(of: 0) else {
      searched = buffer.count
      guard count <= limit else { throw Oversize(limit: limit) }
      return nil
    }
    guard end - start <= limit else { throw Oversize(limit: limit) }
    defer {
      start = end + 1
      searched = start
      // A buffer that a large message has made large is given back.
      if start == buffer.count, buffer.capacity > 64 << 10 {
        buffer = []
        start = 0
        searched = 0
      }
    }
    return Array(buffer[start..<end])
  }

  /// A message that is larger than it may be.
  public struct Oversize: Error, Hashable, Sendable {
    /// The limit that it passed, in bytes.
    public let limit: Int
  }

  /// Moves the rest to the front once the read part outweighs it: each byte moves at most once on average.
  private mutating func compact() {
    guard start > 0, start >= count else { return }
    buffer.removeSubrange(..<start)
    searched -= start
    start = 0
  }
}
