/// How much somebody may ask for: a burst at once, and a rate for ever.
public struct TokenBucket: Hashable, Sendable {
  private let rate: Int
  private let burst: Int
  private var tokens: Double
  private var filledAt: MonotonicInstant

  /// A full bucket.
  /// - Parameters:
  ///   - rate: tokens that come back every second, at least 1.
  ///   - burst: tokens that it holds, at least 1.
  public init(rate: Int, burst: Int, now: MonotonicInstant) {
    self.rate = rate
    self.burst = burst
    tokens = Double(burst)
    filledAt = now
  }

  /// Takes a token; nil if there was one, else how long it takes until there is.
  public mutating func take(now: MonotonicInstant) -> Duration? {
    tokens = min(Double(burst), tokens + Double(max(0, (now - filledAt).microseconds)) * Double(rate) / 1e6)
    filledAt = now
    guard tokens < 1 else {
      tokens -= 1
      return nil
    }
    return .microseconds(Int64(((1 - tokens) * 1e6 / Double(rate)).rounded(.up)))
  }

  /// Whether it is full again, so that it need not be remembered.
  public func isFull(now: MonotonicInstant) -> Bool {
    tokens + Double(max(0, (now - filledAt).microseconds)) * Double(rate) / 1e6 >= Double(burst)
  }
}
