/// One row of the jobs table, as readers see it.
public struct Job: Hashable, Sendable {
  /// The id of this attempt.
  public var id: JobID
  /// The workflow's name; nil for a job that carries its own definition.
  public var workflow: WorkflowName?
  /// What it runs.
  public var kind: Word<Kind>
  /// The lane.
  public var queue: QueueName
  /// -100 … 100.
  public var priority: Int
  /// Who asked for it.
  public var trigger: Word<Trigger>
  /// Where it stands.
  public var status: Word<JobStatus>
  /// What a lasting status is doing; nil when terminal.
  public var phase: Word<Phase>?
  /// What a PENDING/due row waits for.
  public var wait: Word<Wait>?
  /// The generation of the definition that it is bound to; nil before its release.
  public var generation: Int?
  /// The instant that the schedule or the caller named.
  public var nominalAt: Instant?
  /// The earliest start of this attempt; nil while held.
  public var scheduledAt: Instant?
  /// When the row was made.
  public var createdAt: Instant
  /// When it was released.
  public var queuedAt: Instant?
  /// When it was claimed for its runner.
  public var claimedAt: Instant?
  /// When it began to run.
  public var startedAt: Instant?
  /// When it ended.
  public var completedAt: Instant?
  /// 1 for the first.
  public var attempt: Int
  /// Why it did not complete.
  public var errorCode: Word<ErrorCode>?
  /// The particular sentence; without an error code what keeps a RUNNING job from ending, or what is worth knowing of a job
  /// that completed.
  public var errorMessage: String?
  /// The process while it runs.
  public var processID: Int?
  /// Who started the command; nil for what is none, and before it runs.
  public var runner: Word<RunnerName>?
  /// The provider that ran it; nil for what runs on this host alone, and before it runs.
  public var provider: ProviderName?
  /// The container; nil for what is none.
  public var containerID: String?
  /// How long it may run; nil before it runs, and without a limit.
  public var timeout: Duration?
  /// What it last waited for before its release; nil if it never had to.
  public var waited: Word<Wait>?
  /// Where it stands in line; nil unless it waits for a slot or for room.
  public var place: Place?
  /// What was measured.
  public var report: Report
  /// How late it started, as it was measured; nil where only the instants tell.
  public var measuredDelay: Duration?
  /// When it began to run, by the monotonic clock of the boot that claimed it; nil before.
  public var startedMonotonic: MonotonicInstant?
  /// The boot that claimed it; nil before.
  public var bootID: String?
  /// The number of the event that says that it began, or failed to; nil before.
  public var startedEvent: Int64?
  /// The number of the event that says that it ended; nil before.
  public var endedEvent: Int64?

  /// Puts a row together as it was read.
  public init(
    id: JobID, workflow: WorkflowName?, kind: Word<Kind>, queue: QueueName, priority: Int, trigger: Word<Trigger>,
    status: Word<JobStatus>, phase: Word<Phase>?, wait: Word<Wait>?, generation: Int?, nominalAt: Instant?,
    scheduledAt: Instant?,
    createdAt: Instant, queuedAt: Instant?, startedAt: Instant?, completedAt: Instant?, attempt: Int,
    errorCode: Word<ErrorCode>?, errorMessage: String?, processID: Int?, report: Report
  ) {
    self.id = id
    self.workflow = workflow
    self.kind = kind
    self.queue = queue
    self.priority = priority
    self.trigger = trigger
    self.status = status
    self.phase = phase
    self.wait = wait
    self.generation = generation
    self.nominalAt = nominalAt
    self.scheduledAt = scheduledAt
    self.createdAt = createdAt
    self.queuedAt = queuedAt
    self.startedAt = startedAt
    self.completedAt = completedAt
    self.attempt = attempt
    self.errorCode = errorCode
    self.errorMessage = errorMessage
    self.processID = processID
    self.report = report
  }

  /// Puts a row of this version's words together.
  public init(
    id: JobID, workflow: WorkflowName?, kind: Kind, queue: QueueName, priority: Int, trigger: Trigger,
    status: JobStatus, phase: Phase?, wait: Wait?, generation: Int?, nominalAt: Instant?, scheduledAt: Instant?,
    createdAt: Instant, queuedAt: Instant?, startedAt: Instant?, completedAt: Instant?, attempt: Int,
    errorCode: ErrorCode?, errorMessage: String?, processID: Int?, report: Report
  ) {
    self.init(
      id: id, workflow: workflow, kind: Word(kind), queue: queue, priority: priority, trigger: Word(trigger),
      status: Word(status), phase: phase.map(Word.init), wait: wait.map(Word.init), generation: generation,
      nominalAt: nominalAt, scheduledAt: scheduledAt, createdAt: createdAt, queuedAt: queuedAt, startedAt: startedAt,
      completedAt: completedAt, attempt: attempt, errorCode: errorCode.map(Word.init), errorMessage: errorMessage,
      processID: processID, report: report)
  }

  /// From start to end, never negative; nil until both are known.
  ///
  /// It is measured by a clock that nobody sets. The instants of the row are those of the wall clock, and tell only if nothing
  /// was measured.
  public var duration: Duration? {
    guard let startedAt, let completedAt else { return nil }
    return report.duration ?? max(.zero, completedAt - startedAt)
  }

  /// From the earliest to the real start, never negative; nil until started.
  public var startDelay: Duration? {
    guard let startedAt, let scheduledAt else { return nil }
    return measuredDelay ?? max(.zero, startedAt - scheduledAt)
  }

  /// How long it has been running, by the monotonic clock of a boot; nil if it does not run, or that clock did not see its start.
  public func elapsed(at now: MonotonicInstant, inBoot boot: String) -> Duration? {
    guard status == .running, bootID == boot, let startedMonotonic else { return nil }
    return max(.zero, now - startedMonotonic)
  }
}
