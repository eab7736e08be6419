internal import TactusModel
public import TactusPorts

/// Decides when jobs are released: it owns the wall-clock alarm and asks the ledger to release due jobs.
///
/// The decisions are pure functions that run in the ledger's transaction. The state of this worker can always be
/// recomputed from the ledger. Its methods run on its queue. The nonisolated ones may be called from any queue, and
/// return at once.
public actor SchedulingWorker: QueueConfined {
  /// The work queue that owns the state: `tactus.scheduling`.
  public nonisolated let queue: any WorkQueue

  let ledger: any Ledger
  let time: any TimeSource
  let journal: any Journal
  var execution: (any Execution)?
  private var alarm: (any WallAlarm)?
  private var armedAt: Instant?
  /// Whether changes are accepted: from the end of the start-up to the beginning of the stop.
  private(set) var isOpen = false

  /// The distance of the wall clock from the monotonic clock at the last check, in microseconds.
  private var clockDistance: Int64?

  private var isReleasing = false
  private var releaseAgain = false
  private var endedWorkflows: Set<WorkflowID> = []
  private var roomyQueues: Set<QueueName> = []
  /// Queues whose due jobs wait for room; only these are examined when room is made.
  private var backlogged: Set<QueueName> = []

  /// How long after a failed write the next attempt is made.
  static let retryAfter: Duration = .seconds(1)

  /// Creates a worker, which is idle until ``open(_:present:execution:alarms:remnants:answer:)`` is called.
  public init(queue: any WorkQueue, ledger: any Ledger, time: any TimeSource, journal: any Journal) {
    self.queue = queue
    self.ledger = ledger
    self.time = time
    self.journal = journal
  }

  // MARK: Release

  func release() {
    guard isOpen else { return }
    guard !isReleasing else {
      releaseAgain = true
      return
    }
    isReleasing = true
    releaseAgain = false
    let request = ReleaseRequest(now: time.now, workflows: endedWorkflows, queues: roomyQueues)
    endedWorkflows.removeAll()
    roomyQueues.removeAll()
    ledger.release(request) { result in self.post { $0.released(result, request) } }
  }

  private func released(_ result: Result<Released, Refusal>, _ request: ReleaseRequest) {
    isReleasing = false
    switch result {
    case .success(let released):
      backlogged.subtract(request.queues)
      carryOut(released.change)
      arm(at: released.change.nextDue)
      if released.isPartial || releaseAgain { release() }
    case .failure:
      // The store has reported the failure. No decision is lost, only delayed.
      endedWorkflows.formUnion(request.workflows)
      roomyQueues.formUnion(request.queues)
      arm(at: time.now + Self.retryAfter)
    }
  }

  private func arm(at instant: Instant?) {
    guard isOpen else { return }
    armedAt = instant
    alarm?.arm(at: instant)
  }

  /// Carries out the consequences of a change of the plan.
  ///
  /// An alarm that is too early finds no due jobs, but one that is too late misses an instant. An answer that may be
  /// outdated therefore never moves the alarm to a later time.
  func follow(_ change: PlanChange) {
    carryOut(change)
    guard let nextDue = change.nextDue else { return }
    if let armedAt, armedAt <= nextDue { return }
    arm(at: nextDue)
  }

  private func carryOut(_ change: PlanChange) {
    backlogged.formUnion(change.backlogged)
    for end in change.ended { for entry in end.entries { journal.report(entry) } }
    if let execution {
      if !change.withdrawn.isEmpty { execution.withdraw(change.withdrawn) }
      if !change.stop.isEmpty { execution.stop(change.stop) }
      if !change.preparations.isEmpty { execution.prepare(change.preparations) }
      if !change.queued.isEmpty { execution.enqueue(change.queued) }
    }
    // A job that left the queue without a run has no end that would release the jobs behind it.
    let roomy = change.freedQueues.intersection(backlogged)
    guard !change.freedWorkflows.isEmpty || !roomy.isEmpty else { return }
    endedWorkflows.formUnion(change.freedWorkflows)
    roomyQueues.formUnion(roomy)
    release()
  }

  private func noticed(_ event: WallAlarmEvent) {
    guard isOpen else { return }
    switch event {
    case .fired:
      armedAt = nil
      release()
    case .clockSet:
      reportStep()
      realign()
    }
  }

  /// Logs by how much the clock was set, which the kernel does not report.
  private func reportStep() {
    let distance = time.distance
    defer { clockDistance = distance }
    guard let before = clockDistance else { return }
    let step: Duration = .microseconds(distance - before)
    let sign = step < .zero ? "back" : "forward"
    let milliseconds = abs(step.milliseconds)
    journal.report(
      JournalEntry(
        .clockSet,
        "the wall clock was set \(sign) by \(milliseconds / 1000).\(String(1000 + milliseconds % 1000).dropFirst()) s, "
          + "so all planned jobs are checked again", fields: [.step: "\(distance - before)"]))
  }

  /// Checks for planned rows that are too late, after a backward step, and for due rows, after a forward step.
  ///
  /// It always does both, because the direction of a step is not reported.
  private func realign() {
    ledger.realign(at: time.now) { result in
      self.post { worker in
        if case .failure = result { worker.arm(at: worker.time.now + Self.retryAfter) }
        worker.release()
      }
    }
  }

  // MARK: Start and stop

  func begin(_ recovered: Recovered, alarms: any AlarmSource) {
    isOpen = true
    roomyQueues = recovered.change.backlogged
    endedWorkflows = recovered.waiting
    clockDistance = time.distance
    alarm = alarms.wallAlarm(on: queue) { event in self.post { $0.noticed(event) } }
    release()
  }

  func end() {
    isOpen = false
    armedAt = nil
    alarm?.arm(at: nil)
    alarm = nil
  }

  func note(ended workflow: WorkflowID) {
    endedWorkflows.insert(workflow)
    release()
  }

  /// Examines the queues whose due jobs wait for room, because their limits may have changed.
  public nonisolated func examineQueues() {
    post { worker in
      worker.roomyQueues.formUnion(worker.backlogged)
      if !worker.roomyQueues.isEmpty { worker.release() }
    }
  }

  func note(roomIn queue: QueueName) {
    guard backlogged.contains(queue) else { return }
    roomyQueues.insert(queue)
    release()
  }
}

extension TimeSource {
  /// The distance of the wall clock from the monotonic clock, in microseconds; only a clock step changes it by much.
  fileprivate var distance: Int64 { now.microseconds - monotonic.microseconds }
}
