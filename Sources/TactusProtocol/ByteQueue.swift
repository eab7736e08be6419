/// A queue of bytes, appended at the end and removed from the front, with little spare memory.
public struct ByteQueue: Sendable {
  private var bytes: [UInt8] = []
  /// The index of the first remaining byte.
  private var start = 0

  /// Beyond this size, in bytes, the memory grows by this step instead of doubling.
  private static let step = 64 << 10

  /// Creates an empty queue, which needs no memory.
  public init() {}

  /// The number of bytes in the queue.
  public var count: Int { bytes.count - start }

  /// Whether the queue is empty.
  public var isEmpty: Bool { start == bytes.count }

  /// The allocated memory, in bytes: zero for an empty queue, else less than twice ``count`` plus 128 KiB.
  public var capacity: Int { bytes.capacity }

  /// The bytes in the queue.
  ///
  /// Release the slice before the queue changes, to avoid a copy.
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
    // Large arrays would double, and a client could use twice the memory that it is charged for.
    larger.reserveCapacity(
      needed > Self.step
        ? (needed + Self.step - 1) / Self.step * Self.step : max(needed, min(2 * bytes.capacity, Self.step)))
    larger.append(contentsOf: contents)
    bytes = larger
    start = 0
  }
}
