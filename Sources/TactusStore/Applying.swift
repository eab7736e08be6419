internal import TactusModel
internal import TactusPorts

/// Definitions: created, edited, loaded from files.
extension Tables {
  func apply(
    _ definition: Definition, to name: WorkflowName, origin: Workflow.Origin, at now: Instant
  ) throws -> Applied {
    guard let existing = try workflow(named: name) else { return try create(definition, name, origin, now) }
    guard existing.origin == origin else { throw Self.ownership(of: existing) }
    var applied = try apply(definition, to: existing, at: now)
    applied.isTerminated = existing.state == .terminated
    return applied
  }

  private func apply(_ definition: Definition, to existing: WorkflowRow, at now: Instant) throws -> Applied {
    let previous = try connection.first(
      "SELECT canonical FROM definitions WHERE workflow_id = ? AND generation = ?", existing.id, existing.generation
    ) { $0.text(0) }
    if previous == definition.canonical {
      // Comments may have changed: what is shown is what was written last.
      try connection.run(
        "UPDATE definitions SET text = ? WHERE workflow_id = ? AND generation = ? AND text <> ?",
        definition.text, existing.id, existing.generation, definition.text)
      let next = try existing.plannedJob.map(nominal)
      return Applied(
        effect: .unchanged, generation: existing.generation, previous: previous, nextAt: next, grid: existing.grid)
    }
    return try edit(existing, to: definition, previous: previous, now)
  }

  /// Who owns a definition, and how it changes hands.
  private static func ownership(of row: WorkflowRow) -> LedgerFailure {
    let name = row.name
    return switch row.origin {
    case .file where row.terminatedReason == .removed:
      .conflict(
        reason: "\(name) belongs to the file workflows/\(name).workflow, which is gone: tactusctl delete \(name), and "
          + "apply again")
    case .file:
      .conflict(
        reason:
          "\(name) is defined by workflows/\(name).workflow, the daemon's own file: edit that, tactusctl reload reads it; to "
          + "define it with apply, remove the file, then tactusctl reload, tactusctl delete \(name), and apply again")
    case .socket:
      .conflict(
        reason: "\(name) was made with apply: change it with apply; to define it by a file, move the file away, then "
          + "tactusctl terminate \(name), tactusctl delete \(name), put the file back, and tactusctl reload")
    }
  }

  private func create(
    _ definition: Definition, _ name: WorkflowName, _ origin: Workflow.Origin, _ now: Instant
  ) throws
    -> Applied
  {
    try connection.run(
      """
      INSERT INTO workflows (name, origin, state, generation, created_at, updated_at) VALUES (?, ?, 'ACTIVE', 1, ?, ?)
      """, name, origin, now, now)
    let id = WorkflowID(number: connection.lastInsertedRow)
    let grid = definition.schedule.map {
      Grid(anchor: $0.startAt ?? now, interval: $0.interval, startsAtAnchor: $0.startAt != nil)
    }
    try insert(definition, of: id, generation: 1, grid: grid, now)
    try beginBuild(of: id, name, generation: 1, definition)
    try event(.workflowCreated, at: now, workflow: id)
    let first = grid?.first(after: now)
    if let first { try plan(workflow(id), at: first, now: now) }
    return Applied(effect: .created, generation: 1, nextAt: first, grid: grid, change: try change())
  }

  private func insert(_ definition: Definition, of id: WorkflowID, generation: Int, grid: Grid?, _ now: Instant) throws
  {
    let policies = definition.policies
    try connection.run(
      """
      INSERT INTO definitions (workflow_id, generation, kind, text, canonical, queue, priority,
        max_consecutive_failures, overlap, misfire, misfire_limit, start_within, interval, anchor_at,
        starts_at_anchor, valid_from)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      id, generation, definition.work.kind, definition.text, definition.canonical, policies.queue, policies.priority,
      policies.maxConsecutiveFailures, policies.overlap, policies.misfire, policies.misfireLimit,
      policies.startWithin, grid?.interval, grid?.anchor, grid?.startsAtAnchor ?? false, now)
  }

  private func edit(_ old: WorkflowRow, to definition: Definition, previous: String?, _ now: Instant) throws -> Applied
  {
    let generation = old.generation + 1
    let planned = try old.plannedJob.map { (id: $0, nominal: try nominal(of: $0)) }
    let unanswered = planned?.nominal ?? old.unansweredFrom
    let grid = definition.schedule.map { Self.grid($0, after: old, unanswered: unanswered, now) }
    try insert(definition, of: old.id, generation: generation, grid: grid, now)
    try connection.run(
      "UPDATE workflows SET generation = ?, updated_at = ? WHERE id = ?", generation, now, old.id)
    try connection.run(
      "UPDATE jobs SET kind = ?, queue = ?, priority = ? WHERE workflow_id = ? AND status = 'PENDING'",
      definition.work.kind, definition.policies.queue, definition.policies.priority, old.id)
    try beginBuild(of: old.id, old.name, generation: generation, definition)
    try event(.workflowChanged, at: now, workflow: old.id)
    if grid != old.grid {
      // What the old grid named up to now gets its answer; what it named later is no longer nominal.
      if let oldGrid = old.grid, let unanswered {
        let decision = Decision(
          old.state == .active ? .edited : .terminated, of: oldGrid, from: unanswered,
          through: oldGrid.newest(through: now))
        try record([decision].compactMap(\.self), of: old.id, on: oldGrid, generation: old.generation, at: now)
      }
      try voidSkipped(of: old.id, after: now, notOn: grid)
      try replan(old, planned: planned?.id, on: grid, now)
    }
    let edited = try workflow(old.id)
    return Applied(
      effect: .changed, generation: generation, previous: previous, nextAt: try edited.plannedJob.map(nominal),
      grid: grid, change: try change())
  }

  /// The grid after an edit: `StartAt=`, else the old anchor if the interval stays, else the previous nominal instant.
  private static func grid(_ schedule: Schedule, after old: WorkflowRow, unanswered: Instant?, _ now: Instant) -> Grid {
    if let startAt = schedule.startAt {
      return Grid(anchor: startAt, interval: schedule.interval, startsAtAnchor: true)
    }
    guard let oldGrid = old.grid, let unanswered else {
      return Grid(anchor: now, interval: schedule.interval, startsAtAnchor: false)
    }
    if oldGrid.interval == schedule.interval && !oldGrid.startsAtAnchor { return oldGrid }
    return Grid(anchor: oldGrid.instant(-1, from: unanswered), interval: schedule.interval, startsAtAnchor: false)
  }

  /// What a person skipped ahead stays skipped as long as the schedule names it.
  private func voidSkipped(of workflow: WorkflowID, after now: Instant, notOn grid: Grid?) throws {
    let ahead = try connection.readable(
      "SELECT id, first_at FROM decisions WHERE workflow_id = ? AND first_at > ? AND voided_at IS NULL", workflow, now
    ) { (id: $0.integer(0), instant: try $0.instant(1)) }
    for decision in ahead where grid?.newest(through: decision.instant) != decision.instant {
      try connection.run("UPDATE decisions SET voided_at = ? WHERE id = ?", now, decision.id)
    }
  }

  private func replan(_ old: WorkflowRow, planned: JobID?, on grid: Grid?, _ now: Instant) throws {
    guard let grid else {
      try withdrawPlanned(old, as: .canceledByUser, message: "its workflow has no schedule any more", now: now)
      try connection.run("UPDATE workflows SET unanswered_from = NULL WHERE id = ?", old.id)
      return
    }
    let next = try firstFree(grid, after: now, of: old.id, except: planned)
    if let planned {
      try retime(planned, to: next)
    } else if old.state == .active {
      try plan(workflow(old.id), at: next, now: now)
    } else {
      try connection.run("UPDATE workflows SET unanswered_from = ? WHERE id = ?", next, old.id)
    }
  }

  /// Applies what files say; a name that the other side owns is refused and the rest goes on.
  func load(
    _ definitions: [(name: WorkflowName, definition: Definition)], present: Set<WorkflowName>?, at now: Instant
  )
    throws -> Loaded
  {
    var loaded = Loaded()
    for (name, definition) in definitions {
      guard !leftAlone.contains(.name(name)) else {
        loaded.refused[name] = "\(name) is left as it is, because its rows in the store cannot be read"
        continue
      }
      do {
        try each(.name(name)) {
          let applied = try apply(definition, to: name, origin: .file, at: now)
          let isBack = try revive(name, at: now)
          if applied.effect == .created || isBack { loaded.created.append(name) }
          if applied.effect == .changed && !isBack {
            loaded.changed.append(name)
            // A file that is put right does not resume what failures, or a person, have ended.
            loaded.terminatedReasons[name] = try existing(name).terminatedReason
          }
        }
      } catch LedgerFailure.conflict(let reason) {
        loaded.refused[name] = reason
      }
    }
    if let present {
      let owned = try connection.all(
        "SELECT name FROM workflows WHERE deleted_at IS NULL AND origin = 'file' AND state = 'ACTIVE'"
      ) { $0.text(0) }
      for name in owned.compactMap(WorkflowName.init).sorted() where !present.contains(name) {
        try each(.name(name)) {
          try end(existing(name), reason: .removed, now: now).forEach { loaded.change.withdrawn.append($0) }
          loaded.removed.append(name)
        }
      }
    }
    try complete(&loaded.change)
    return loaded
  }

  func change(_ edit: (inout PlanChange) throws -> Void = { _ in }) throws -> PlanChange {
    var change = PlanChange()
    try edit(&change)
    try complete(&change)
    return change
  }
}
