import TactusModel
import TactusProtocol

/// The parts of the screen.
enum TopSection: CaseIterable {
  case queues, running, failing, ends, upcoming

  /// The most important part first: it gets rows even if there is room for few.
  static let byImportance: [TopSection] = [.running, .failing, .queues, .ends, .upcoming]

  /// Returns the table of the part, with at most `height` rows.
  func table(_ state: TopState, _ time: TopTime, width: Int, height: Int) -> ScreenTable {
    switch self {
    case .queues: Self.queues(state, width, height)
    case .running: Self.running(state, time, width, height)
    case .failing: Self.failing(state, time, height)
    case .ends: Self.ends(state, time, height)
    case .upcoming: Self.upcoming(state, time, height)
    }
  }

  private static func queues(_ state: TopState, _ width: Int, _ height: Int) -> ScreenTable {
    var table = ScreenTable([
      ScreenTable.Column(title: "QUEUES"), ScreenTable.Column(title: "SLOTS", rank: 2),
      ScreenTable.Column(title: "RUNNING", isRight: true, least: 9),
      ScreenTable.Column(title: "QUEUED", isRight: true, least: 7, rank: 1),
    ])
    for queue in (state.daemon?.queues ?? []).prefix(height) {
      let isBusy = queue.running >= queue.maxRunning
      table.add([
        Table.Cell(queue.name),
        Table.Cell(
          bar(queue.running, of: queue.maxRunning, width: min(40, max(8, width / 3))), isBusy ? .bold : .active),
        Table.Cell("\(queue.running)/\(queue.maxRunning)"),
        Table.Cell("\(queue.queued)", queue.queued >= queue.maxQueued ? .bad : .plain),
      ])
    }
    return table
  }

  private static func running(_ state: TopState, _ time: TopTime, _ width: Int, _ height: Int) -> ScreenTable {
    let count = state.daemon?.jobs[.running] ?? state.running.count
    var table = ScreenTable([
      ScreenTable.Column(title: count == 0 ? "RUNNING: nothing" : "RUNNING \(count)"),
      ScreenTable.Column(title: "TIME-OUT", rank: 2),
      ScreenTable.Column(title: "ELAPSED", isRight: true),
      ScreenTable.Column(title: "OF", isRight: true, least: 6, rank: 3),
      ScreenTable.Column(title: "QUEUE", least: 9, rank: 4), ScreenTable.Column(title: "SINCE", least: 8, rank: 5),
      ScreenTable.Column(title: "JOB", least: 8, rank: 1),
    ])
    let barWidth = min(32, max(8, width / 5))
    for job in state.running.prefix(height) {
      let (bar, style) = timeout(of: job, time, width: barWidth)
      table.add([
        Table.Cell(job.workflow, .active), Table.Cell(bar, style),
        Table.Cell(time.elapsed(since: job.startedAt), job.phase == .stopping ? .bad : .plain),
        Table.Cell(job.timeoutMs.map { Readable.span(.milliseconds($0)) } ?? ""), Table.Cell(job.queue),
        Table.Cell(job.startedAt.map(time.clock)), Table.Cell(Readable.tail(of: job.id), .faint),
      ])
    }
    return table
  }

  /// Returns the bar for the used time of a job; empty for a job without a time-out.
  private static func timeout(of job: WireJob, _ time: TopTime, width: Int) -> (bar: String, style: Style) {
    guard let limit = job.timeoutMs, let start = job.startedAt else { return ("", .plain) }
    let used = min(limit, max(0, (time.now - start).milliseconds))
    // After nine tenths of its time, the job will probably time out.
    return (bar(Int(used), of: Int(limit), width: width), used >= limit - limit / 10 ? .bad : .active)
  }

  private static func failing(_ state: TopState, _ time: TopTime, _ height: Int) -> ScreenTable {
    let failing = state.failing
    var table = ScreenTable([
      ScreenTable.Column(title: failing.isEmpty ? "FAILING: none" : "FAILING \(failing.count)"),
      ScreenTable.Column(title: "IN A ROW", isRight: true), ScreenTable.Column(title: "STATE", least: 10, rank: 1),
      ScreenTable.Column(title: "NEXT", least: 8, rank: 2),
    ])
    for workflow in failing.prefix(height) {
      let limit = workflow.maxConsecutiveFailures.map { " of \($0)" } ?? ""
      table.add([
        Table.Cell(workflow.name, .bad), Table.Cell("\(workflow.shownFailures)\(limit)"),
        Table.Cell(workflow.state.rawValue, workflow.state == .terminated ? .bad : .plain),
        Table.Cell(workflow.nextAt.map(time.clock)),
      ])
    }
    return table
  }

  private static func ends(_ state: TopState, _ time: TopTime, _ height: Int) -> ScreenTable {
    var table = ScreenTable([
      ScreenTable.Column(title: state.ends.isEmpty ? "LATEST ENDS: none" : "LATEST ENDS"),
      ScreenTable.Column(title: "STATUS", least: 9),
      ScreenTable.Column(title: "TOOK", isRight: true, least: 9, rank: 1),
      ScreenTable.Column(title: "ERROR", least: 12, rank: 3), ScreenTable.Column(title: "AT", least: 8, rank: 2),
      ScreenTable.Column(title: "JOB", least: 8, rank: 4),
    ])
    for job in state.ends.prefix(height) {
      table.add([
        Table.Cell(job.workflow), Table.Cell(job.status.rawValue, job.status.style),
        Table.Cell(job.durationMs.map { Readable.span(.milliseconds($0)) }), Table.Cell(job.errorCode?.rawValue ?? ""),
        Table.Cell(job.completedAt.map(time.clock)), Table.Cell(Readable.tail(of: job.id), .faint),
      ])
    }
    return table
  }

  private static func upcoming(_ state: TopState, _ time: TopTime, _ height: Int) -> ScreenTable {
    var table = ScreenTable([
      ScreenTable.Column(title: state.upcoming.isEmpty ? "NEXT DUE: nothing" : "NEXT DUE"),
      ScreenTable.Column(title: "AT", least: 8, rank: 1), ScreenTable.Column(title: "IN", least: 9),
    ])
    for run in state.upcoming.prefix(height) {
      table.add([
        Table.Cell(run.workflow), Table.Cell(time.clock(run.nominalAt)), Table.Cell(time.distance(to: run.nominalAt)),
      ])
    }
    return table
  }

  /// Draws `[####      ]`: not empty unless the part is 0, and not full unless the part is the whole.
  static func bar(_ part: Int, of whole: Int, width: Int) -> String {
    let room = max(1, width - 2)
    let full = whole > 0 && part >= whole
    let share = whole > 0 ? Int((Double(max(0, part)) / Double(whole) * Double(room)).rounded()) : 0
    let length = full ? room : part > 0 ? min(max(share, 1), max(1, room - 1)) : 0
    return "[\(String(repeating: "#", count: length))\(String(repeating: " ", count: room - length))]"
  }
}
