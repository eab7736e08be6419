internal import TactusModel
internal import TactusPorts

/// Counts for a status screen.
///
/// The counts of one answer come from several statements, so they may be of neighboring commits and need not add up.
extension Archive {
  /// Counts live jobs; the cost does not depend on how many jobs are stored.
  ///
  /// It reads the entries of `jobs_lane`, which has QUEUED and RUNNING rows only, and the first entry of `jobs_due`.
  ///
  /// - Returns: zero for a status without jobs; `nextDue` as ``nextDue()`` finds it.
  /// - Throws: ``StoreError`` if a statement fails. A row with a status of another version is reported and not counted.
  func pulse() throws -> Pulse {
    let live = try live()
    return Pulse(
      queued: live.reduce(0) { $0 + ($1.status == .queued ? $1.count : 0) },
      running: live.reduce(0) { $0 + ($1.status == .running ? $1.count : 0) }, nextDue: try nextDue())
  }

  /// Returns the earliest start time of a row in PENDING/scheduled, from the first entry of `jobs_due`.
  ///
  /// Rows that are due and wait, and held rows, are not in this index.
  ///
  /// - Returns: nil if no row is scheduled, and if the earliest instant cannot be shown.
  /// - Throws: ``StoreError``.
  private func nextDue() throws -> Instant? {
    try connection.first("SELECT min(scheduled_at) FROM jobs WHERE phase = 'scheduled'") {
      // An unreadable instant is left out here. It is reported where the job is read.
      Instant.readable($0.optionalInteger(0))
    } ?? nil
  }

  /// Counts QUEUED and RUNNING rows by status and queue, from the entries of `jobs_lane` alone.
  ///
  /// The name of the queue is not checked here. A status and a queue without rows are absent.
  private func live() throws -> [(status: JobStatus, queue: String, count: Int)] {
    try connection.readable(
      "SELECT status, queue, count(*) FROM jobs WHERE status IN ('QUEUED', 'RUNNING') GROUP BY status, queue"
    ) { (try $0.word(0) as JobStatus, $0.text(1), Int($0.integer(2))) }
  }

  /// Counts jobs by status and by queue, and workflows by state; needs more time the more is planned.
  ///
  /// - COMPLETED, FAILED and CANCELED jobs are not counted here: triggers keep their number in the three rows of
  ///   `tallies`.
  /// - PENDING jobs are counted in `jobs_pending`, and QUEUED and RUNNING ones in `jobs_lane`.
  /// - QUEUED and RUNNING are absent without jobs. The other statuses are present with 0.
  /// - Workflows that are not deleted are counted along `workflows_name`.
  /// - A queue whose name cannot be read is left out, and so are its jobs. A queue without live jobs is absent.
  /// - `storeBytes` is the number of pages times their size. The file of the -wal is not added. Source:
  ///   https://www.sqlite.org/pragma.html#pragma_page_count
  ///
  /// - Returns: the counts; `storeID` is empty if the store has no row.
  /// - Throws: ``StoreError`` if a statement fails. A row with a word of another version is reported and not counted.
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
  /// Returns an instant that clients can read; nil for any other number.
  ///
  /// An instant out of range is left out here. It is reported where its job is read.
  fileprivate static func readable(_ microseconds: Int64?) -> Instant? {
    microseconds.map(Instant.init(microseconds:)).flatMap { Instant.writable.contains($0) ? $0 : nil }
  }
}
