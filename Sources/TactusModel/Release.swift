/// What becomes of a job whose start time has come: the one decision of the scheduling worker.
public enum Release: Hashable, Sendable {
  /// Queue it, for the nominal instant given (`Misfire=latest` moves it to the newest due one); the decisions answer
  /// the instants that this passes over.
  case run(nominal: Instant, decisions: [Decision])
  /// Leave it PENDING/due until what it waits for changes.
  case wait(Wait)
  /// No run for any due instant: the decisions answer them, and the row moves to the next instant.
  case drop(decisions: [Decision], next: Instant)
  /// Cancel the live automatic jobs first, then decide again.
  case replace
}

/// Everything a release depends on.
public struct ReleaseSituation: Hashable, Sendable {
  /// The instant of the decision.
  public var now: Instant
  /// The nominal instant of the row; on the grid if there is one.
  public var nominal: Instant
  /// The grid that the row was planned on; nil for a MANUAL job or one without a workflow.
  public var grid: Grid?
  /// The policies of the workflow's newest definition.
  public var policies: Policies
  /// Live AUTOMATIC jobs of the same workflow.
  public var liveAutomatic: Int
  /// Live MANUAL jobs of the same workflow.
  public var liveManual: Int
  /// Whether older jobs of the same workflow wait already; they go first.
  public var othersWait: Bool
  /// Whether the queue takes one more.
  public var queueHasRoom: Bool

  /// Puts a situation together; the defaults are those of an idle workflow in an idle queue.
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

  /// Decides, whatever made the row late: downtime, sleep, a clock step, overlap or a full backlog.
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
    // MANUAL jobs are never skipped and never replace anything: they wait in order.
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
      // The first instant that is not too late; it may lie after the newest due one, and then nothing runs.
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
