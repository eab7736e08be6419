/// A number by which two streams of bytes are compared: FNV-1a with 64 bits.
///
/// It suffices without an attacker, and protects nothing. It may be stored.
public struct Fingerprint: Hashable, Sendable {
  /// The fingerprint of the bytes so far.
  public var value: UInt64 = 0xcbf2_9ce4_8422_2325

  /// Creates the fingerprint of no bytes.
  public init() {}

  /// Adds bytes; the pieces in which they arrive do not matter.
  @inlinable
  public mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }
}
