/// When a MANUAL job may start.
public enum ManualStart {
  /// The sentence that refuses an instant, naming the valid range; nil if it is valid, or absent (now).
  public static func refusal(of instant: Instant?, now: Instant) -> String? {
    guard let instant else { return nil }
    let valid = (now - Limits.manualPast)...(now + Limits.manualFuture)
    guard !valid.contains(instant) else { return nil }
    return "\(instant) is \(instant < now ? "too long ago" : "too far ahead"): "
      + "valid from \(valid.lowerBound) (60 s in the past) to \(valid.upperBound) (5 years ahead)"
  }
}
