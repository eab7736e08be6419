public import TactusModel

/// A PENDING row, with the columns that its release needs.
public struct PendingRow: Hashable, Sendable {
  /// The job.
  public var id: JobID
  /// Its workflow.
  public var workflow: WorkflowID
  /// The instant that the schedule or the caller named; on the grid for an AUTOMATIC job.
  public var nominalAt: Instant
  /// The earliest start of this attempt, which for a first attempt is the nominal instant.
  public var scheduledAt: Instant
  /// Its origin.
  public var trigger: Trigger
  /// Its priority: -100 … 100, higher first.
  public var priority: Int
  /// The reason why a due row waits; nil while it is scheduled.
  public var wait: Wait?

  /// Creates a row.
  public init(
    id: JobID, workflow: WorkflowID, nominalAt: Instant, scheduledAt: Instant, trigger: Trigger, priority: Int,
    wait: Wait?
  ) {
    self.id = id
    self.workflow = workflow
    self.nominalAt = nominalAt
    self.scheduledAt = scheduledAt
    self.trigger = trigger
    self.priority = priority
    self.wait = wait
  }
}

/// A PENDING job to insert.
public struct NewJob: Hashable, Sendable {
  /// A new id.
  public var id: JobID
  /// Gives the number, kind, queue and priority.
  public var workflow: WorkflowRow
  /// AUTOMATIC for the planned job, else MANUAL.
  public var trigger: Trigger
  /// The nominal instant, which is also the earliest start; nil for a held job.
  public var nominalAt: Instant?
  /// `held`, `scheduled` or `due`.
  public var phase: Phase
  /// The reason to wait, for a due job; nil for any other.
  public var wait: Wait?
  /// The time of creation.
  public var createdAt: Instant
}
