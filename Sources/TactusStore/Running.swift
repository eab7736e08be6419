internal import TactusModel
internal import TactusPorts

/// Claims, starts, cancels.
extension Tables {
  func claim(_ ids: [JobID], bootID: String, at now: Instant) throws -> [ClaimedJob] {
    var claimed: [ClaimedJob] = []
    for id in ids {
      try each(.job(id)) { if let job = try claim(id, bootID: bootID, at: now) { claimed.append(job) } }
    }
    return claimed
  }

  private func claim(_ id: JobID, bootID: String, at now: Instant) throws -> ClaimedJob? {
    let row = try connection.first(
      """
      UPDATE jobs SET phase = 'dispatching', fence = fence + 1, claimed_at = ?, boot_id = ?
      WHERE id = ? AND phase IN ('queued', 'waiting_for_provider')
      RETURNING workflow_id, generation, fence, trigger, attempt, nominal_at, scheduled_at
      """, now, bootID, id
    ) { row in
      (
        key: DefinitionKey(workflow: WorkflowID(number: row.integer(0)), generation: try row.count(1)),
        fence: row.integer(2), trigger: try row.word(3) as Trigger, attempt: try row.count(4),
        nominalAt: try row.instant(5), scheduledAt: try row.instant(6)
      )
    }
    guard let row else { return nil }
    let definition = try connection.first(
      """
      SELECT d.text, w.name FROM definitions d JOIN workflows w ON w.id = d.workflow_id
      WHERE d.workflow_id = ? AND d.generation = ?
      """, row.key.workflow, row.key.generation
    ) { (text: $0.text(0), name: WorkflowName($0.text(1))) }
    guard let definition else {
      throw UnreadableRow(
        table: "definitions", row: "\(row.key.workflow.number)", column: "generation",
        problem: .damaged("generation \(row.key.generation), which job \(id) is bound to, is missing"))
    }
    return ClaimedJob(
      id: id, fence: row.fence, workflow: definition.name, text: definition.text, definition: row.key,
      trigger: row.trigger, attempt: row.attempt, nominalAt: row.nominalAt, scheduledAt: row.scheduledAt)
  }

  func recordStart(_ id: JobID, fence: Int64, facts: StartFacts) throws -> Bool {
    let row = try connection.first(
      """
      UPDATE jobs SET status = 'RUNNING', phase = CASE WHEN stop_reason IS NULL THEN 'running' ELSE 'stopping' END,
        started_at = ?1, pid = ?2, pid_start = ?3, timeout = ?4, provider = ?5, container_id = ?6, runner = ?7,
        started_monotonic = ?8, start_delay = ifnull(?9, max(0, ?1 - scheduled_at)),
        started_event = (SELECT ifnull(max(sequence), 0) + 1 FROM events)
      WHERE id = ?10 AND fence = ?11 AND phase = 'dispatching'
      RETURNING workflow_id, queue, generation
      """, facts.at, facts.processID, facts.processStart, facts.timeout, facts.provider?.text, facts.containerID,
      facts.runner, facts.monotonic?.microseconds, facts.delay, id, fence
    ) {
      (
        workflow: $0.optionalInteger(0).map(WorkflowID.init), queue: QueueName($0.text(1)),
        generation: Int($0.integer(2))
      )
    }
    guard let row else { return false }
    if let queue = row.queue { countLeft(queue) }
    try event(.jobRunning, at: facts.at, workflow: row.workflow, job: id, status: .running)
    // Whatever was known of its image: it was there.
    if facts.containerID != nil, let workflow = row.workflow {
      _ = try recordBuild(DefinitionKey(workflow: workflow, generation: row.generation), .completed, at: facts.at)
    }
    return true
  }

  func requeue(_ id: JobID, fence: Int64) throws -> QueuedJob? {
    try connection.first(
      """
      UPDATE jobs SET phase = 'queued', error_message = NULL
      WHERE id = ? AND fence = ? AND phase IN ('dispatching', 'waiting_for_provider') AND stop_reason IS NULL
      RETURNING kind, queue, priority, scheduled_at
      """, id, fence
    ) { row in
      QueuedJob(
        id: id, kind: try row.word(0), queue: try row.queueName(1), priority: try row.number(2, in: -100...100),
        scheduledAt: try row.instant(3))
    }
  }

  func park(_ id: JobID, fence: Int64) throws -> Bool {
    try connection.run(
      """
      UPDATE jobs SET phase = 'waiting_for_provider', error_message = NULL
      WHERE id = ? AND fence = ? AND phase = 'dispatching' AND stop_reason IS NULL
      """, id, fence)
    return connection.changes == 1
  }

  func recordStop(_ id: JobID, fence: Int64, reason: StopReason, at now: Instant) throws -> Bool {
    let current = try connection.first("SELECT fence FROM jobs WHERE id = ?", id) { $0.integer(0) }
    guard current == fence, !exits.contains(id) else { return false }
    try recordStop(id, reason: reason, now: now)
    return connection.changes == 1
  }

  func recordExit(_ id: JobID, fence: Int64) throws -> Bool {
    let isFirst = try connection.first(
      "SELECT stop_reason IS NULL FROM jobs WHERE id = ? AND fence = ? AND status IN ('QUEUED', 'RUNNING')", id, fence
    ) { $0.integer(0) != 0 }
    guard isFirst == true else { return false }
    exits.insert(id)
    return true
  }

  func cancel(_ id: JobID, at now: Instant) throws -> PlanChange {
    let row = try connection.first(
      "SELECT status, phase, workflow_id, nominal_at, stop_reason FROM jobs WHERE id = ?", id
    ) { row in
      (
        status: try row.word(0) as JobStatus, phase: try row.optionalWord(1, as: Phase.self),
        workflow: row.optionalInteger(2).map(WorkflowID.init), nominalAt: try row.optionalInstant(3),
        stopReason: try row.optionalWord(4, as: StopReason.self)
      )
    }
    guard let row else { throw LedgerFailure.notFound(entity: "job", id: "\(id)") }
    guard let phase = row.phase else {
      throw LedgerFailure.conflict(reason: "job \(id) is \(row.status.rawValue) already: it has ended")
    }
    let message = StopReason.canceled.sentence
    switch phase {
    case .held, .scheduled, .due:
      try close(id, of: row.workflow, as: .canceledByUser, message: message, now: now)
      if let workflow = try row.workflow.map(workflow), workflow.plannedJob == id, let grid = workflow.grid,
        let nominal = row.nominalAt
      {
        let skipped = Decision(reason: .skippedByUser, first: nominal, last: nominal, count: 1)
        try record([skipped], of: workflow.id, on: grid, generation: workflow.generation, at: now)
        try plan(workflow, at: firstFree(grid, after: nominal, of: workflow.id), now: now)
      }
      return try change()
    case .queued, .waitingForProvider:
      try close(id, of: row.workflow, as: .canceledByUser, message: message, now: now)
      return try change { $0.withdrawn = [id] }
    case .dispatching, .running, .stopping, .unverified:
      if exits.contains(id) {
        throw LedgerFailure.conflict(
          reason: "job \(id) has ended by itself, and its output is still being stored: nothing is left to cancel")
      }
      try recordStop(id, reason: .canceled, now: now)
      return try change { $0.stop = [id: row.stopReason ?? .canceled] }
    }
  }
}
