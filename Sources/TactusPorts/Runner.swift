public import TactusModel

/// Runs the jobs of one kind: it starts attempts, stops them, and reports how they ended.
///
/// All calls return at once and may come from any queue. The runner carries them out on its work queue, in order.
/// Events and answers arrive on that queue.
public protocol Runner: Sendable {
  /// Starts an attempt.
  ///
  /// Exactly one `started`, `refused`, `unavailable` or `ended` event follows. After `started`, exactly one `ended`
  /// follows, with any number of `exited` events before it. `exited` means that the attempt has ended and needs no more
  /// signals. `ended` means that its processes are gone and its output is stored.
  func start(_ order: RunOrder, events: @escaping @Sendable (RunnerEvent) -> Void)
  /// Prepares what attempts of a workflow will need; `started`, then `completed` or `failed` follow.
  func prepare(_ work: Work, for workflow: WorkflowName, steps: @escaping @Sendable (BuildStep) -> Void)
  /// Sends TERM to the whole process tree, or aborts the request; ignored if the attempt is unknown.
  func terminate(_ id: JobID)
  /// Sends KILL to the whole process tree; ignored if the attempt is unknown.
  func kill(_ id: JobID)
  /// Checks whether an attempt has ended, because its time-out has passed; answers afterwards.
  ///
  /// If the attempt has ended on its own, `exited` or `ended` precedes the answer, even if `exited` was already sent.
  /// The runner does not wait for a silent provider, because the attempt could not be ended there either.
  func examine(_ id: JobID, answer: @escaping @Sendable () -> Void)
  /// Cancels a start that has created nothing yet; then an `ended` event follows, otherwise the usual events.
  func cancelStart(_ id: JobID)
  /// Reports when a provider can take the attempt.
  ///
  /// `unprovided` and `crowded` report why no provider can take it, at once and after each change. `available` ends the
  /// wait. So does a call of ``settle(_:)``.
  func awaitProvider(_ order: RunOrder, events: @escaping @Sendable (RunnerEvent) -> Void)
  /// Releases the state kept for reporting the end, because the end is durable or the attempt was withdrawn.
  func settle(_ id: JobID)
  /// Looks up a claim of an earlier daemon by facts.
  ///
  /// If something of it exists, the runner knows the attempt from then on, so that terminate and kill work, and one
  /// `ended` event follows. A provider that cannot be asked now is asked until it answers.
  func recover(
    _ remnant: Remnant, events: @escaping @Sendable (RunnerEvent) -> Void, answer: @escaping @Sendable (Found) -> Void)
  /// Ends the look-up: all claims of earlier daemons were passed to ``recover(_:events:answer:)``, and the rest has no
  /// owner.
  func recovered()
  /// Answers the obstacles, as clauses, of attempts that were sent KILL or whose main process has ended, but that
  /// continue.
  func obstacles(of ids: [JobID], answer: @escaping @Sendable ([JobID: String]) -> Void)
  /// Whether a started attempt continues when the daemon stops, and the next daemon adopts it.
  func outlivesDaemon(_ id: JobID) -> Bool
  /// Answers the attempts that this runner does not know, for the check of rows against facts.
  func unknown(among ids: [JobID], answer: @escaping @Sendable ([JobID]) -> Void)
}

extension Runner {
  /// Completes at once: nothing needs to be prepared.
  public func prepare(_ work: Work, for workflow: WorkflowName, steps: @escaping @Sendable (BuildStep) -> Void) {
    steps(.completed)
  }
  /// Answers at once: an end is reported when it happens.
  public func examine(_ id: JobID, answer: @escaping @Sendable () -> Void) { answer() }
  /// Does nothing: an immediate start cannot be cancelled.
  public func cancelStart(_ id: JobID) {}
  /// Does nothing: this host is always available.
  public func awaitProvider(_ order: RunOrder, events: @escaping @Sendable (RunnerEvent) -> Void) {}
  /// Does nothing: no state is kept.
  public func settle(_ id: JobID) {}
  /// Does nothing: no unclaimed state is left.
  public func recovered() {}
  /// Answers an empty dictionary: KILL always ends these attempts.
  public func obstacles(of ids: [JobID], answer: @escaping @Sendable ([JobID: String]) -> Void) { answer([:]) }
  /// False: the daemon's children and requests end with it.
  public func outlivesDaemon(_ id: JobID) -> Bool { false }
}

/// The results of looking up a claim of an earlier daemon.
public enum Found: Hashable, Sendable {
  /// Nothing exists: it is lost.
  case gone
  /// Something exists that cannot be adopted, and is to be ended.
  case orphan
  /// It continues.
  case adopted(StartFacts)
  /// It has ended; its `ended` event follows and reports how.
  case ended(StartFacts)
  /// Nothing exists, and certainly nothing was ever started.
  case unstarted
}

/// The events of an attempt.
public enum RunnerEvent: Sendable {
  /// It is running.
  case started(StartFacts)
  /// It has ended; its leftover processes are being ended, and its output is being stored.
  case exited
  /// It ended, or could not be started.
  case ended(Ending, Report)
  /// Its provider could not take it, for this reason, and created nothing.
  ///
  /// No other event follows this start.
  case refused(String)
  /// None of its providers can take it now, and nothing was created.
  ///
  /// No other event follows this start.
  case unavailable
  /// The progress of the image that it needs.
  case build(BuildStep)
  /// Its state is unknown, because its provider does not answer, for this reason.
  case silent(String)
  /// Its provider answers again.
  case answered
  /// While it waits: none of its providers answers, for this reason.
  case unprovided(String)
  /// While it waits: its providers answer, but each has as many jobs as allowed.
  case crowded
  /// While it waits: a provider can take it.
  case available
}

/// The facts of a start, which are enough to find the attempt again.
public struct StartFacts: Hashable, Sendable {
  /// The start by the wall clock.
  public var at: Instant
  /// The start on CLOCK_MONOTONIC; nil if no daemon of this boot saw it.
  public var monotonic: MonotonicInstant?
  /// The time from the earliest to the actual start, never negative; nil if only the instants are known.
  ///
  /// The execution worker sets it, not the runner.
  public var delay: Duration?
  /// The process id; nil for requests and containers.
  public var processID: Int?
  /// The process's start time in clock ticks since boot (`/proc/PID/stat`, field 22); nil without a process.
  public var processStart: Int64?
  /// The runner that started the command; nil for other kinds.
  public var runner: RunnerName?
  /// The provider that has the job; nil for work that only this host runs.
  public var provider: ProviderName?
  /// The id of the container; nil for other kinds.
  public var containerID: String?
  /// The time-out; nil for no limit.
  ///
  /// The execution worker sets it, not the runner.
  public var timeout: Duration?

  /// Creates facts.
  public init(at: Instant, processID: Int? = nil, processStart: Int64? = nil) {
    self.at = at
    self.processID = processID
    self.processStart = processStart
  }
}

/// The values that a runner needs to start an attempt.
public struct RunOrder: Hashable, Sendable {
  /// The attempt.
  public var id: JobID
  /// The workflow's name; nil if it has no workflow.
  public var workflow: WorkflowName?
  /// The work to run.
  public var work: Work
  /// The origin.
  public var trigger: Trigger
  /// The number of the attempt, from 1.
  public var attempt: Int
  /// The instant that the schedule or the caller named.
  public var nominalAt: Instant
  /// The earliest start.
  public var scheduledAt: Instant
  /// The most output to store, in bytes.
  public var logLimit: Int64

  /// Creates an order.
  public init(
    id: JobID, workflow: WorkflowName?, work: Work, trigger: Trigger, attempt: Int, nominalAt: Instant,
    scheduledAt: Instant, logLimit: Int64
  ) {
    self.id = id
    self.workflow = workflow
    self.work = work
    self.trigger = trigger
    self.attempt = attempt
    self.nominalAt = nominalAt
    self.scheduledAt = scheduledAt
    self.logLimit = logLimit
  }

  /// The environment variables that describe the job to itself, as `NAME=value`.
  public var environment: [String] {
    var variables = [
      "TACTUS_JOB_ID=\(id)", "TACTUS_TRIGGER=\(trigger.rawValue)", "TACTUS_ATTEMPT=\(attempt)",
      "TACTUS_SCHEDULED_AT=\(scheduledAt)", "TACTUS_NOMINAL_AT=\(nominalAt)",
    ]
    if let workflow { variables.append("TACTUS_WORKFLOW=\(workflow)") }
    return variables
  }
}

/// A claimed or RUNNING row, as found by a starting daemon or the regular check.
public struct Remnant: Hashable, Sendable {
  /// The attempt.
  public var id: JobID
  /// The workflow's name; nil if it has no workflow.
  public var workflow: WorkflowName?
  /// The kind, which determines the runner.
  public var kind: Kind
  /// The queue, of which it has a slot.
  public var queue: QueueName
  /// The fence token of the claim.
  public var fence: Int64
  /// The status: QUEUED (claimed) or RUNNING.
  public var status: JobStatus
  /// The content of `/proc/sys/kernel/random/boot_id` at the claim.
  public var bootID: String
  /// The recorded facts of its start; nil if the start was not recorded.
  public var facts: StartFacts?
  /// The stop reason; nil if it was not being stopped.
  public var stopReason: StopReason?
  /// Whether the row says that the provider is silent.
  public var isUnverified = false
  /// The recorded obstacle to its end; nil without one.
  public var obstacle: String?

  /// Creates a remnant.
  public init(
    id: JobID, workflow: WorkflowName? = nil, kind: Kind, queue: QueueName, fence: Int64, status: JobStatus,
    bootID: String, facts: StartFacts?, stopReason: StopReason?
  ) {
    self.id = id
    self.workflow = workflow
    self.kind = kind
    self.queue = queue
    self.fence = fence
    self.status = status
    self.bootID = bootID
    self.facts = facts
    self.stopReason = stopReason
  }
}
