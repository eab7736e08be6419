public import TactusModel
public import TactusPorts

/// Runs jobs: it owns the slots, claims, starts, enforces time-outs, stops, and records the ends.
///
/// Each attempt is a pure machine (``Attempt``); this worker feeds it events and carries out its effects. Slots are derived
/// from the attempts that exist, so they cannot leak. One queue, full or blocked, never delays another.
public actor ExecutionWorker: QueueConfined {
  /// `tactus.execution`.
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

  var lanes: [QueueName: Lane]
  var attempts: [JobID: Running] = [:]
  var deadlines = Deadlines()
  /// Generations whose image is being prepared.
  var preparing: Set<DefinitionKey> = []
  /// Ends that the store could not take yet, in order.
  var unrecorded: [JobID] = []
  /// What the last daemon left and whose row does not say yet what is known of it; and who waits for that.
  var unsettled: Set<JobID> = []
  var settled: (@Sendable () -> Void)?
  var drained: [@Sendable () -> Void] = []
  var isDraining = false
  /// Whether the drain's time is over.
  var isInterrupting = false

  private var alarm: (any MonotonicAlarm)?
  private var armedAt: MonotonicInstant?
  private var isPumpPosted = false
  /// After a failed claim nothing is claimed until the next try.
  var isHoldingClaims = false
  private var isRetryArmed = false
  var isCheckArmed = false

  /// An attempt on its way.
  struct Running {
    var attempt: Attempt
    var job: QueuedJob
    /// When it came in line; nil for what the last daemon began.
    var since: Moment?
    /// All do but those that wait for a provider.
    var holdsSlot = true
    var fence: Int64 = 0
    var workflow: WorkflowName?
    var definition: DefinitionKey?
    var order: RunOrder?
    var timeout: Duration?
    var facts: StartFacts?
    /// When its runner told that it has ended, while its output was still being stored.
    var exited: Moment?
    /// How often its provider could not take it.
    var refusals = 0
    var ending: Ending?
    /// What keeps it from ending, once that was reported.
    var obstacle: String?
    var report = Report()

    /// What is known of the job; a remnant of the last daemon does not tell who asked for it.
    var labels: JobLabels {
      JobLabels(
        job.id, workflow: workflow, kind: job.kind, trigger: order?.trigger, attempt: order?.attempt)
    }
  }

  /// A worker that does nothing until jobs are enqueued.
  ///
  /// - Parameters:
  ///   - limits: every queue there is; a job of another queue is a programmer's mistake.
  ///   - bootID: the machine's boot, part of every claim.
  ///   - dispatchTimeout: how long a job may wait for a provider that answers.
  ///   - reader: reads the definitions that claims are bound to.
  ///   - labeling: is told whose output comes.
  public init(
    queue: any WorkQueue, ledger: any Ledger, time: any TimeSource, scheduling: any Scheduling, journal: any Journal,
    runners: [Kind: any Runner], limits: [QueueName: QueueLimits], bootID: String, dispatchTimeout: Duration,
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
    lanes = limits.mapValues { Lane(limit: $0.maxRunning) }
  }

  /// Makes the alarm; called once before anything else.
  public nonisolated func open(alarms: any AlarmSource) {
    post { worker in
      worker.alarm = alarms.monotonicAlarm(on: worker.queue) { self.post { $0.wake() } }
    }
  }

  // MARK: Claims

  /// Puts a job in line; one that was there before keeps the moment when it came.
  func line(up job: QueuedJob, since arrival: Moment? = nil) {
    lanes[job.queue]?.enqueue(job, since: arrival ?? Moment(time))
  }

  /// Claims at the end of the turn, so that ends and arrivals of one turn make one claim.
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
      while let (job, since) = lanes[name]?.takeNext() {
        attempts[job.id] = Running(attempt: Attempt(), job: job, since: since)
        ids.append(job.id)
      }
    }
    guard !ids.isEmpty else { return }
    armCheck()
    ledger.claim(ids, bootID: bootID, at: time.now) { [ids] result in self.post { $0.claimed(ids, result) } }
  }

  private func claimed(_ ids: [JobID], _ result: Result<[ClaimedJob], LedgerFailure>) {
    switch result {
    case .success(let jobs):
      for job in jobs { take(job) }
      let taken = Set(jobs.map(\.id))
      for id in ids where !taken.contains(id) { handle(.claimRefused, id) }
    case .failure:
      // The rows are still QUEUED: they go back in line until the store works again.
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
      // The start effect finds no order and ends the attempt with this.
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

  /// Tries again what the store did not take, in a second; the store has told the operator.
  func armRetry() {
    guard !isRetryArmed else { return }
    isRetryArmed = true
    deadlines.add(.retry, at: time.monotonic + .seconds(1))
    arm()
  }

  /// Compares rows with facts every two minutes while anything is claimed or running.
  func armCheck() {
    guard !isCheckArmed else { return }
    isCheckArmed = true
    deadlines.add(.check, at: time.monotonic + Limits.checkEvery)
    arm()
  }
}
