/// A rate limit: a burst at once, then a constant rate.
public struct TokenBucket: Hashable, Sendable {
  private let rate: Int64
  private let burst: Int64
  /// The content in millionths of a token, so that the refill per microsecond is a whole number.
  private var content: Int64
  private var filledAt: MonotonicInstant

  private static let token: Int64 = 1_000_000

  /// Creates a full bucket.
  ///
  /// - Parameters:
  ///   - rate: the refill in tokens per second, 1 … 1,000,000.
  ///   - burst: the capacity in tokens, 1 … 2,000,000.
  public init(rate: Int, burst: Int, now: MonotonicInstant) {
    self.rate = Int64(rate)
    self.burst = Int64(burst)
    content = Int64(burst) * Self.token
    filledAt = now
  }

  /// Takes a token; returns nil if there was one, else the time until there is one.
  public mutating func take(now: MonotonicInstant) -> Duration? {
    content = content(at: now)
    filledAt = now
    guard content < Self.token else {
      content -= Self.token
      return nil
    }
    return .microseconds((Self.token - content + rate - 1) / rate)
  }

  /// Whether the bucket is full again, so that it need not be remembered.
  public func isFull(now: MonotonicInstant) -> Bool { content(at: now) >= burst * Self.token }

  private func content(at now: MonotonicInstant) -> Int64 {
    let full = burst * Self.token
    let (filled, overflow) = max(0, (now - filledAt).microseconds).multipliedReportingOverflow(by: rate)
    return overflow || filled > full - content ? full : content + filled
  }
}
