public import TactusModel
public import TactusPorts

/// Runs jobs: it owns the slots, claims, starts, enforces time-outs, stops, and records the ends.
///
/// Each attempt is a pure state machine (``Attempt``). The worker passes events to it and carries out its effects.
/// Slots are derived from the existing attempts, so they cannot leak. A full or blocked queue never delays another. The
/// nonisolated methods may be called from any queue, and return at once.
public actor ExecutionWorker: QueueConfined {
  /// The work queue that owns the state: `tactus.execution`.
  public nonisolated let queue: any WorkQueue

  let ledger: any Ledger
  let time: any TimeSource
  let scheduling: any Scheduling
  let journal: any Journal
  let labeling: (any OutputLabeling)?
  let runners: [Kind: any Runner]
  let bootID: String
  let dispatchTimeout: Duration
  let definitions: DefinitionCache
  /// The limits of the queues; read at each claim.
  let queues: QueueBook

  var lanes: [QueueName: Lane] = [:]
  var attempts: [JobID: Running] = [:]
  var deadlines = Deadlines()
  /// Generations whose image is being prepared.
  var preparing: Set<DefinitionKey> = []
  /// Ends that the store could not record yet, in order.
  var unrecorded: [JobID] = []
  /// Attempts of the last daemon whose rows do not show their state yet; the callback below waits for them.
  var unsettled: Set<JobID> = []
  var settled: (@Sendable () -> Void)?
  var drained: [@Sendable () -> Void] = []
  var isDraining = false
  /// Whether the drain time is over.
  var isInterrupting = false

  private var alarm: (any MonotonicAlarm)?
  private var armedAt: MonotonicInstant?
  private var isPumpPosted = false
  /// Whether claims are on hold, after a failed claim and until the next try.
  var isHoldingClaims = false
  private var isRetryArmed = false
  var isCheckArmed = false

  /// An attempt with its job and measurements.
  struct Running {
    var attempt: Attempt
    var job: QueuedJob
    /// The time at which it was enqueued here; nil for attempts of the last daemon.
    var since: Moment?
    /// Whether it has a slot; false while it waits for a provider, and while its end is being recorded.
    var holdsSlot = true
    /// Whether it gave its slot back because its end was posted.
    var slotEndedEarly = false
    var fence: Int64 = 0
    var workflow: WorkflowName?
    var definition: DefinitionKey?
    var order: RunOrder?
    var timeout: Duration?
    var facts: StartFacts?
    /// The time at which its runner reported `exited`, while its output was still being stored.
    var exited: Moment?
    /// The number of times that its provider could not take it.
    var refusals = 0
    var ending: Ending?
    /// The obstacle to its end, once reported.
    var obstacle: String?
    var report = Report()

    /// The known labels; those of a remnant of the last daemon lack trigger and attempt.
    var labels: JobLabels {
      JobLabels(
        job.id, workflow: workflow, kind: job.kind, trigger: order?.trigger, attempt: order?.attempt)
    }
  }

  /// Creates a worker, which is idle until jobs are enqueued.
  ///
  /// - Parameters:
  ///   - queue: the work queue that owns the worker.
  ///   - scheduling: receives the notices about ends and room.
  ///   - runners: one runner per kind.
  ///   - queues: the limits of all queues. A job of another queue is reported and left alone.
  ///   - bootID: the boot id of the machine, recorded in every claim.
  ///   - dispatchTimeout: how long a job may wait for a provider that answers.
  ///   - reader: reads the definitions that claims are bound to.
  ///   - labeling: receives the labels of jobs with output.
  public init(
    queue: any WorkQueue, ledger: any Ledger, time: any TimeSource, scheduling: any Scheduling, journal: any Journal,
    runners: [Kind: any Runner], queues: QueueBook, bootID: String, dispatchTimeout: Duration,
    reader: any DefinitionReader, labeling: (any OutputLabeling)? = nil
  ) {
    self.queue = queue
    self.ledger = ledger
    self.time = time
    self.scheduling = scheduling
    self.journal = journal
    self.labeling = labeling
    self.runners = runners
    self.bootID = bootID
    self.dispatchTimeout = dispatchTimeout
    definitions = DefinitionCache(reader: reader)
    self.queues = queues
  }

  /// Creates the alarm; called once before any other method.
  public nonisolated func open(alarms: any AlarmSource) {
    post { worker in
      worker.alarm = alarms.monotonicAlarm(on: worker.queue) { self.post { $0.wake() } }
    }
  }

  // MARK: Claims

  /// Enqueues a job; a job that was enqueued before keeps its time of arrival.
  func line(up job: QueuedJob, since arrival: Moment? = nil) {
    lanes[job.queue, default: Lane()].enqueue(job, since: arrival ?? Moment(time))
  }

  /// Claims at the end of the turn, so that all ends and arrivals of a turn lead to one claim.
  func pump() {
    guard !isPumpPosted else { return }
    isPumpPosted = true
    post { $0.claim() }
  }

  private func claim() {
    isPumpPosted = false
    guard !isDraining, !isHoldingClaims else { return }
    var ids: [JobID] = []
    for name in lanes.keys.sorted() {
      let limit = queues[name]?.maxRunning ?? 0
      while let (job, since) = lanes[name]?.takeNext(limit: limit) {
        attempts[job.id] = Running(attempt: Attempt(), job: job, since: since)
        ids.append(job.id)
      }
    }
    guard !ids.isEmpty else { return }
    armCheck()
    ledger.claim(ids, bootID: bootID, at: time.now) { [ids] result in self.post { $0.claimed(ids, result) } }
  }

  private func claimed(_ ids: [JobID], _ result: Result<[ClaimedJob], Refusal>) {
    switch result {
    case .success(let jobs):
      for job in jobs { take(job) }
      let taken = Set(jobs.map(\.id))
      for id in ids where !taken.contains(id) { handle(.claimRefused, id) }
    case .failure:
      // The rows are still QUEUED. They are enqueued again until the store works.
      isHoldingClaims = true
      for id in ids {
        if let running = attempts[id] { line(up: running.job, since: running.since) }
        handle(.claimRefused, id)
      }
      armRetry()
    }
  }

  private func take(_ job: ClaimedJob) {
    attempts[job.id]?.fence = job.fence
    attempts[job.id]?.workflow = job.workflow
    attempts[job.id]?.definition = job.definition
    switch definitions.definition(of: job) {
    case .success(let definition) where definition.work.kind != attempts[job.id]?.job.kind:
      attempts[job.id]?.ending = .failed(
        .validationError, "its row and its definition disagree about what it is (\(definition.work.kind.rawValue))")
    case .success(let definition):
      attempts[job.id]?.timeout = definition.work.timeout
      attempts[job.id]?.order = RunOrder(
        id: job.id, workflow: job.workflow, work: definition.work, trigger: job.trigger, attempt: job.attempt,
        nominalAt: job.nominalAt, scheduledAt: job.scheduledAt, logLimit: definition.policies.logLimit)
    case .failure(let problem):
      // The start effect finds no order, and ends the attempt with this error.
      attempts[job.id]?.ending = .failed(.validationError, "its definition cannot be read: \(problem)")
    }
    handle(.claimed, job.id)
  }

  // MARK: Alarm

  func arm() {
    let next = deadlines.next
    guard next != armedAt else { return }
    armedAt = next
    alarm?.arm(at: next)
  }

  private func wake() {
    armedAt = nil
    for purpose in deadlines.passed(at: time.monotonic) {
      switch purpose {
      case .attempt(let id, let event): handle(event, id)
      case .retry:
        isRetryArmed = false
        isHoldingClaims = false
        let ids = unrecorded
        unrecorded.removeAll()
        for id in ids { recordEnd(id) }
        pump()
      case .check:
        isCheckArmed = false
        check()
      case .drain: interruptAll()
      case .abandon: abandonRest()
      }
    }
    arm()
  }

  /// Retries failed writes in a second; the store has already reported the failure.
  func armRetry() {
    guard !isRetryArmed else { return }
    isRetryArmed = true
    deadlines.add(.retry, at: time.monotonic + .seconds(1))
    arm()
  }

  /// Compares rows with facts every two minutes while any job is claimed or running.
  func armCheck() {
    guard !isCheckArmed else { return }
    isCheckArmed = true
    deadlines.add(.check, at: time.monotonic + Limits.checkEvery)
    arm()
  }
}
