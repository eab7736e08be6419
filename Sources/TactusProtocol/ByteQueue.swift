/// Bytes that are appended at the end and removed from the front, in hardly more memory than they need.
public struct ByteQueue: Sendable {
  private var bytes: [UInt8] = []
  /// Where the first byte is that was not removed.
  private var start = 0

  /// Beyond this size the memory grows by this much, in bytes, instead of doubling.
  private static let step = 64 << 10

  /// An empty queue, which needs no memory.
  public init() {}

  /// How many bytes wait.
  public var count: Int { bytes.count - start }

  /// Whether no bytes wait.
  public var isEmpty: Bool { start == bytes.count }

  /// The memory that is allocated, in bytes: zero when it is empty, else less than twice ``count`` and 128 KiB more.
  public var capacity: Int { bytes.capacity }

  /// The bytes that wait; release the slice before the queue changes, so that it need not be copied.
  public var contents: ArraySlice<UInt8> { bytes[start...] }

  /// Adds bytes at the end.
  public mutating func append(_ more: some Collection<UInt8>) {
    if bytes.capacity - bytes.count < more.count { grow(by: more.count) }
    bytes.append(contentsOf: more)
  }

  /// Removes bytes from the front; at most ``count``.
  public mutating func removeFirst(_ number: Int) {
    start += number
    if isEmpty {
      clear()
    } else if start >= Self.step, start >= count {
      // The removed part outweighs the rest: each byte moves at most once on average.
      bytes = Array(contents)
      start = 0
    }
  }

  /// Removes all bytes, and frees their memory.
  public mutating func clear() {
    bytes = []
    start = 0
  }

  private mutating func grow(by number: Int) {
    let needed = count + number
    var larger: [UInt8] = []
    // Large arrays would double, so that a client could have twice the memory that it is charged for.
    larger.reserveCapacity(
      needed > Self.step
        ? (needed + Self.step - 1) / Self.step * Self.step : max(needed, min(2 * bytes.capacity, Self.step)))
    larger.append(contentsOf: contents)
    bytes = larger
    start = 0
  }
}
