internal import TactusModel
internal import TactusPorts

/// The tables of `tactus.db` and what may be done to them; synchronous, inside the transaction that is open.
///
/// Verbs read rows, let the pure functions of TactusModel decide, and write the answer: overlap, room and counters are
/// decided on what is durable (docs/adr/0001). Belongs to the queue of whoever owns it.
final class Tables {
  let connection: Connection
  let makeID: (Instant) -> JobID
  private let limits: [QueueName: QueueLimits]

  /// QUEUED jobs by queue: counted at first use, kept up to date by the verbs, and forgotten with every rollback.
  private var queuedCounts: [QueueName: Int] = [:]

  /// The number of the newest event that this connection wrote, committed or not; nil before the first.
  private(set) var newestEvent: Int64?

  /// Attempts that have ended by themselves and whose end is still to be recorded: no reason to stop them is taken any more.
  ///
  /// What is in here of a verb that is rolled back is true all the same.
  var exits: Set<JobID> = []

  /// What the verb under way took out of QUEUED without a run: what waits behind it may go now.
  private var freedWorkflows: Set<WorkflowID> = []
  private var freedQueues: Set<QueueName> = []
  /// Jobs and workflows that cannot be read, or of which a change was refused: verbs over many rows leave them alone.
  private(set) var leftAlone: Set<LeftAlone.Subject> = []
  /// Jobs that the verb under way has ended.
  var ended: [EndedJob] = []
  /// Images that the verb under way has given somebody a use for.
  var preparations: [Preparation] = []

  init(connection: Connection, limits: [QueueName: QueueLimits], makeID: @escaping (Instant) -> JobID) {
    self.connection = connection
    self.limits = limits
    self.makeID = makeID
  }

  /// Runs the body in a savepoint: what throws has changed nothing.
  func savepoint<Value>(_ body: (Tables) throws -> Value) throws -> Value {
    freedWorkflows.removeAll()
    freedQueues.removeAll()
    preparations.removeAll()
    ended.removeAll()
    let newestBefore = newestEvent
    try connection.run("SAVEPOINT verb")
    do {
      let value = try body(self)
      try connection.run("RELEASE verb")
      return value
    } catch {
      recountQueued()
      newestEvent = newestBefore
      // A full disk or an I/O error may have rolled back the whole transaction already.
      if !connection.isAutocommit { try undo() }
      throw error
    }
  }

  /// Has verbs over many rows do without one; false if they do already.
  func leave(alone subject: LeftAlone.Subject) -> Bool { leftAlone.insert(subject).inserted }

  /// Names are left alone for one verb only: what they are to become is in a file that is read again.
  func forgetNames() {
    leftAlone = leftAlone.filter { if case .name = $0 { false } else { true } }
  }

  /// Takes back what the verb did; if that cannot be done, everything since the last commit, because nothing of a failed
  /// verb may ever be committed.
  private func undo() throws {
    do {
      try connection.run("ROLLBACK TO verb")
      try connection.run("RELEASE verb")
    } catch {
      // If even this fails SQLite has rolled back by itself, which is all that is wanted.
      try? connection.run("ROLLBACK")
      throw error
    }
  }

  // MARK: Room

  /// Whether a queue takes one more QUEUED job.
  func hasRoom(in queue: QueueName) throws -> Bool {
    guard let limit = limits[queue] else { return true }
    return try queuedCount(of: queue) < limit.maxQueued
  }

  /// Keeps the count right after a job became QUEUED.
  func countQueued(in queue: QueueName) throws { queuedCounts[queue] = try queuedCount(of: queue) + 1 }

  /// Keeps the count right after a job left QUEUED.
  func countLeft(_ queue: QueueName) {
    if let known = queuedCounts[queue] { queuedCounts[queue] = known - 1 }
  }

  /// A job left QUEUED without a run: its workflow's and its queue's waiting rows must be looked at.
  func noteFreed(_ queue: QueueName, of workflow: WorkflowID?) {
    recountQueued()
    freedQueues.insert(queue)
    if let workflow { freedWorkflows.insert(workflow) }
  }

  /// Writes into a change what every verb has to tell at its end.
  func complete(_ change: inout PlanChange) throws {
    change.freedWorkflows = freedWorkflows
    change.freedQueues = freedQueues
    change.preparations += preparations
    change.ended = ended
    change.nextDue = try nextDue()
  }

  /// Counts anew at the next use: after a rollback, and after what happens too seldom to be counted along.
  func recountQueued() { queuedCounts.removeAll(keepingCapacity: true) }

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
  func event(
    _ type: EventType, at now: Instant, workflow: WorkflowID?, job: JobID? = nil, status: JobStatus? = nil,
    code: ErrorCode? = nil, detail: String? = nil
  ) throws {
    try connection.run(
      "INSERT INTO events (at, type, workflow_id, job_id, status, error_code, detail) VALUES (?, ?, ?, ?, ?, ?, ?)",
      now, type, workflow, job, status, code, detail)
    newestEvent = connection.lastInsertedRow
  }

  /// Writes decision records, in order, each around the instants that have an answer already: a clock that stepped back
  /// passes such instants again, and a person may have skipped one ahead.
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
      // A run of an earlier grid lies between the instants of this one.
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

  /// The earliest start time of a row that can be released; of others nobody has to wake up.
  func nextDue() throws -> Instant? {
    try firstPending(
      """
      SELECT id, workflow_id, nominal_at, scheduled_at, trigger, priority, wait, status, kind FROM jobs
      WHERE phase = 'scheduled' AND scheduled_at >= ? ORDER BY scheduled_at
      """, Instant.writable.lowerBound)?.scheduledAt
  }
}
