/// How much somebody may ask for: a burst at once, and a rate for ever.
public struct TokenBucket: Hashable, Sendable {
  private let rate: Int64
  private let burst: Int64
  /// In millionths of a token, so that what comes back in a microsecond is a whole number.
  private var content: Int64
  private var filledAt: MonotonicInstant

  private static let token: Int64 = 1_000_000

  /// A full bucket.
  /// - Parameters:
  ///   - rate: tokens that come back every second, 1 … 1,000,000.
  ///   - burst: tokens that it holds, 1 … 2,000,000.
  public init(rate: Int, burst: Int, now: MonotonicInstant) {
    self.rate = Int64(rate)
    self.burst = Int64(burst)
    content = Int64(burst) * Self.token
    filledAt = now
  }

  /// Takes a token; nil if there was one, else how long it takes until there is.
  public mutating func take(now: MonotonicInstant) -> Duration? {
    content = content(at: now)
    filledAt = now
    guard content < Self.token else {
      content -= Self.token
      return nil
    }
    return .microseconds((Self.token - content + rate - 1) / rate)
  }

  /// Whether it is full again, so that it need not be remembered.
  public func isFull(now: MonotonicInstant) -> Bool { content(at: now) >= burst * Self.token }

  private func content(at now: MonotonicInstant) -> Int64 {
    let full = burst * Self.token
    let (filled, overflow) = max(0, (now - filledAt).microseconds).multipliedReportingOverflow(by: rate)
    return overflow || filled > full - content ? full : content + filled
  }
}
