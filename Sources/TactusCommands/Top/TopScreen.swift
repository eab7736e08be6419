import TactusModel
import TactusProtocol

/// The screen of `top`: rows for a terminal of any size, computed only from the state and the time.
struct TopScreen {
  let state: TopState
  let time: TopTime
  let columns: Int
  let rows: Int

  init(_ state: TopState, columns: Int, rows: Int, now: Instant, zoneOffset: Duration) {
    self.state = state
    self.columns = max(1, columns)
    self.rows = max(1, rows)
    // Without a daemon the time stands still, and the screen keeps the last state.
    time = TopTime(now: state.absence?.since ?? now, zoneOffset: zoneOffset)
  }

  /// The width from which the screen has two columns of parts.
  static let wide = 110
  private static let gutter = 2

  /// The rows: exactly as many as the terminal has, and not wider.
  var lines: [ScreenRow] {
    var top = header
    let bottom = footer
    let room = rows - top.count - bottom.count
    if room < 0 { top = Array(top.prefix(max(0, rows - bottom.count))) }
    let body = columns < Self.wide ? column(TopSection.allCases, columns, max(0, room)) : columnPair(max(0, room))
    let filling = Array(repeating: ScreenRow(), count: max(0, rows - top.count - body.count - bottom.count))
    return (top + body + filling + bottom).prefix(rows).map { $0.clipped(to: columns) }
  }

  /// How long these rows stay correct without an event; nil for forever.
  var constancy: Duration? {
    guard state.absence == nil, !state.isPaused, let daemon = state.daemon else { return nil }
    // Seconds are shown while a job runs.
    guard state.running.isEmpty else { return .seconds(1) }
    let instants = [daemon.startedAt] + state.upcoming.prefix(rows).map(\.nominalAt).filter { $0 > time.now }
    return instants.map(time.constancy).min().map { max($0, .seconds(1)) }
  }

  // MARK: The frame

  private var header: [ScreenRow] {
    guard let daemon = state.daemon else { return [ScreenRow("tactusd", .bold)] }
    var first = ScreenRow("tactusd", .bold)
    first.append(" \(daemon.version)  ")
    if state.absence == nil {
      first.append(daemon.state.rawValue, daemon.state == .running ? .good : .bad)
    } else {
      first.append("away", .bad)
    }
    let workflows = daemon.workflows
    fill(
      &first,
      [
        ScreenRow("up \(time.age(of: daemon.startedAt))"), ScreenRow("\(workflows.active) active"),
        ScreenRow("\(workflows.terminated) terminated"), ScreenRow("pid \(daemon.pid)"),
        ScreenRow("store \(Readable.bytes(daemon.storeBytes))"),
      ])
    let counts: [JobStatus] = [.running, .queued, .pending, .failed, .completed, .canceled]
    var second = ScreenRow()
    fill(
      &second,
      counts.map {
        ScreenRow("\(daemon.jobs[$0]) \($0.rawValue.lowercased())", daemon.jobs[$0] > 0 ? $0.style : .faint)
      })
    guard rows >= 16, let error = daemon.lastErrors.first else { return [first, second] }
    return [first, second, ScreenRow("\(time.clock(error.at)) \(error.message)", .bad)]
  }

  /// Adds whole words while they fit.
  private func fill(_ row: inout ScreenRow, _ words: [ScreenRow]) {
    for word in words {
      let gap = row.width > 0 ? 2 : 0
      guard row.width + gap + word.width <= columns else { return }
      row.append(String(repeating: " ", count: gap))
      row.append(word)
    }
  }

  private var footer: [ScreenRow] {
    if let absence = state.absence { return [ScreenRow("\(absence.reason.closed) Trying again every second.", .bad)] }
    if state.daemon == nil { return [ScreenRow("querying the daemon", .faint)] }
    if state.isPaused { return [ScreenRow("paused: p continues, q quits", .bold)] }
    return rows < 8 ? [] : [ScreenRow("q quits, p pauses", .faint)]
  }

  // MARK: The parts

  /// Returns the parts, one below the other.
  private func column(_ sections: [TopSection], _ width: Int, _ height: Int) -> [ScreenRow] {
    guard state.daemon != nil else { return [] }
    let tables = sections.map { $0.table(state, time, width: width, height: height) }
    let heights = TopLayout.heights(
      for: zip(sections, tables).map { section, table in
        TopLayout.Want(rows: table.rows.count, rank: TopSection.byImportance.firstIndex(of: section) ?? 0)
      }, within: height)
    let parts = zip(tables, heights).map { $0.lines(width: width, height: $1) }.filter { !$0.isEmpty }
    let isAiry = parts.reduce(0) { $0 + $1.count } + parts.count - 1 <= height
    return Array(parts.joined(separator: isAiry ? [ScreenRow()] : []))
  }

  /// Returns two columns: the present on the left, past and future on the right.
  private func columnPair(_ height: Int) -> [ScreenRow] {
    let left = (columns - Self.gutter) / 2
    let right = columns - Self.gutter - left
    let present = column([.queues, .running, .failing], left, height)
    let other = column([.ends, .upcoming], right, height)
    return (0..<max(present.count, other.count)).map { index in
      var row = index < present.count ? present[index] : ScreenRow()
      guard index < other.count, other[index].width > 0 else { return row }
      row.pad(to: left + Self.gutter)
      row.append(other[index])
      return row
    }
  }
}
