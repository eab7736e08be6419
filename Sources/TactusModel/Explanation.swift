/// The answer of `why` for a nominal instant or a job: the outcome and the rule that decided it.
public struct Explanation: Hashable, Sendable {
  /// The possible outcomes of an instant or a job.
  public enum Outcome: String, CaseIterable, Sendable {
    /// Its start time is in the future, or not set yet.
    case planned
    /// Its start time has come, and it waits.
    case waiting
    /// It is running.
    case running
    /// It ran, or failed before it was started.
    case ran
    /// Its job was canceled.
    case canceled
    /// The run of a newer instant covers it.
    case coalesced
    /// It was too late.
    case missed
    /// More instants had passed than are caught up.
    case limit
    /// The previous run was live.
    case overlap
    /// A person canceled the planned job.
    case skippedByUser = "skipped_by_user"
    /// The workflow was terminated at that time.
    case terminated
    /// The schedule was changed before.
    case edited
    /// The schedule does not name this instant.
    case none
    /// Another version of tactusd wrote it, with a word that is unknown to this version.
    case unknown
  }

  /// The nominal instant, or the first of a range; nil for a held job.
  public var nominalAt: Instant?
  /// The last instant of a range; nil for a single instant.
  public var lastAt: Instant?
  /// The number of instants in the range.
  public var count: Int
  /// The outcome.
  public var outcome: Outcome
  /// The job, if there is one.
  public var job: Job?
  /// The time of the decision that there is no job; nil if there is a job.
  public var decidedAt: Instant?
  /// The rule that decided; `TactusMessages` has the sentence.
  public var reason: Reason

  /// The rules that decide the outcome of an instant or a job.
  public enum Reason: Hashable, Sendable {
    /// A rule of this version.
    case decision(Decision.Reason)
    /// A rule of another version, by its word.
    case foreignDecision(String)
    /// The state of the job, and the circumstances in which it waits.
    case state(Circumstances)
    /// The state of the job is a word of another version.
    case foreignState
    /// The workflow has no schedule.
    case unscheduled(WorkflowName)
    /// The workflow was created later, at this instant.
    case notYetCreated(WorkflowName, Instant)
    /// The schedule has no such instant; the nearest instants before and after it.
    case notNominal(before: Instant?, after: Instant)
    /// The workflow is terminated: since when, and after how many failures, if known.
    case terminated(WorkflowName, Workflow.TerminatedReason, since: Instant?, limit: Int?)
    /// The instant is before the first one of the schedule in force.
    case notKept
    /// Jobs are planned up to this instant only.
    case notYetPlanned(upTo: Instant)
  }

  /// Creates an explanation.
  public init(
    nominalAt: Instant?, lastAt: Instant? = nil, count: Int = 1, outcome: Outcome, job: Job? = nil,
    decidedAt: Instant? = nil, reason: Reason
  ) {
    self.nominalAt = nominalAt
    self.lastAt = lastAt
    self.count = count
    self.outcome = outcome
    self.job = job
    self.decidedAt = decidedAt
    self.reason = reason
  }

  /// Explains a decision of this version.
  public init(of decision: Decision, decidedAt: Instant) {
    self.init(
      nominalAt: decision.first, lastAt: decision.count > 1 ? decision.last : nil, count: decision.count,
      outcome: decision.reason.outcome, decidedAt: decidedAt, reason: .decision(decision.reason))
  }

  /// Explains a decision of another version.
  public init(unknown reason: String, first: Instant, last: Instant, count: Int, decidedAt: Instant) {
    self.init(
      nominalAt: first, lastAt: count > 1 ? last : nil, count: count, outcome: .unknown, decidedAt: decidedAt,
      reason: .foreignDecision(reason))
  }

  /// Explains the state or the outcome of a job.
  public init(of job: Job, in circumstances: Circumstances) {
    guard let status = job.status.known, job.phase == nil || job.phase?.known != nil else {
      self.init(nominalAt: job.nominalAt, outcome: .unknown, job: job, reason: .foreignState)
      return
    }
    let outcome: Outcome =
      switch (status, job.phase?.known) {
      case (.pending, .due), (.queued, _): .waiting
      case (.pending, _): .planned
      case (.running, _): .running
      case (.completed, _), (.failed, _): .ran
      case (.canceled, _): .canceled
      }
    self.init(nominalAt: job.nominalAt, outcome: outcome, job: job, reason: .state(circumstances))
  }
}

extension Explanation {
  /// The circumstances in which a job waits.
  public struct Circumstances: Hashable, Sendable {
    /// A live job of the same workflow that blocks it; nil if none blocks it.
    public var blocker: JobID?
    /// The position in the queue; nil unless it waits there.
    public var place: Place?
    /// The number of claimed and running jobs of its queue.
    public var running = 0
    /// The most jobs of its queue that may run; nil if unlimited.
    public var maxRunning: Int?
    /// The number of QUEUED jobs of its queue.
    public var queued = 0
    /// The most QUEUED jobs of its queue; nil if unlimited.
    public var maxQueued: Int?

    /// Creates the circumstances of an idle machine.
    public init() {}
  }
}

extension Decision.Reason {
  /// The outcome with the same name.
  public var outcome: Explanation.Outcome {
    switch self {
    case .coalesced: .coalesced
    case .missed: .missed
    case .limit: .limit
    case .overlap: .overlap
    case .skippedByUser: .skippedByUser
    case .terminated: .terminated
    case .edited: .edited
    }
  }
}
