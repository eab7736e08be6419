/// The durable answer for a range of nominal instants that got no job.
public struct Decision: Hashable, Sendable {
  /// Why they got none.
  public var reason: Reason
  /// The first instant of the range, on the grid.
  public var first: Instant
  /// The last instant of the range, on the grid; not before `first`.
  public var last: Instant
  /// How many grid instants the range holds, at least 1.
  public var count: Int

  /// Puts a decision together.
  public init(reason: Reason, first: Instant, last: Instant, count: Int) {
    self.reason = reason
    self.first = first
    self.last = last
    self.count = count
  }

  /// The decision for the grid instants in a closed range whose bounds are on the grid; nil for an empty range.
  public init?(_ reason: Reason, of grid: Grid, from first: Instant, through last: Instant?) {
    guard let last, first <= last else { return nil }
    self.init(reason: reason, first: first, last: last, count: grid.count(from: first, through: last))
  }

  /// The same decision for what is left of the range around instants that have an answer; those are in order, on the
  /// grid and within the range.
  public func parts(around answered: [Instant], on grid: Grid) -> [Decision] {
    var parts: [Decision] = []
    var start = first
    for instant in answered {
      if let part = Decision(reason, of: grid, from: start, through: grid.instant(-1, from: instant)) {
        parts.append(part)
      }
      start = grid.instant(1, from: instant)
    }
    if let part = Decision(reason, of: grid, from: start, through: last) { parts.append(part) }
    return parts
  }

  /// Why an instant got no job.
  public enum Reason: String, CaseIterable, Sendable {
    /// A newer instant's run stands for it (`Misfire=latest`).
    case coalesced
    /// It was too late (`Misfire=skip`).
    case missed
    /// More had passed than `MisfireLimit=` allows (`Misfire=all`).
    case limit
    /// The previous run was live (`Overlap=skip`).
    case overlap
    /// A person canceled it before it was released.
    case skippedByUser = "skipped_by_user"
    /// The workflow was terminated.
    case terminated
    /// The schedule was changed before it was released.
    case edited
  }
}
