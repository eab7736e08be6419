/// One row of the jobs table, as readers see it.
public struct Job: Hashable, Sendable {
  /// The id of this attempt.
  public var id: JobID
  /// The workflow's name; nil for a job that carries its own definition.
  public var workflow: WorkflowName?
  /// What it runs.
  public var kind: Kind
  /// The lane.
  public var queue: QueueName
  /// -100 … 100.
  public var priority: Int
  /// Who asked for it.
  public var trigger: Trigger
  /// Where it stands.
  public var status: JobStatus
  /// What a lasting status is doing; nil when terminal.
  public var phase: Phase?
  /// What a PENDING/due row waits for.
  public var wait: Wait?
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
  public var errorCode: ErrorCode?
  /// The particular sentence; of a RUNNING job, what keeps it from ending.
  public var errorMessage: String?
  /// The process while it runs.
  public var processID: Int?
  /// Who started the command; nil for what is none, and before it runs.
  public var runner: RunnerName?
  /// The provider that ran it; nil for what runs on this host alone, and before it runs.
  public var provider: ProviderName?
  /// The container; nil for what is none.
  public var containerID: String?
  /// How long it may run; nil before it runs, and without a limit.
  public var timeout: Duration?
  /// What it last waited for before its release; nil if it never had to.
  public var waited: Wait?
  /// Where it stands in line; nil unless it waits for a slot or for room.
  public var place: Place?
  /// What was measured.
  public var report: Report

  /// Puts a row together.
  public init(
    id: JobID, workflow: WorkflowName?, kind: Kind, queue: QueueName, priority: Int, trigger: Trigger,
    status: JobStatus, phase: Phase?, wait: Wait?, generation: Int?, nominalAt: Instant?, scheduledAt: Instant?,
    createdAt: Instant, queuedAt: Instant?, startedAt: Instant?, completedAt: Instant?, attempt: Int,
    errorCode: ErrorCode?, errorMessage: String?, processID: Int?, report: Report
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

  /// From start to end; nil until both are known.
  public var duration: Duration? {
    guard let startedAt, let completedAt else { return nil }
    return completedAt - startedAt
  }

  /// From the earliest to the real start; nil until started.
  public var startDelay: Duration? {
    guard let startedAt, let scheduledAt else { return nil }
    return startedAt - scheduledAt
  }
}
