public import TactusModel
public import TactusPorts

/// Creates and edits definitions, and loads those of files.
///
/// An edit adds a generation: a new row of `definitions`, never a change of an old one. QUEUED and RUNNING jobs keep
/// the generation that they are bound to. A PENDING job binds the newest one when it is released. If an edit changes
/// the schedule, the planned job moves to an instant after now, so no edit starts a job. Source: docs/adr/0002
extension LedgerVerbs {
  /// Creates a workflow with a free name, or edits the workflow that has the name.
  ///
  /// Only the side that created a workflow may edit it. An edit leaves a terminated workflow terminated. If the
  /// definition is equal, the change of the answer is empty, so its `nextDue` is nil whatever is planned.
  ///
  /// - Parameters:
  ///   - definition: its canonical text decides whether this is an edit.
  ///   - name: free if no workflow has it, or only deleted ones.
  ///   - origin: the side that asks.
  ///   - now: the time of the creation or of the edit. The new generation is valid from then on.
  /// - Returns: the effect, the generation in force and the nominal instant of the planned job. That instant is nil
  ///   without a schedule and for a terminated workflow.
  /// - Throws: conflict with `ownedByFile`, `ownedByRemovedFile` or `ownedBySocket`, before anything is changed.
  ///   ``UnreadableRow``, if the row of the workflow or of its planned job cannot be read.
  public func apply(
    _ definition: Definition, to name: WorkflowName, origin: Workflow.Origin, at now: Instant
  ) throws -> Applied {
    guard let existing = try rows.workflow(named: name) else { return try create(definition, name, origin, now) }
    guard existing.origin == origin else { throw Self.ownership(of: existing) }
    var applied = try apply(definition, to: existing, at: now)
    applied.isTerminated = existing.state == .terminated
    return applied
  }

  /// Compares the canonical text with that of the newest generation, and edits the workflow if they differ.
  ///
  /// Canonical texts have no comments and no blank lines. If only those differ, the row of the generation gets the
  /// new text. Then `updated_at`, the plan and the events stay unchanged.
  private func apply(_ definition: Definition, to existing: WorkflowRow, at now: Instant) throws -> Applied {
    let previous = try rows.canonical(of: existing.definition)
    if previous == definition.canonical {
      // Only comments may have changed. Store the new text, so that clients see what was written last.
      try rows.setText(definition.text, of: existing.definition)
      let next = try existing.plannedJob.map(nominal)
      return Applied(
        effect: .unchanged, generation: existing.generation, previous: previous, nextAt: next, grid: existing.grid)
    }
    return try edit(existing, to: definition, previous: previous, now)
  }

  /// Returns the conflict for the side that does not own a definition.
  ///
  /// A workflow still belongs to a file that was removed. That conflict has a case of its own, because its way out
  /// differs: such a workflow can be deleted at once.
  private static func ownership(of row: WorkflowRow) -> Refusal {
    switch row.origin {
    case .file where row.terminatedReason == .removed: .conflict(.ownedByRemovedFile(row.name))
    case .file: .conflict(.ownedByFile(row.name))
    case .socket: .conflict(.ownedBySocket(row.name))
    }
  }

  /// Inserts a workflow with generation 1, and plans its first run strictly after now.
  ///
  /// The anchor of the grid is `StartAt=`, or else now. A `StartAt=` in the future is the first run itself. Grid
  /// instants up to now are not nominal: they get neither a job nor a decision. The events are `workflow.created`,
  /// and `job.pending` if a run is planned. A container workflow also adds the preparation of its image to the
  /// change.
  private func create(
    _ definition: Definition, _ name: WorkflowName, _ origin: Workflow.Origin, _ now: Instant
  ) throws
    -> Applied
  {
    let id = try rows.insertWorkflow(name, origin: origin, at: now)
    let key = DefinitionKey(workflow: id, generation: 1)
    let grid = definition.schedule.map {
      Grid(anchor: $0.startAt ?? now, interval: $0.interval, startsAtAnchor: $0.startAt != nil)
    }
    try rows.insert(definition, as: key, grid: grid, at: now)
    try beginBuild(of: key, name, definition)
    try event(.workflowCreated, at: now, workflow: id)
    let first = grid?.first(after: now)
    if let first { try plan(workflow(id), at: first, now: now) }
    return Applied(effect: .created, generation: 1, nextAt: first, grid: grid, change: try change())
  }

  /// Adds a generation, moves the PENDING jobs to it, and plans anew if the grid changed.
  ///
  /// - All PENDING jobs get the new kind, queue and priority, also MANUAL and held ones. Released jobs keep theirs.
  /// - A row that waits for room waits in the new queue, which the change names as backlogged and freed, so that it is
  ///   examined at once.
  /// - If the grid is equal, the plan stays: a waiting row continues to wait for its instant.
  /// - Otherwise a decision answers the unanswered instants of the old grid up to now. Its reason is `edited`, or
  ///   `terminated` if the workflow is terminated. Later instants of the old grid are no longer nominal.
  ///
  /// Example in seconds: the planned job is at 10, on a grid of 10. An edit at 35 sets the interval to 7. The
  /// instants 10 to 30 are answered as `edited`, and the planned job moves to 42.
  ///
  /// - Returns: the effect `changed`, with the canonical text of the previous generation.
  /// - Throws: ``UnreadableRow``, if the row of the planned job is missing or cannot be read.
  private func edit(_ old: WorkflowRow, to definition: Definition, previous: String?, _ now: Instant) throws -> Applied
  {
    let key = DefinitionKey(workflow: old.id, generation: old.generation + 1)
    let planned = try old.plannedJob.map { (id: $0, nominal: try nominal(of: $0)) }
    let unanswered = planned?.nominal ?? old.unansweredFrom
    let grid = definition.schedule.map { Self.grid($0, after: old, unanswered: unanswered, now) }
    try rows.insert(definition, as: key, grid: grid, at: now)
    try rows.setGeneration(key.generation, of: old.id, at: now)
    try rows.setPending(of: old.id, kind: definition.work.kind, policies: definition.policies)
    try beginBuild(of: key, old.name, definition)
    try event(.workflowChanged, at: now, workflow: old.id)
    if grid != old.grid {
      // Instants that the old grid named up to now get an answer. Its later instants are no longer nominal.
      if let oldGrid = old.grid, let unanswered {
        let decision = Decision(
          old.state == .active ? .edited : .terminated, of: oldGrid, from: unanswered,
          through: oldGrid.newest(through: now))
        try record([decision].compactMap(\.self), of: old.definition, on: oldGrid, at: now)
      }
      try voidSkipped(of: old.id, after: now, notOn: grid)
      try replan(old, planned: planned?.id, on: grid, now)
    }
    let edited = try workflow(old.id)
    // Rows that waited for room in the old queue wait in the new one, which may have room already.
    let backlogged: Set = try rows.hasBacklog(of: old.id) ? [definition.policies.queue] : []
    for queue in backlogged { noteFreed(queue, of: nil) }
    return Applied(
      effect: .changed, generation: key.generation, previous: previous, nextAt: try edited.plannedJob.map(nominal),
      grid: grid, change: try change { $0.backlogged = backlogged })
  }

  /// Returns the grid of a new generation.
  ///
  /// The first rule that applies decides:
  ///
  /// - `StartAt=` is the anchor, and the grid begins there.
  /// - Without an old grid, or without an unanswered instant, the anchor is now.
  /// - With an unchanged interval the old grid stays, unless it began at a `StartAt=` that the edit removed.
  /// - Otherwise the anchor is the instant of the old grid before the unanswered one. The new interval therefore
  ///   counts from the previous nominal instant.
  ///
  /// - Parameters:
  ///   - schedule: the new schedule.
  ///   - old: the workflow before the edit.
  ///   - unanswered: the nominal instant of the planned job. For a terminated workflow it is the first instant
  ///     without an answer, and nil if there is no such instant.
  ///   - now: the time of the edit.
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

  /// Voids decisions on future instants that the new schedule does not name; all others stay in force.
  ///
  /// A person skips an instant ahead of time by canceling its planned job. The skip survives an edit exactly if the
  /// instant is on the new grid. Without a grid all skips ahead are voided. Source: docs/adr/0005
  private func voidSkipped(of workflow: WorkflowID, after now: Instant, notOn grid: Grid?) throws {
    for decision in try rows.decided(after: now, of: workflow)
    where grid?.newest(through: decision.instant) != decision.instant {
      try rows.voidDecision(decision.number, at: now)
    }
  }

  /// Moves, creates or withdraws the planned job after a change of the grid.
  ///
  /// The planned job keeps its id and moves to the first free instant after now. An ACTIVE workflow that had no
  /// schedule gets a planned job. A TERMINATED workflow only notes the instant, from which a resume continues.
  /// Without a grid the planned job ends CANCELED with CANCELED_BY_USER, and no instant is left to answer.
  private func replan(_ old: WorkflowRow, planned: JobID?, on grid: Grid?, _ now: Instant) throws {
    guard let grid else {
      try withdrawPlanned(old, as: .canceledByUser, message: "its workflow has no schedule any more", now: now)
      try rows.setUnanswered(nil, of: old.id)
      return
    }
    let next = try firstFree(grid, after: now, of: old.id, except: planned)
    if let planned {
      try rows.retime(planned, to: next)
    } else if old.state == .active {
      try plan(workflow(old.id), at: next, now: now)
    } else {
      try rows.setUnanswered(next, of: old.id)
    }
  }

  /// Applies the definitions of files in the given order, then terminates workflows whose file is missing.
  ///
  /// A refused definition does not stop the others. The return of a file resumes its workflow only if the loss of the
  /// file terminated it. A workflow that a person or failures terminated stays terminated. Workflows of the socket
  /// are never terminated here.
  ///
  /// - Parameters:
  ///   - definitions: a part of a reload. The scheduling worker splits large reloads, so that they do not delay due
  ///     jobs.
  ///   - present: every name of a successful listing, including files that were refused. Nil terminates nothing: the
  ///     listing failed, or more parts follow.
  ///   - now: the time of all edits and terminations.
  /// - Returns: the names by effect, and the conflicts by name. `removed` is in the order of names. A returned file
  ///   is in `created`, even if its text is new. `change.withdrawn` has the unclaimed jobs of the terminated
  ///   workflows.
  /// - Throws: ``LeftAlone`` for a name whose rows cannot be read. The load is then repeated without it, and its
  ///   conflict is `leftAlone`.
  public func load(
    _ definitions: [(name: WorkflowName, definition: Definition)], present: Set<WorkflowName>?, at now: Instant
  )
    throws -> Loaded
  {
    var loaded = Loaded()
    for (name, definition) in definitions {
      guard !leftAlone.contains(.name(name)) else {
        loaded.refused[name] = .leftAlone(name)
        continue
      }
      do {
        try each(.name(name)) {
          let applied = try apply(definition, to: name, origin: .file, at: now)
          let isBack = try revive(name, at: now)
          if applied.effect == .created || isBack { loaded.created.append(name) }
          if applied.effect == .changed && !isBack {
            loaded.changed.append(name)
            // Correcting a file does not resume a workflow that failures or a person terminated.
            loaded.terminatedReasons[name] = try existing(name).terminatedReason
          }
        }
      } catch Refusal.conflict(let conflict) {
        loaded.refused[name] = conflict
      }
    }
    if let present {
      for name in try rows.activeNamesOfFiles().sorted() where !present.contains(name) {
        try each(.name(name)) {
          try end(existing(name), reason: .removed, now: now).forEach { loaded.change.withdrawn.append($0) }
          loaded.removed.append(name)
        }
      }
    }
    try complete(&loaded.change)
    return loaded
  }

  /// Returns the change of a verb, with the facts that every change has.
  ///
  /// Verbs call it last, because ``complete(_:)`` reads the rows that the verb has written.
  ///
  /// - Parameter edit: adds the consequences that only the verb knows, for example `queued` or `stop`.
  /// - Returns: a change whose `nextDue` is nil only if no PENDING/scheduled row can be released.
  /// - Throws: the error of the body, or of the query for the next start time.
  func change(_ edit: (inout PlanChange) throws -> Void = { _ in }) throws -> PlanChange {
    var change = PlanChange()
    try edit(&change)
    try complete(&change)
    return change
  }
}
