internal import TactusModel
internal import TactusPorts

/// Pages of jobs, newest first.
extension Archive {
  /// A page ends early here, so that a reply stays well within one message.
  private static let pageBytes = 512 << 10
  /// What one job takes on the wire at most, apart from its error message.
  private static let jobBytes = 1024

  func page(_ filter: JobFilter) throws -> JobPage {
    let scan = JobScan(filter, workflow: try filter.workflow.map(number))
    // One more than asked for says whether there is another page.
    var found: [Found] = []
    for way in scan.walks {
      found.append(try walk(way, of: scan, before: filter.before ?? .max, limit: filter.limit + 1))
    }
    // What lies below the end of a walk that did not reach its end may be missing.
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

  private struct Found {
    var positions: [Int64] = []
    /// The last row that was looked at, if others follow.
    var end: Int64?
  }

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
      // Too many to sort: then they are dense, and a walk over the table meets them.
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

  /// Jobs of a line that are counted; those behind them do not know their place.
  private static let lineLength = 5000
  /// Rows of a queue whose run times are looked at.
  private static let recentRuns = 200

  /// The jobs, with the places of those that wait for a slot or for room.
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

  /// Who waits for a queue, the next one first: for a slot, then for room.
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

  /// How long it takes until a queue has a slot for one more, when all are busy; nil if nothing ran there lately.
  private func pace(of queue: QueueName) throws -> Duration? {
    let spans = try connection.readable(
      "SELECT duration FROM jobs INDEXED BY jobs_by_queue WHERE queue = ? ORDER BY seq DESC LIMIT ?",
      queue, Self.recentRuns
    ) { try $0.optionalSpan(0) }
    .compactMap(\.self)
    guard !spans.isEmpty, let slots = limits[queue]?.maxRunning else { return nil }
    return spans.reduce(.zero, +) / (spans.count * slots)
  }
}
