/// The id of one attempt of a job: a UUID version 7, so that ids sort by creation time.
///
/// The 12 bits after the version hold the fraction of the millisecond, which keeps the ids of one burst in order.
/// Source: RFC 9562, section 5.7, and section 6.2, method 3
public struct JobID: Hashable, Comparable, Sendable {
  /// The first eight bytes, big-endian: 48 bits of milliseconds, the version, the fraction.
  public let high: UInt64
  /// The last eight bytes, big-endian: the variant and 62 random bits.
  public let low: UInt64

  /// Creates an id from its two halves without a check, for stores that keep 16 bytes.
  public init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }

  /// Creates a new id for an instant of creation; instants before 1970 count as 1970.
  public init(at instant: Instant, using generator: inout some RandomNumberGenerator) {
    let microseconds = UInt64(max(0, instant.microseconds))
    let fraction = microseconds % 1000 * 4096 / 1000
    high = (microseconds / 1000) << 16 | 0x7000 | fraction
    low = generator.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
  }

  /// Parses the 36-character text form, in upper or lower case; nil for anything else or another UUID version.
  public init?(_ text: String) {
    guard text.utf8.count == 36 else { return nil }
    var digits: [UInt64] = []
    for (index, byte) in text.utf8.enumerated() {
      if index == 8 || index == 13 || index == 18 || index == 23 {
        guard byte == UInt8(ascii: "-") else { return nil }
      } else {
        guard let digit = Self.value(ofHexDigit: byte) else { return nil }
        digits.append(digit)
      }
    }
    guard digits[12] == 7, digits[16] & 0xC == 0x8 else { return nil }
    high = digits[..<16].reduce(0) { $0 << 4 | $1 }
    low = digits[16...].reduce(0) { $0 << 4 | $1 }
  }

  /// The first half of an id that is one tick (1/4096 of a millisecond) later.
  fileprivate var tickAfter: UInt64 {
    let fraction = high & 0xFFF
    return fraction < 0xFFF ? high + 1 : ((high >> 16) + 1) << 16 | 0x7000
  }

  /// Orders by creation; within one tick at random.
  public static func < (left: JobID, right: JobID) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }

  private static func value(ofHexDigit byte: UInt8) -> UInt64? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
  }
}

/// Creates ids that never repeat and keep their order of creation, even if the clock is set back.
///
/// Source: RFC 9562, section 6.2: ids continue from the last timestamp while the clock is behind it
public struct JobIDSequence: Sendable {
  private var last = JobID(high: 0, low: 0)

  /// Creates a sequence without a last id.
  public init() {}

  /// Returns the next id for an instant of creation.
  public mutating func next(at instant: Instant, using generator: inout some RandomNumberGenerator) -> JobID {
    var id = JobID(at: instant, using: &generator)
    // The next tick, with new random bits: ids that only count up would be easy to guess and hard to distinguish.
    if id <= last { id = JobID(high: last.tickAfter, low: id.low) }
    last = id
    return id
  }
}

extension JobID: CustomStringConvertible {
  /// The text form: lower case, 8-4-4-4-12 digits.
  public var description: String {
    let digits: [UInt8] = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(36)
    for index in 0..<32 {
      if index == 8 || index == 12 || index == 16 || index == 20 { text.append(UInt8(ascii: "-")) }
      let half = index < 16 ? high : low
      text.append(digits[Int(half >> UInt64((15 - index % 16) * 4) & 0xF)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
