public import TactusModel
public import TactusPorts

/// The verbs of the ledger over its rows: synchronous, inside the open transaction of the owner.
///
/// A verb reads rows, calls the pure functions of TactusModel, and writes the result. Overlap, room and counters are
/// therefore decided on durable rows (docs/adr/0001). Confined to the queue of its owner.
///
/// This file has what the verbs share. The verbs are extensions: `Applying` (apply, load), `Demanding` (run, schedule),
/// `Releasing`, `Running` (claim, start, stop, cancel), `Ending`, `Silence` (silent providers, abandon), `Terminating`
/// (terminate, resume, delete), `Recovering` (start, clock steps), `Building` and `Pruning`. `Planning` has parts of
/// verbs.
///
/// The owner undoes the changes of a verb that throws. It throws
///
/// - ``Refusal``, if the state of the rows does not allow the request;
/// - ``UnreadableRow``, if a row that it needs is damaged or of another version;
/// - ``LeftAlone``, if a verb over many rows meets such a row: it is repeated without that row;
/// - an error of the driver, for example because the disk is full.
public final class LedgerVerbs {
  /// The rows that the verbs read and write.
  let rows: any Rows
  /// Makes the id of a new job from the time of its creation; each is greater than the ones that this daemon made
  /// before.
  let makeID: (Instant) -> JobID
  /// The limits of the queues; a queue without an entry has no limit.
  private let queues: QueueBook

  /// QUEUED jobs by queue, claimed ones included.
  ///
  /// A count is made at first use, updated by the verbs, and cleared by every rollback. Without it, each release
  /// would count the jobs of a full queue again.
  private var queuedCounts: [QueueName: Int] = [:]

  /// The number of the newest event that a verb wrote; nil before the first, and after a transaction that was rolled
  /// back as a whole until the next event.
  public private(set) var newestEvent: Int64?

  /// Attempts that have exited and whose end is not recorded yet: they no longer accept a stop reason.
  ///
  /// An entry stays true even if the verb that added it is rolled back. If the verb that recorded its end is rolled
  /// back, the entry returns.
  private(set) var exits: Set<JobID> = []
  /// The exits whose ends were recorded in the open transaction; a rollback restores them.
  private var forgottenExits: [JobID] = []

  /// Workflows with a job that the current verb took out of QUEUED without a run.
  ///
  /// Waiting jobs of these workflows may be released now.
  private var freedWorkflows: Set<WorkflowID> = []
  /// Queues with such a job, which have room again.
  private var freedQueues: Set<QueueName> = []
  /// Rows that cannot be read, or whose change was refused: verbs over many rows leave them alone.
  ///
  /// A row is added at its first fault, and stays until the daemon starts again. Definitions of files stay for one
  /// verb only.
  private(set) var leftAlone: Set<LeftAlone.Subject> = []
  /// Jobs that the current verb has ended, in the order of the log.
  var ended: [EndedJob] = []
  /// Images that the current verb made necessary.
  var preparations: [Preparation] = []

  /// Creates the verbs; nothing is read.
  ///
  /// - Parameters:
  ///   - rows: the driver.
  ///   - queues: the limits of the queues.
  ///   - makeID: called on the queue of the owner only.
  public init(rows: any Rows, queues: QueueBook, makeID: @escaping (Instant) -> JobID) {
    self.rows = rows
    self.queues = queues
    self.makeID = makeID
  }

  /// Runs a verb; the notes for its change begin empty.
  ///
  /// - Parameters:
  ///   - isTrial: whether the owner undoes the changes in any case, so that nothing is kept in memory.
  ///   - body: a verb. It may run again after it threw ``LeftAlone``.
  /// - Returns: the value of the body. It is durable only after the commit of the transaction.
  /// - Throws: the error of the body. Its notes are undone, and the owner undoes its rows.
  public func attempt<Value>(isTrial: Bool = false, _ body: (LedgerVerbs) throws -> Value) throws -> Value {
    freedWorkflows.removeAll()
    freedQueues.removeAll()
    preparations.removeAll()
    ended.removeAll()
    let (newestBefore, forgottenBefore) = (newestEvent, forgottenExits.count)
    var isKept = false
    defer {
      if !isKept {
        recountQueued()
        newestEvent = newestBefore
        restoreExits(after: forgottenBefore)
      }
    }
    let value = try body(self)
    isKept = !isTrial
    return value
  }

  /// Notes that an attempt has ended by itself; from then on, no stop reason is accepted for it.
  func noteExit(of id: JobID) { exits.insert(id) }

  /// Forgets an exit whose end is recorded.
  func forgetExit(of id: JobID) {
    if exits.remove(id) != nil { forgottenExits.append(id) }
  }

  private func restoreExits(after count: Int) {
    exits.formUnion(forgottenExits[count...])
    forgottenExits.removeSubrange(count...)
  }

  /// Notes that the transaction is committed, or rolled back as a whole.
  ///
  /// After a rollback, its events do not exist, and the ends that it recorded are open again.
  public func conclude(isCommitted: Bool) {
    if isCommitted {
      forgottenExits.removeAll()
    } else {
      newestEvent = nil
      restoreExits(after: 0)
      recountQueued()
    }
  }

  /// Excludes a row from verbs over many rows.
  ///
  /// - Parameter subject: the row.
  /// - Returns: false if it was already excluded. Repeating the verb would then never end.
  public func leave(alone subject: LeftAlone.Subject) -> Bool { leftAlone.insert(subject).inserted }

  /// Includes all names again: they are excluded for one verb only, because the next load reads their files again.
  public func forgetNames() {
    leftAlone = leftAlone.filter { if case .name = $0 { false } else { true } }
  }

  // MARK: Room

  /// Whether a queue has room for one more QUEUED job: fewer than `MaxQueued=`, or no limit.
  ///
  /// A claimed job is QUEUED until it starts, so only its start or its end makes room.
  func hasRoom(in queue: QueueName) throws -> Bool {
    guard let limits = queues[queue] else { return true }
    return try queuedCount(of: queue) < limits.maxQueued
  }

  /// Updates the count after a job became QUEUED.
  func countQueued(in queue: QueueName) throws { queuedCounts[queue] = try queuedCount(of: queue) + 1 }

  /// Updates the count after a job became RUNNING; a count that is not known stays unknown.
  func countLeft(_ queue: QueueName) {
    if let known = queuedCounts[queue] { queuedCounts[queue] = known - 1 }
  }

  /// Notes that a job left QUEUED without a run: the waiting rows of its workflow and its queue must be examined.
  ///
  /// - Parameters:
  ///   - queue: the queue of the job.
  ///   - workflow: nil if the end of the job itself names the workflow.
  func noteFreed(_ queue: QueueName, of workflow: WorkflowID?) {
    recountQueued()
    freedQueues.insert(queue)
    if let workflow { freedWorkflows.insert(workflow) }
  }

  /// Adds the facts that every verb reports at its end to a change.
  ///
  /// These are freed workflows and queues, images to prepare, ended jobs, and the next start time. Call it once,
  /// after the last write of the verb, because images are appended.
  func complete(_ change: inout PlanChange) throws {
    change.freedWorkflows = freedWorkflows
    change.freedQueues = freedQueues
    change.preparations += preparations
    change.ended = ended
    change.nextDue = try nextDue()
  }

  /// Clears the counts: after a rollback, and after changes that are too rare for an update.
  func recountQueued() { queuedCounts.removeAll(keepingCapacity: true) }

  /// Returns the number of QUEUED jobs of a queue, counted if it is not known.
  private func queuedCount(of queue: QueueName) throws -> Int {
    if let known = queuedCounts[queue] { return known }
    let count = try rows.queuedCount(in: queue)
    queuedCounts[queue] = count
    return count
  }

  // MARK: Events and decisions

  /// Writes an event; its number is the next one, without gaps.
  ///
  /// A change that stores the number of its own event must be followed by that event at once.
  ///
  /// - Parameters:
  ///   - type: the kind of change.
  ///   - now: the time of the change.
  ///   - workflow: nil for an event of the daemon, and for a job without a workflow.
  ///   - job: nil for an event of a workflow or of the daemon.
  ///   - status: the new status of the job; nil if it stays.
  ///   - code: the reason of an end that is no success.
  ///   - detail: a text for people, such as the progress of a pull.
  public func event(
    _ type: EventType, at now: Instant, workflow: WorkflowID?, job: JobID? = nil, status: JobStatus? = nil,
    code: ErrorCode? = nil, detail: String? = nil
  ) throws {
    newestEvent = try rows.append(
      NewEvent(type: type, at: now, workflow: workflow, job: job, status: status, code: code, detail: detail))
  }

  /// Writes the two events of a job that is QUEUED from the start.
  func queuedEvents(of job: JobID, workflow: WorkflowID, at now: Instant) throws {
    newestEvent = try rows.appendQueued(job, of: workflow, at: now)
  }

  /// Writes decision records in order, split around the instants that already have an answer.
  ///
  /// A clock that stepped back passes such instants again, and a person may have skipped one ahead of time. Each
  /// instant keeps its first answer. For example, if 40 has a job, the decision 10 to 60 on a grid of 10 becomes 10
  /// to 30 and 50 to 60.
  ///
  /// - Parameters:
  ///   - decisions: ranges of instants on the grid; an empty array writes nothing.
  ///   - key: the workflow, and the generation of the grid.
  ///   - grid: the grid that the decisions count on.
  ///   - now: the time of the decisions.
  /// - Throws: ``UnreadableRow``, if an instant of a job or a decision cannot be read.
  func record(_ decisions: [Decision], of key: DefinitionKey, on grid: Grid, at now: Instant) throws {
    for decision in decisions {
      let answered = try rows.answered(from: decision.first, through: decision.last, of: key.workflow)
        // A run of an earlier grid may be between the instants of this grid.
        .filter { grid.newest(through: $0) == $0 }
      for part in decision.parts(around: answered, on: grid) { try rows.insert(part, of: key, at: now) }
    }
  }

  /// Returns the earliest start time of a row that can be released; other rows need no timer.
  ///
  /// Rows that wait for overlap or room need none, because an ended job or a free place releases them. Rows that
  /// cannot be read are skipped, because their timer would fire again and again.
  ///
  /// - Returns: an instant that may be in the past; nil if there is no such row.
  func nextDue() throws -> Instant? { try rows.nextDue(except: isLeftAlone) }
}
