/// The decision of the scheduling worker on a job whose start time has come.
public enum Release: Hashable, Sendable {
  /// Queue it for this nominal instant, which `Misfire=latest` moves to the newest due one.
  ///
  /// The decisions answer the instants that were passed over.
  case run(nominal: Instant, decisions: [Decision])
  /// Leave it PENDING/due until the reason to wait changes.
  case wait(Wait)
  /// Run no due instant: the decisions answer them, and the row moves to the next instant.
  case drop(decisions: [Decision], next: Instant)
  /// Cancel the live automatic jobs first, then decide again.
  case replace
}

/// All the facts that a release depends on.
public struct ReleaseSituation: Hashable, Sendable {
  /// The time of the decision.
  public var now: Instant
  /// The nominal instant of the row; on the grid if there is one.
  public var nominal: Instant
  /// The grid that the row was planned on; nil for a MANUAL job or one without a workflow.
  public var grid: Grid?
  /// The policies of the workflow's newest definition.
  public var policies: Policies
  /// The number of live AUTOMATIC jobs of the same workflow.
  public var liveAutomatic: Int
  /// The number of live MANUAL jobs of the same workflow.
  public var liveManual: Int
  /// Whether older jobs of the same workflow already wait; they go first.
  public var othersWait: Bool
  /// Whether the queue has room for one more job.
  public var queueHasRoom: Bool

  /// Creates a situation; the defaults are those of an idle workflow in an idle queue.
  public init(
    now: Instant, nominal: Instant, grid: Grid?, policies: Policies, liveAutomatic: Int = 0,
    liveManual: Int = 0, othersWait: Bool = false, queueHasRoom: Bool = true
  ) {
    self.now = now
    self.nominal = nominal
    self.grid = grid
    self.policies = policies
    self.liveAutomatic = liveAutomatic
    self.liveManual = liveManual
    self.othersWait = othersWait
    self.queueHasRoom = queueHasRoom
  }

  /// Decides, for any cause of lateness: downtime, sleep, a clock step, overlap or a full backlog.
  public func decide() -> Release {
    if let blocked = overlapping() { return blocked }
    guard queueHasRoom else { return .wait(.backlog) }
    guard let grid, let newest = grid.newest(through: now), newest > nominal || policies.misfire == .skip
    else { return .run(nominal: nominal, decisions: []) }
    return catchUp(grid, newest: max(newest, nominal))
  }

  private func overlapping() -> Release? {
    guard policies.overlap != .allow else { return nil }
    let live = liveAutomatic + liveManual
    // MANUAL jobs are never skipped and never replace another job: they wait in order.
    guard let grid else { return live > 0 || othersWait ? .wait(.overlap) : nil }
    switch policies.overlap {
    case .allow: return nil
    case .queue: return live > 0 || othersWait ? .wait(.overlap) : nil
    case .skip:
      guard live > 0 || othersWait else { return nil }
      let newest = max(grid.newest(through: now) ?? nominal, nominal)
      let decision = Decision(.overlap, of: grid, from: nominal, through: newest)
      return .drop(decisions: decision.map { [$0] } ?? [], next: grid.first(after: newest))
    case .replace:
      if liveManual > 0 || othersWait { return .wait(.overlap) }
      return liveAutomatic > 0 ? .replace : nil
    }
  }

  private func catchUp(_ grid: Grid, newest: Instant) -> Release {
    let target: Instant
    let reason: Decision.Reason
    switch policies.misfire {
    case .latest:
      (target, reason) = (newest, .coalesced)
    case .all:
      let surplus = grid.count(from: nominal, through: newest) - policies.misfireLimit
      (target, reason) = (grid.instant(max(0, surplus), from: nominal), .limit)
    case .skip:
      // The first instant that is not too late. It may be after the newest due one, and then nothing runs.
      let oldest = now - policies.startWithin(interval: grid.interval)
      let inTime = grid.first(after: oldest - .microseconds(1))
      (target, reason) = (max(inTime, nominal), .missed)
    }
    guard target > nominal else { return .run(nominal: nominal, decisions: []) }
    let passedOver = min(grid.instant(-1, from: target), newest)
    let decisions = [Decision(reason, of: grid, from: nominal, through: passedOver)].compactMap(\.self)
    return target > newest
      ? .drop(decisions: decisions, next: grid.first(after: newest)) : .run(nominal: target, decisions: decisions)
  }
}
