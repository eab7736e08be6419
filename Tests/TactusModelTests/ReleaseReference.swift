import TactusModel

/// A second implementation of the release decision, which steps along the grid one instant at a time.
struct ReleaseReference {
  let situation: ReleaseSituation

  /// The due instants of the row, oldest first; only the row's own without a grid.
  var due: [Instant] {
    guard let grid = situation.grid else { return [situation.nominal] }
    var instants: [Instant] = []
    var instant = situation.nominal
    while instant <= situation.now {
      instants.append(instant)
      instant = instant + grid.interval
    }
    return instants
  }

  /// The expected decision.
  var expected: Release {
    let policies = situation.policies
    let isBlocked = situation.liveAutomatic + situation.liveManual > 0 || situation.othersWait
    guard let grid = situation.grid else {
      if isBlocked && policies.overlap != .allow { return .wait(.overlap) }
      return situation.queueHasRoom ? .run(nominal: situation.nominal, decisions: []) : .wait(.backlog)
    }
    switch policies.overlap {
    case .queue where isBlocked: return .wait(.overlap)
    case .skip where isBlocked: return drop(.overlap, grid)
    case .replace where situation.liveManual > 0 || situation.othersWait: return .wait(.overlap)
    case .replace where situation.liveAutomatic > 0: return .replace
    default: break
    }
    guard situation.queueHasRoom else { return .wait(.backlog) }
    switch policies.misfire {
    case .latest: return run(due.suffix(1), .coalesced)
    case .all: return run(due.suffix(policies.misfireLimit), .limit)
    case .skip:
      let longest = policies.startWithin(interval: grid.interval)
      let inTime = due.drop { situation.now - $0 > longest }
      return inTime.isEmpty ? drop(.missed, grid) : run(inTime, .missed)
    }
  }

  private func run(_ kept: ArraySlice<Instant>, _ reason: Decision.Reason) -> Release {
    guard let first = kept.first else { fatalError("a situation without a due instant") }
    return .run(nominal: first, decisions: decisions(reason, due.prefix { $0 < first }))
  }

  private func drop(_ reason: Decision.Reason, _ grid: Grid) -> Release {
    guard let last = due.last else { fatalError("a situation without a due instant") }
    return .drop(decisions: decisions(reason, due[...]), next: last + grid.interval)
  }

  private func decisions(_ reason: Decision.Reason, _ instants: ArraySlice<Instant>) -> [Decision] {
    guard let first = instants.first, let last = instants.last else { return [] }
    return [Decision(reason: reason, first: first, last: last, count: instants.count)]
  }
}

extension Decision {
  /// Returns the instants of a decision.
  func instants(of grid: Grid) -> [Instant] { (0..<count).map { grid.instant($0, from: first) } }
}
