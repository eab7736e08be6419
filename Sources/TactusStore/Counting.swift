internal import TactusModel
internal import TactusPorts

/// The numbers of a status screen.
extension Archive {
  /// Costs what is live, not what is stored.
  func pulse() throws -> Pulse {
    let live = try live()
    return Pulse(
      queued: live.reduce(0) { $0 + ($1.status == .queued ? $1.count : 0) },
      running: live.reduce(0) { $0 + ($1.status == .running ? $1.count : 0) }, nextDue: try nextDue())
  }

  private func nextDue() throws -> Instant? {
    try connection.first("SELECT min(scheduled_at) FROM jobs WHERE phase = 'scheduled'") {
      // One that is damaged is told where it is read, and not shown here.
      Instant.readable($0.optionalInteger(0))
    } ?? nil
  }

  private func live() throws -> [(status: JobStatus, queue: String, count: Int)] {
    try connection.readable(
      "SELECT status, queue, count(*) FROM jobs WHERE status IN ('QUEUED', 'RUNNING') GROUP BY status, queue"
    ) { (try $0.word(0) as JobStatus, $0.text(1), Int($0.integer(2))) }
  }

  func census() throws -> Census {
    var census = Census(
      storeID: try connection.first("SELECT id FROM store") { $0.text(0) } ?? "", jobs: [:], queues: [:],
      activeWorkflows: 0, terminatedWorkflows: 0,
      nextDue: try nextDue(),
      storeBytes: try connection.first("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size") {
        $0.integer(0)
      } ?? 0)
    for (status, count) in try connection.readable(
      "SELECT status, count FROM tallies", read: { (try $0.word(0) as JobStatus, Int($0.integer(1))) })
    {
      census.jobs[status] = count
    }
    census.jobs[.pending] = try connection.first("SELECT count(*) FROM jobs WHERE status = 'PENDING'") {
      Int($0.integer(0))
    }
    for (status, name, count) in try live() {
      guard let queue = QueueName(name) else { continue }
      var counts = census.queues[queue] ?? Census.QueueCount(queued: 0, running: 0)
      census.jobs[status, default: 0] += count
      if status == .queued { counts.queued = count } else { counts.running = count }
      census.queues[queue] = counts
    }
    for (state, count) in try connection.readable(
      "SELECT state, count(*) FROM workflows WHERE deleted_at IS NULL GROUP BY state",
      read: { (try $0.word(0) as Workflow.State, Int($0.integer(1))) })
    {
      if state == .active { census.activeWorkflows = count } else { census.terminatedWorkflows = count }
    }
    return census
  }
}

extension Instant {
  /// An instant that clients can read; nil for any other number.
  fileprivate static func readable(_ microseconds: Int64?) -> Instant? {
    microseconds.map(Instant.init(microseconds:)).flatMap { Instant.writable.contains($0) ? $0 : nil }
  }
}
