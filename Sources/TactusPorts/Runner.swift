public import TactusModel

/// Our code for a kind: it starts attempts, stops them, and tells how they ended.
///
/// All calls return at once and may come from any queue; what they ask for happens on the runner's own queue, in order.
public protocol Runner: Sendable {
  /// Starts an attempt. Exactly one `started`, `refused`, `unavailable` or `ended` event follows; after `started`, exactly
  /// one `ended`, before which `exited` may come, several times.
  ///
  /// `exited` means that it has ended and that no signal is needed any more. `ended` means that nothing of the attempt is left and that its output is stored. Events come on the runner's queue.
  func start(_ order: RunOrder, events: @escaping @Sendable (RunnerEvent) -> Void)
  /// Prepares what attempts of a workflow will need: `started`, then `completed` or `failed` follow.
  func prepare(_ work: Work, for workflow: WorkflowName, steps: @escaping @Sendable (BuildStep) -> Void)
  /// Sends TERM to the whole tree, or aborts the request; nothing if the attempt is unknown.
  func terminate(_ id: JobID)
  /// Sends KILL to the whole tree; nothing if the attempt is unknown.
  func kill(_ id: JobID)
  /// Looks whether an attempt has ended, and answers, on the runner's queue: its time-out has passed.
  ///
  /// Of an attempt that has ended by itself, `exited` or `ended` comes before the answer, once more if it came already. A
  /// provider that does not answer is not waited for: nobody could end the attempt there either.
  func examine(_ id: JobID, answer: @escaping @Sendable () -> Void)
  /// Gives up a start that has created nothing yet; an `ended` event follows then, else what follows anyway.
  func cancelStart(_ id: JobID)
  /// Tells when a provider can take the attempt, by `available`, and before that, by `unprovided` and `crowded`, why none
  /// can; at once, and when it changes. Ends with `available` or `settle`.
  func awaitProvider(_ order: RunOrder, events: @escaping @Sendable (RunnerEvent) -> Void)
  /// The end of the attempt is durable, or it was withdrawn: what was kept to tell it may go.
  func settle(_ id: JobID)
  /// Looks a claim of an earlier daemon up by facts.
  ///
  /// If something of it is left, the runner knows the attempt from then on (terminate and kill work) and one `ended` event
  /// follows. A provider that cannot be asked now is asked until it answers.
  func recover(
    _ remnant: Remnant, events: @escaping @Sendable (RunnerEvent) -> Void, answer: @escaping @Sendable (Found) -> Void)
  /// All claims of earlier daemons were asked for: what else is left of them belongs to nobody.
  func recovered()
  /// Answers, in a clause, what keeps attempts from ending that were sent KILL, or whose main process has ended; nothing of the others.
  func obstacles(of ids: [JobID], answer: @escaping @Sendable ([JobID: String]) -> Void)
  /// Whether an attempt that it was asked to start goes on when the daemon stops, and the next one takes it over.
  func outlivesDaemon(_ id: JobID) -> Bool
  /// Answers which of the attempts this runner does not know: for the check of rows against facts.
  func unknown(among ids: [JobID], answer: @escaping @Sendable ([JobID]) -> Void)
}

extension Runner {
  /// Nothing needs to be prepared.
  public func prepare(_ work: Work, for workflow: WorkflowName, steps: @escaping @Sendable (BuildStep) -> Void) {
    steps(.completed)
  }
  /// Answers at once: an end is known when it comes.
  public func examine(_ id: JobID, answer: @escaping @Sendable () -> Void) { answer() }
  /// Does nothing: what starts at once cannot be given up.
  public func cancelStart(_ id: JobID) {}
  /// Does nothing: this host is always there.
  public func awaitProvider(_ order: RunOrder, events: @escaping @Sendable (RunnerEvent) -> Void) {}
  /// Does nothing: nothing is kept.
  public func settle(_ id: JobID) {}
  /// Does nothing: nothing is left.
  public func recovered() {}
  /// Answers nothing: what it kills ends.
  public func obstacles(of ids: [JobID], answer: @escaping @Sendable ([JobID: String]) -> Void) { answer([:]) }
  /// False: the daemon's children and requests end with it.
  public func outlivesDaemon(_ id: JobID) -> Bool { false }
}

/// What is left of a claim of an earlier daemon.
public enum Found: Hashable, Sendable {
  /// Nothing: it is lost.
  case gone
  /// Something that nobody can take over: it is to be ended.
  case orphan
  /// It goes on.
  case adopted(StartFacts)
  /// It has ended and can tell how, which its `ended` event does next.
  case ended(StartFacts)
  /// Nothing, and it is certain that nothing was ever started.
  case unstarted
}

/// What a runner tells of an attempt.
public enum RunnerEvent: Sendable {
  /// It runs.
  case started(StartFacts)
  /// It has ended; what it left is being ended, and its output stored.
  case exited
  /// It ended, or could not be started.
  case ended(Ending, Report)
  /// Its provider could not take it, for this reason; nothing was created. No other event follows this start.
  case refused(String)
  /// None of its providers can take it now; nothing was created. No other event follows this start.
  case unavailable
  /// How far the image that it needs is.
  case build(BuildStep)
  /// Its provider does not answer, for this reason, so that what became of it is unknown.
  case silent(String)
  /// Its provider answers again.
  case answered
  /// While it waits: none of its providers answers, for this reason.
  case unprovided(String)
  /// While it waits: its providers answer, but have as many jobs as they may.
  case crowded
  /// While it waits: a provider can take it.
  case available
}

/// What is known of something that was just started; enough to find it again.
public struct StartFacts: Hashable, Sendable {
  /// When it was started.
  public var at: Instant
  /// The same on CLOCK_MONOTONIC; nil if no daemon of this boot saw the start.
  public var monotonic: MonotonicInstant?
  /// From the earliest to the real start, never negative; nil where only the instants tell.
  ///
  /// The execution worker measures it, not the runner.
  public var delay: Duration?
  /// The process; nil for requests.
  public var processID: Int?
  /// The process's start time in clock ticks since boot (`/proc/PID/stat`, field 22); nil for requests.
  public var processStart: Int64?
  /// Who started the command; nil for what is none.
  public var runner: RunnerName?
  /// The provider that has it; nil for what runs on this host alone.
  public var provider: ProviderName?
  /// The container's id; nil for what is none.
  public var containerID: String?
  /// How long it may run; nil for as long as it likes.
  ///
  /// The execution worker knows it, not the runner.
  public var timeout: Duration?

  /// Puts facts together.
  public init(at: Instant, processID: Int? = nil, processStart: Int64? = nil) {
    self.at = at
    self.processID = processID
    self.processStart = processStart
  }
}

/// Everything a runner needs to start one attempt.
public struct RunOrder: Hashable, Sendable {
  /// The attempt.
  public var id: JobID
  /// The workflow's name, if it has one.
  public var workflow: WorkflowName?
  /// What to run.
  public var work: Work
  /// Who asked for it.
  public var trigger: Trigger
  /// 1 for the first.
  public var attempt: Int
  /// The instant that the schedule or the caller named.
  public var nominalAt: Instant
  /// The earliest start.
  public var scheduledAt: Instant
  /// Output to store at most, in bytes.
  public var logLimit: Int64

  /// Puts an order together.
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

  /// What Tactus tells a job about itself, as `NAME=value`.
  public var environment: [String] {
    var variables = [
      "TACTUS_JOB_ID=\(id)", "TACTUS_TRIGGER=\(trigger.rawValue)", "TACTUS_ATTEMPT=\(attempt)",
      "TACTUS_SCHEDULED_AT=\(scheduledAt)", "TACTUS_NOMINAL_AT=\(nominalAt)",
    ]
    if let workflow { variables.append("TACTUS_WORKFLOW=\(workflow)") }
    return variables
  }
}

/// A claimed or RUNNING row, as a starting daemon finds it.
public struct Remnant: Hashable, Sendable {
  /// The attempt.
  public var id: JobID
  /// The workflow's name, if it has one.
  public var workflow: WorkflowName?
  /// Who ran it.
  public var kind: Kind
  /// The lane, whose slot it holds.
  public var queue: QueueName
  /// The claim's token.
  public var fence: Int64
  /// QUEUED (claimed) or RUNNING.
  public var status: JobStatus
  /// `/proc/sys/kernel/random/boot_id` of the claim.
  public var bootID: String
  /// What was recorded of its start.
  public var facts: StartFacts?
  /// Why it was being stopped, if it was.
  public var stopReason: StopReason?
  /// Whether its row says that its provider does not answer.
  public var isUnverified = false
  /// What its row says that keeps it from ending; nil if nothing does.
  public var obstacle: String?

  /// Puts a remnant together.
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
