internal import TactusModel
internal import TactusPorts

/// Lists jobs in pages, newest first.
///
/// The order is that of row numbers, thus of creation. A row keeps its number, and new rows get higher ones, so pages
/// join without gaps or repeats while jobs are added.
extension Archive {
  /// The size in bytes at which a page ends early, so that a reply fits into one message: 512 KiB.
  ///
  /// The size is an estimate from ``jobBytes``. The job that reaches it is still part of the page.
  private static let pageBytes = 512 << 10
  /// An upper bound for the bytes of one job on the wire, apart from its error message.
  private static let jobBytes = 1024

  /// Composes one page: walks the indexes that ``JobScan`` chooses, merges what they found, then reads the rows.
  ///
  /// - Each walk returns at most one match more than the page has room for, from `before` downwards.
  /// - A walk that stopped early has not seen the rows below its last one. Matches of other walks below that row are
  ///   left for the next page, so that no job is passed over.
  /// - The rows of the newest matches are read by their numbers. A row that cannot be read is reported and left out.
  /// - The page ends at the limit, or at 512 KiB. Jobs that wait get their places in line.
  ///
  /// So a page may be short, or even empty, and not be the last one: continue while `next` is not nil.
  ///
  /// - Parameter filter: its limit is at least 1; the caller has checked the range.
  /// - Returns: the jobs, newest first; `next` is the row number below which the next page begins, nil if no rows are
  ///   left.
  /// - Throws: notFound if the filter names a workflow that never existed; ``StoreError``.
  func page(_ filter: JobFilter) throws -> JobPage {
    let scan = JobScan(filter, workflow: try filter.workflow.map(number))
    // One row more than asked for shows whether there is another page.
    var found: [Found] = []
    for way in scan.walks {
      found.append(try walk(way, of: scan, before: filter.before ?? .max, limit: filter.limit + 1))
    }
    // Below the lowest position of a walk that stopped early, rows may be missing.
    let floor = found.compactMap(\.end).max()
    let all = found.flatMap(\.positions).filter { $0 >= floor ?? .min }.sorted(by: >)
    let positions = all.prefix(filter.limit)
    var page = JobPage(jobs: [], next: nil)
    var bytes = 0
    let readable = try Dictionary(uniqueKeysWithValues: rows(at: Array(positions)))
    var shown = 0
    for position in positions {
      guard bytes <= Self.pageBytes else { break }
      shown += 1
      page.next = position
      guard let job = readable[position] else { continue }
      page.jobs.append(job)
      bytes += Self.jobBytes + 2 * (job.errorMessage?.utf8.count ?? 0)
    }
    if shown == all.count { page.next = floor }
    page.jobs = try placed(page.jobs)
    return page
  }

  /// The matches of one walk: row numbers, from the highest one down.
  private struct Found {
    var positions: [Int64] = []
    /// The last row that was examined, if there are more rows behind it; else nil.
    var end: Int64?
  }

  /// Runs one walk, from the row below `before` downwards.
  ///
  /// An ordered walk stops at the last match that is wanted. A collected one reads up to ``JobScan/budget`` rows in the
  /// order of its index, sorts the matches, and keeps the highest ones. If it has read that many, its rows are too many
  /// to sort, and the table is walked instead.
  ///
  /// - Parameters:
  ///   - walk: the index to walk.
  ///   - scan: the conditions that each row must meet.
  ///   - before: the row number below which the walk begins.
  ///   - limit: the most matches.
  /// - Returns: at most `limit` row numbers in descending order, and where the walk stopped.
  /// - Throws: ``StoreError`` if the statement fails.
  private func walk(_ walk: JobScan.Walk, of scan: JobScan, before: Int64, limit: Int) throws -> Found {
    var found = Found()
    var looked = 0
    try connection.each(dynamic: scan.text(of: walk), scan.values + walk.values + [before, JobScan.budget]) { row in
      looked += 1
      if row.integer(1) != 0 { found.positions.append(row.integer(0)) }
      guard case .ordered = walk else { return true }
      found.end = row.integer(0)
      return found.positions.count < limit
    }
    switch walk {
    case .ordered:
      if looked < JobScan.budget, found.positions.count < limit { found.end = nil }
    case .collected:
      // There are too many to sort, so they are dense, and a walk over the table finds them soon.
      guard looked < JobScan.budget else { return try self.walk(JobScan.table, of: scan, before: before, limit: limit) }
      found.positions.sort(by: >)
      if found.positions.count > limit {
        found.positions.removeLast(found.positions.count - limit)
        found.end = found.positions.last
      }
    }
    return found
  }

  // MARK: Places in line

  /// The most jobs of a queue that get a position; jobs behind them have no position.
  private static let lineLength = 5000
  /// The number of recent rows of a queue whose run times are averaged.
  private static let recentRuns = 200

  /// Adds the positions of jobs that wait for a slot or for room in the queue.
  ///
  /// For each of their queues, the whole line is read, up to 5,000 ids. The estimate is the position times the mean
  /// time until a slot is free, so it grows in equal steps.
  ///
  /// - Parameter jobs: jobs in any state and order.
  /// - Returns: the same jobs in the same order. The others, and those that have left the line meanwhile, have no
  ///   place.
  /// - Throws: ``StoreError`` if a statement fails.
  func placed(_ jobs: [Job]) throws -> [Job] {
    let queues = Set(jobs.filter { $0.phase == .queued || $0.wait == .backlog }.map(\.queue))
    guard !queues.isEmpty else { return jobs }
    var places: [JobID: Place] = [:]
    for queue in queues {
      let pace = try pace(of: queue)
      for (index, id) in try line(of: queue).enumerated() {
        places[id] = Place(position: index + 1, estimatedWait: pace.map { $0 * (index + 1) })
      }
    }
    return jobs.map { job in
      var job = job
      job.place = places[job.id]
      return job
    }
  }

  /// Returns the jobs that wait for a queue, the next one first: those that wait for a slot, then the backlog.
  ///
  /// Both parts are in the order in which jobs get a slot, or room: higher priority first, then the earlier start time,
  /// then the id. Jobs that wait for a provider or for another run are not in line.
  ///
  /// The first part reads the queue's entries of `jobs_lane` and sorts them. The second walks `jobs_backlog`, whose
  /// rows are in this order, and is read only if the first part is short of 5,000.
  ///
  /// - Parameter queue: the queue, which need not have limits.
  /// - Returns: at most 5,000 ids; empty if nothing waits. An id that cannot be read is reported and left out.
  /// - Throws: ``StoreError``.
  private func line(of queue: QueueName) throws -> [JobID] {
    let queued = try connection.readable(
      """
      SELECT id FROM jobs WHERE status IN ('QUEUED', 'RUNNING') AND status = 'QUEUED' AND queue = ? AND phase = 'queued'
      ORDER BY priority DESC, scheduled_at, id LIMIT ?
      """, queue, Self.lineLength
    ) { try $0.jobID(0) }
    guard queued.count < Self.lineLength else { return queued }
    return try queued
      + connection.readable(
        "SELECT id FROM jobs WHERE wait = 'backlog' AND queue = ? ORDER BY priority DESC, scheduled_at, id LIMIT ?",
        queue, Self.lineLength - queued.count
      ) { try $0.jobID(0) }
  }

  /// Returns the mean time until a busy queue has a free slot; nil if no recent run time is known.
  ///
  /// It is the mean run time of the newest 200 rows of the queue that have one, divided by the number of slots. Rows
  /// that did not run count towards the 200. Index `jobs_by_queue`, backwards.
  ///
  /// - Parameter queue: the queue; without limits the result is nil.
  /// - Returns: the time by which each position in line adds to the wait.
  /// - Throws: ``StoreError``.
  private func pace(of queue: QueueName) throws -> Duration? {
    let spans = try connection.readable(
      "SELECT duration FROM jobs INDEXED BY jobs_by_queue WHERE queue = ? ORDER BY seq DESC LIMIT ?",
      queue, Self.recentRuns
    ) { try $0.optionalSpan(0) }
    .compactMap(\.self)
    guard !spans.isEmpty, let slots = queues[queue]?.maxRunning else { return nil }
    return spans.reduce(.zero, +) / (spans.count * slots)
  }
}
