/// The rule for the start time of a MANUAL job.
public enum ManualStart {
  /// A refused instant and the valid range.
  public struct Fault: Hashable, Sendable {
    /// The refused instant.
    public var instant: Instant
    /// The valid range: from 60 s in the past to five years ahead of the request.
    public var valid: ClosedRange<Instant>
  }

  /// Returns the fault of an instant; nil if it is valid, or absent, which means now.
  public static func fault(of instant: Instant?, now: Instant) -> Fault? {
    guard let instant else { return nil }
    let valid = (now - Limits.manualPast)...(now + Limits.manualFuture)
    return valid.contains(instant) ? nil : Fault(instant: instant, valid: valid)
  }
}
