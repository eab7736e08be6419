/// The durable answer for a range of nominal instants without a job.
public struct Decision: Hashable, Sendable {
  /// The reason.
  public var reason: Reason
  /// The first instant of the range, on the grid.
  public var first: Instant
  /// The last instant of the range, on the grid; not before `first`.
  public var last: Instant
  /// The number of grid instants in the range, at least 1.
  public var count: Int

  /// Creates a decision.
  public init(reason: Reason, first: Instant, last: Instant, count: Int) {
    self.reason = reason
    self.first = first
    self.last = last
    self.count = count
  }

  /// Creates the decision for a closed range of grid instants, whose bounds are on the grid; nil if the range is empty.
  public init?(_ reason: Reason, of grid: Grid, from first: Instant, through last: Instant?) {
    guard let last, first <= last else { return nil }
    self.init(reason: reason, first: first, last: last, count: grid.count(from: first, through: last))
  }

  /// Splits the decision around instants that already have an answer.
  ///
  /// - Parameter answered: instants in order, on the grid and within the range.
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

  /// The reasons why an instant has no job.
  ///
  /// A new one needs an ``Explanation/Outcome``, a sentence, both `.varlink` files, and a migration, because the CHECK of
  /// `decisions.reason` lists the words.
  public enum Reason: String, CaseIterable, Sendable {
    /// Covered by the run of a newer instant (`Misfire=latest`).
    case coalesced
    /// Too late (`Misfire=skip`).
    case missed
    /// More instants had passed than `MisfireLimit=` allows (`Misfire=all`).
    case limit
    /// The previous run was live (`Overlap=skip`).
    case overlap
    /// A person canceled it before its release.
    case skippedByUser = "skipped_by_user"
    /// The workflow was terminated.
    case terminated
    /// The schedule was changed before its release.
    case edited
  }
}
