internal import TactusModel
internal import TactusPorts

/// The tables of `tactus.db` and the verbs on them: synchronous, inside the open transaction.
///
/// Verbs read rows, call the pure functions of TactusModel, and write the result. Overlap, room and counters are
/// therefore decided on durable rows (docs/adr/0001). Confined to the queue of its owner.
///
/// The store undoes the changes of a verb that throws. It throws
///
/// - ``Refusal``, if the state of the rows does not allow the request;
/// - ``UnreadableRow``, if a row that it needs is damaged or of another version;
/// - ``LeftAlone``, if a verb over many rows meets such a row: it is repeated without that row;
/// - ``StoreError``, if SQLite failed, for example because the disk is full.
final class Tables {
  /// The only connection that writes the store, or the read-only one of an auditor.
  let connection: Connection
  /// Makes the id of a new job from the time of its creation; each is greater than the ones that this daemon made
  /// before.
  let makeID: (Instant) -> JobID
  /// The limits of the queues; a queue without an entry has no limit.
  private let limits: [QueueName: QueueLimits]

  /// QUEUED jobs by queue, claimed ones included.
  ///
  /// A count is made at first use, updated by the verbs, and cleared by every rollback. Without it, each release
  /// would count the jobs of a full queue again.
  private var queuedCounts: [QueueName: Int] = [:]

  /// The number of the newest event that this connection wrote; nil before the first, and after a transaction that was
  /// rolled back as a whole until the next event.
  private(set) var newestEvent: Int64?

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

  /// Creates the verbs on a connection; nothing is read.
  ///
  /// - Parameters:
  ///   - connection: open, with the newest schema.
  ///   - limits: the limits of the queues.
  ///   - makeID: called on the queue of the owner only.
  init(connection: Connection, limits: [QueueName: QueueLimits], makeID: @escaping (Instant) -> JobID) {
    self.connection = connection
    self.limits = limits
    self.makeID = makeID
  }

  /// Runs the body in a savepoint: if it throws, it has changed nothing.
  ///
  /// A savepoint in another one is allowed, as for a dry run. See ``attempt(isGuarded:_:)``.
  func savepoint<Value>(_ body: (Tables) throws -> Value) throws -> Value { try attempt(isGuarded: true, body) }

  /// Runs a verb; the notes for its change begin empty, and are undone if it throws.
  ///
  /// SQLite may have rolled back the whole transaction. Then the verbs before this one are lost with it, and the owner
  /// answers them with the failure.
  ///
  /// - Parameters:
  ///   - isGuarded: whether the body has a savepoint. Without one its rows stay changed if it throws, and the owner
  ///     rolls back the transaction.
  ///   - body: a verb. It may be run again after it threw ``LeftAlone``.
  /// - Returns: the value of the body. It is durable only after the commit of the transaction.
  /// - Throws: the error of the body, or ``StoreError`` if the savepoint could not be set, released or rolled back.
  func attempt<Value>(isGuarded: Bool, _ body: (Tables) throws -> Value) throws -> Value {
    freedWorkflows.removeAll()
    freedQueues.removeAll()
    preparations.removeAll()
    ended.removeAll()
    let newestBefore = newestEvent
    let forgottenBefore = forgottenExits.count
    if isGuarded { try connection.run("SAVEPOINT verb") }
    do {
      let value = try body(self)
      if isGuarded { try connection.run("RELEASE verb") }
      return value
    } catch {
      recountQueued()
      newestEvent = newestBefore
      restoreExits(after: forgottenBefore)
      // A full disk or an I/O error may already have rolled back the whole transaction.
      if isGuarded && !connection.isAutocommit { try undo() }
      throw error
    }
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
  func conclude(isCommitted: Bool) {
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
  func leave(alone subject: LeftAlone.Subject) -> Bool { leftAlone.insert(subject).inserted }

  /// Includes all names again: they are excluded for one verb only, because the next load reads their files again.
  func forgetNames() {
    leftAlone = leftAlone.filter { if case .name = $0 { false } else { true } }
  }

  /// Rolls back the changes of the verb, or else everything since the last commit.
  ///
  /// The changes of a failed verb must never be committed.
  private func undo() throws {
    do {
      try connection.run("ROLLBACK TO verb")
      try connection.run("RELEASE verb")
    } catch {
      // If the rollback also fails, SQLite has already rolled back.
      try? connection.run("ROLLBACK")
      throw error
    }
  }

  // MARK: Room

  /// Whether a queue has room for one more QUEUED job: fewer than `MaxQueued=`, or no limit.
  ///
  /// A claimed job is QUEUED until it starts, so only its start or its end makes room.
  func hasRoom(in queue: QueueName) throws -> Bool {
    guard let limit = limits[queue] else { return true }
    return try queuedCount(of: queue) < limit.maxQueued
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

  /// Returns the number of QUEUED jobs of a queue, counted in the index `jobs_lane` if it is not known.
  private func queuedCount(of queue: QueueName) throws -> Int {
    if let known = queuedCounts[queue] { return known }
    let count = try connection.first(
      "SELECT count(*) FROM jobs WHERE status IN ('QUEUED', 'RUNNING') AND status = 'QUEUED' AND queue = ?", queue
    ) { Int($0.integer(0)) }
    queuedCounts[queue] = count ?? 0
    return count ?? 0
  }

  // MARK: Events and decisions

  /// Writes an event row; its sequence number is the next one, without gaps.
  ///
  /// An UPDATE that stores the number of its own event must be followed by that event at once.
  ///
  /// - Parameters:
  ///   - type: the kind of change.
  ///   - now: the time of the change.
  ///   - workflow: nil for an event of the daemon, and for a job without a workflow.
  ///   - job: nil for an event of a workflow or of the daemon.
  ///   - status: the new status of the job; nil if it stays.
  ///   - code: the reason of an end that is no success.
  ///   - detail: a text for people, such as the progress of a pull.
  /// - Throws: ``StoreError``, if the write failed.
  func event(
    _ type: EventType, at now: Instant, workflow: WorkflowID?, job: JobID? = nil, status: JobStatus? = nil,
    code: ErrorCode? = nil, detail: String? = nil
  ) throws {
    try connection.run(
      "INSERT INTO events (at, type, workflow_id, job_id, status, error_code, detail) VALUES (?, ?, ?, ?, ?, ?, ?)",
      now, type, workflow, job, status, code, detail)
    noteNewestEvent()
  }

  /// Notes the number of the event that the last statement inserted.
  func noteNewestEvent() { newestEvent = connection.lastInsertedRow }

  /// Writes decision records in order, split around the instants that already have an answer.
  ///
  /// A clock that stepped back passes such instants again, and a person may have skipped one ahead of time. Each
  /// instant keeps its first answer. For example, if 40 has a job, the decision 10 to 60 on a grid of 10 becomes 10
  /// to 30 and 50 to 60.
  ///
  /// - Parameters:
  ///   - decisions: ranges of instants on the grid; an empty array writes nothing.
  ///   - workflow: the workflow.
  ///   - grid: the grid that the decisions count on.
  ///   - generation: the generation of that grid.
  ///   - now: the time of the decisions.
  /// - Throws: ``UnreadableRow``, if an instant of a job or a decision cannot be read.
  func record(_ decisions: [Decision], of workflow: WorkflowID, on grid: Grid, generation: Int, at now: Instant) throws
  {
    for decision in decisions {
      let answered = try connection.all(
        """
        SELECT nominal_at FROM jobs WHERE workflow_id = ?1 AND nominal_at BETWEEN ?2 AND ?3 AND trigger = 'AUTOMATIC'
          AND attempt = 1 AND replay_of IS NULL AND (status <> 'CANCELED' OR queued_at IS NOT NULL)
          AND queued_at IS NOT NULL
        UNION ALL
        SELECT first_at FROM decisions WHERE workflow_id = ?1 AND first_at BETWEEN ?2 AND ?3 AND voided_at IS NULL
        ORDER BY 1
        """, workflow, decision.first, decision.last
      ) { try $0.instant(0) }
      // A run of an earlier grid may be between the instants of this grid.
      .filter { grid.newest(through: $0) == $0 }
      for part in decision.parts(around: answered, on: grid) {
        try connection.run(
          """
          INSERT INTO decisions (workflow_id, generation, reason, first_at, last_at, count, decided_at)
          VALUES (?, ?, ?, ?, ?, ?, ?)
          """, workflow, generation, part.reason, part.first, part.last, part.count, now)
      }
    }
  }

  /// Returns the earliest start time of a row that can be released; other rows need no timer.
  ///
  /// Rows that wait for overlap or room need none, because an ended job or a free place releases them. Rows that
  /// cannot be read are skipped, because their timer would fire again and again. The index is `jobs_due`.
  ///
  /// - Returns: an instant that may be in the past; nil if there is no such row.
  /// - Throws: ``StoreError``, if the rows cannot be read.
  func nextDue() throws -> Instant? {
    try firstPending(
      """
      SELECT id, workflow_id, nominal_at, scheduled_at, trigger, priority, wait, status, kind FROM jobs
      WHERE phase = 'scheduled' AND scheduled_at >= ? ORDER BY scheduled_at
      """, Instant.writable.lowerBound)?.scheduledAt
  }
}
