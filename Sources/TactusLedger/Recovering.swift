public import TactusModel
public import TactusPorts

/// Handles start-up, the regular check of rows against facts, and backward clock steps.
///
/// A forward clock step needs nothing here: it makes rows late, and every release handles lateness.
extension LedgerVerbs {
  /// Applies the rules of start-up, and returns the state that the workers keep in memory.
  ///
  /// It is called once, after ``realign(at:)`` and the load of files. It first cancels overtaken jobs, so these are
  /// not in `queued`.
  ///
  /// - Parameter now: the time of the cancellations.
  /// - Returns: the claimed and RUNNING rows. `change.queued` has the jobs that wait for a slot or a provider, in no
  ///   order. `change.backlogged` has the queues with rows that wait for room. `waiting` has the workflows with any
  ///   PENDING/due row. `change.preparations` has the unfinished images.
  /// - Throws: ``LeftAlone`` for an overtaken job that cannot be closed.
  public func recover(at now: Instant) throws -> Recovered {
    try misfireOvertaken(now)
    var recovered = Recovered()
    recovered.remnants = try rows.remnants()
    recovered.change.queued = try rows.queuedJobs()
    recovered.change.backlogged = try rows.backloggedQueues()
    recovered.waiting = try rows.waitingWorkflows()
    recovered.change.preparations = try rows.unfinishedPreparations()
    try complete(&recovered.change)
    return recovered
  }

  /// Cancels QUEUED automatic first attempts that a newer due instant has overtaken, as MISFIRED.
  ///
  /// A job is overtaken if the planned job of its workflow is due. `Misfire=all` of the newest generation exempts it,
  /// because then each instant runs. Claimed jobs are exempt, because something may have been started.
  private func misfireOvertaken(_ now: Instant) throws {
    for row in try rows.overtaken(by: now) {
      try each(.job(row.id)) {
        try close(
          row.id, of: row.workflow, as: .misfired, message: "a newer instant was due before it could start", now: now)
      }
    }
  }

  /// Returns the claimed and RUNNING rows, for the regular check of rows against facts.
  public func remnants() throws -> [Remnant] { try rows.remnants() }

  /// Moves planned jobs earlier that are later than their first unanswered grid instant after now.
  ///
  /// Called at start-up and whenever the clock was set, because a step backwards makes instants repeat. It never
  /// moves a job later, and it does not touch released or MANUAL jobs. In this order it
  ///
  /// - voids decisions that a clock ahead made for instants after now, which frees these instants;
  /// - moves `valid_from` and `resumed_at` from the future to now, so that failures count again;
  /// - moves each planned job, or the unanswered instant of a terminated workflow, to the first free instant after
  ///   now.
  ///
  /// It walks all definitions and workflows, which only a start or a clock step may cost.
  ///
  /// - Parameter now: the time by the wall clock after the step.
  /// - Returns: a change with the new `nextDue`, and nothing to enqueue.
  /// - Throws: ``LeftAlone`` for a workflow whose rows cannot be read; it keeps its plan.
  public func realign(at now: Instant) throws -> PlanChange {
    try voidDecisions(after: now)
    // Facts dated in the future were recorded by a wrong clock. They are in force from now on.
    try rows.limitValidity(to: now)
    try rows.limitResumes(to: now)
    for id in try rows.planned(after: now) {
      try each(.workflow(id)) { try realign(id, now) }
    }
    return try change()
  }

  /// Moves the plan of one workflow to its first free instant after now, if that is earlier.
  ///
  /// The plan is its planned job or, while it is terminated, `unanswered_from`. A workflow without a schedule has
  /// neither.
  private func realign(_ id: WorkflowID, _ now: Instant) throws {
    let workflow = try workflow(id)
    guard let grid = workflow.grid else { return }
    let target = try firstFree(grid, after: now, of: id, except: workflow.plannedJob)
    if let planned = workflow.plannedJob {
      if try target < nominal(of: planned) { try rows.retime(planned, to: target) }
    } else if let unanswered = workflow.unansweredFrom, target < unanswered {
      try rows.setUnanswered(target, of: id)
    }
  }

  /// Voids decisions that a clock ahead made, for the instants that now repeat; their past part stays in force.
  ///
  /// Both the last instant and `decided_at` must be after now. A person skips instants ahead of time, and such a
  /// decision stays in force unless its own time is in the future.
  /// Source: docs/adr/0005
  private func voidDecisions(after now: Instant) throws {
    for decision in try rows.premature(at: now) {
      try each(.workflow(decision.workflow)) { try void(decision, now) }
    }
  }

  /// Voids the part of a decision after now, and keeps the rest in force.
  ///
  /// Without a past part, or without a grid, the whole record is voided. Otherwise the future part becomes a voided
  /// record of its own, so that no count is lost. Example in seconds, on a grid of 10: at 55, the nine instants 10 to
  /// 90 become five in force (10 to 50) and four voided (60 to 90).
  ///
  /// - Parameters:
  ///   - decision: the record.
  ///   - now: the time by the wall clock, which is also `voided_at`.
  private func void(_ decision: PrematureDecision, _ now: Instant) throws {
    guard let grid = decision.grid, let kept = grid.newest(through: now), kept >= decision.first else {
      return try rows.voidDecision(decision.number, at: now)
    }
    let count = grid.count(from: decision.first, through: kept)
    try rows.insertVoided(partOf: decision.number, from: grid.first(after: kept), without: count, at: now)
    try rows.shorten(decision.number, through: kept, count: count)
  }
}
