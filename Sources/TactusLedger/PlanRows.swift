public import TactusModel

/// Statements about jobs that have not been released, and about their place in the plan.
///
/// `isLeftAlone` names rows that a statement passes over. Rows that cannot be read are reported, and also passed over.
public protocol PlanRows {
  /// Returns PENDING/scheduled rows whose start time has come, in the order of `scheduled_at`.
  ///
  /// - Parameters:
  ///   - now: the latest start time.
  ///   - limit: the most rows; those that are passed over do not count.
  ///   - isLeftAlone: the rows to pass over.
  func due(_ now: Instant, limit: Int, except isLeftAlone: (JobID) -> Bool) throws -> [PendingRow]

  /// Returns the earliest start time of the PENDING/scheduled rows; nil without such a row. It may be in the past.
  func nextDue(except isLeftAlone: (JobID) -> Bool) throws -> Instant?

  /// Returns the oldest PENDING/due row of a workflow, by `scheduled_at`, then id.
  func firstWaiting(of workflow: WorkflowID, except isLeftAlone: (JobID) -> Bool) throws -> PendingRow?

  /// Whether a row of the same workflow is PENDING/due and older than this one, by `scheduled_at`, then id.
  ///
  /// The row itself need not be stored yet.
  func hasWaiting(before row: PendingRow, except isLeftAlone: (JobID) -> Bool) throws -> Bool

  /// Counts the QUEUED and RUNNING jobs of a workflow by trigger.
  func liveCounts(of workflow: WorkflowID) throws -> (automatic: Int, manual: Int)

  /// Returns the automatic first attempt that is planned or released for a nominal instant; nil if it is free.
  ///
  /// A row that was CANCELED before its release is no answer for its instant.
  func holder(of nominal: Instant, in workflow: WorkflowID) throws -> JobID?

  /// Returns the nominal instant of a job; nil if no such row exists.
  ///
  /// - Throws: ``UnreadableRow`` also for a held job, which has none.
  func nominal(of id: JobID) throws -> Instant?

  /// Inserts a PENDING job, a first attempt whose `generation` is not bound yet.
  ///
  /// Its reason to wait is also stored as `waited`, which stays when it no longer waits.
  func insert(_ job: NewJob) throws

  /// Inserts a MANUAL job that is QUEUED from the start, and bound to the newest generation of its workflow.
  ///
  /// - Parameters:
  ///   - row: the id and the instant, which is both `nominal_at` and `scheduled_at`.
  ///   - workflow: gives the kind, queue, priority and generation.
  ///   - now: the time of its creation and of its release.
  func insertQueued(_ row: PendingRow, of workflow: WorkflowRow, at now: Instant) throws

  /// Makes a PENDING job QUEUED, bound to a generation.
  ///
  /// - Parameters:
  ///   - id: the job.
  ///   - generation: the newest one.
  ///   - nominal: its nominal instant, or the newer one that it moves to.
  ///   - scheduled: its earliest start.
  ///   - now: the time of the release.
  func setQueued(_ id: JobID, generation: Int, nominal: Instant, scheduled: Instant, at now: Instant) throws

  /// Makes a PENDING job due, with the reason why it waits, which is also stored as `waited`.
  func setWaiting(_ id: JobID, for wait: Wait) throws

  /// Moves a job that is still PENDING to another instant, where it is scheduled and has never waited.
  func retime(_ id: JobID, to nominal: Instant) throws

  /// Makes a MANUAL job PENDING/scheduled at an instant, which is then also its nominal one.
  func schedule(_ id: JobID, for instant: Instant) throws

  /// Gives all PENDING jobs of a workflow another kind, queue and priority.
  func setPending(of workflow: WorkflowID, kind: Kind, policies: Policies) throws
}
