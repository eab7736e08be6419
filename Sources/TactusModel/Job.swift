/// A row of the jobs table, as readers see it.
public struct Job: Hashable, Sendable {
  /// The id of this attempt.
  public var id: JobID
  /// The workflow's name; nil for a job that carries its own definition.
  public var workflow: WorkflowName?
  /// The kind of work.
  public var kind: Word<Kind>
  /// The queue.
  public var queue: QueueName
  /// The priority: -100 … 100, higher first.
  public var priority: Int
  /// The origin: the schedule, or a request.
  public var trigger: Word<Trigger>
  /// The status.
  public var status: Word<JobStatus>
  /// The phase that refines the status; nil if terminal.
  public var phase: Word<Phase>?
  /// The reason why a PENDING/due row waits; nil for others.
  public var wait: Word<Wait>?
  /// The generation of the definition that it is bound to; nil before its release.
  public var generation: Int?
  /// The instant that the schedule or the caller named.
  public var nominalAt: Instant?
  /// The earliest start of this attempt; nil while held.
  public var scheduledAt: Instant?
  /// The time of creation.
  public var createdAt: Instant
  /// The time of its release; nil before.
  public var queuedAt: Instant?
  /// The time of its claim; nil before.
  public var claimedAt: Instant?
  /// The start time; nil before.
  public var startedAt: Instant?
  /// The end time; nil before.
  public var completedAt: Instant?
  /// The number of the attempt, from 1.
  public var attempt: Int
  /// The reason why it did not complete; nil otherwise.
  public var errorCode: Word<ErrorCode>?
  /// Details of the error, for people.
  ///
  /// Without an error code it says what keeps a RUNNING job from ending, or a remark about a job that completed.
  public var errorMessage: String?
  /// The process id of the command; nil before it runs, and for other kinds.
  public var processID: Int?
  /// The runner that started the command; nil before it runs, and for other kinds.
  public var runner: Word<RunnerName>?
  /// The provider that ran it; nil before it runs, and for work that only this host runs.
  public var provider: ProviderName?
  /// The id of the container; nil for other kinds.
  public var containerID: String?
  /// The time-out; nil before it runs, and without a limit.
  public var timeout: Duration?
  /// The last reason why it waited before its release; nil if it never waited.
  public var waited: Word<Wait>?
  /// The position in the queue; nil unless it waits for a slot or for room.
  public var place: Place?
  /// The measurements of the runner.
  public var report: Report
  /// The measured start delay; nil if only the instants are known.
  public var measuredDelay: Duration?
  /// The start by the monotonic clock of the boot that claimed it; nil before.
  public var startedMonotonic: MonotonicInstant?
  /// The boot that claimed it; nil before.
  public var bootID: String?
  /// The number of the event of its start, or of its failure to start; nil before.
  public var startedEvent: Int64?
  /// The number of the event of its end; nil before.
  public var endedEvent: Int64?

  /// Creates a job that was read from a store, with words of any version.
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

  /// Creates a job with words of this version.
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

  /// The time from start to end, never negative; nil until both are known.
  ///
  /// It is measured by a monotonic clock. The instants of the row are of the wall clock, and are used only without a
  /// measurement.
  public var duration: Duration? {
    guard let startedAt, let completedAt else { return nil }
    return report.duration ?? max(.zero, completedAt - startedAt)
  }

  /// The time from the earliest to the actual start, never negative; nil until started.
  public var startDelay: Duration? {
    guard let startedAt, let scheduledAt else { return nil }
    return measuredDelay ?? max(.zero, startedAt - scheduledAt)
  }

  /// Returns how long it has been running, by the monotonic clock; nil if it is not running, or started in another
  /// boot.
  public func elapsed(at now: MonotonicInstant, inBoot boot: String) -> Duration? {
    guard status == .running, bootID == boot, let startedMonotonic else { return nil }
    return max(.zero, now - startedMonotonic)
  }
}
