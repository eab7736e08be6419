internal import Dispatch
internal import Synchronization
internal import TactusLinux
public import TactusModel
public import TactusPorts

/// Copies the output of jobs to the journal, on its way to the sink that keeps it.
///
/// The sink gets every line, also if the copy is dropped. The copy waits in a separate buffer, so that neither a runner
/// nor the daemon's own messages wait for it. If the journal is too slow, lines without room are dropped and counted,
/// and the count is reported now and then. A job may use at most half of the buffer, so that a flood of output does not
/// displace all other jobs.
public actor JournalOutput: QueueConfined {
  /// `tactus.output`.
  public nonisolated let queue: any WorkQueue
  private let sink: any OutputSink
  private let journal: any Journal
  private let time: any TimeSource
  private let send: @Sendable (inout JournalRecord) -> Bool
  private let isThere: @Sendable () -> Bool
  private let room: Room
  private var jobs: [JobID: [[UInt8]]] = [:]
  private var record = JournalRecord()
  private var alarm: (any MonotonicAlarm)?
  private var reportedAt: MonotonicInstant?

  /// The delay between the first dropped line and the report of the count, and the shortest time between reports.
  static let reportAfter: Duration = .seconds(1)
  static let reportEvery: Duration = .seconds(10)

  /// Copies output that goes to a sink.
  ///
  /// - Parameters:
  ///   - journal: gets the reports of dropped lines.
  ///   - limit: the number of bytes that may wait for the journal.
  public init(
    over sink: any OutputSink, journal: any Journal, time: any TimeSource, alarms: any AlarmSource,
    limit: Int = Limits.journalOutputBytes
  ) {
    self.init(
      over: sink, queue: DispatchWorkQueue(label: "tactus.output", level: .leaf), journal: journal, time: time,
      alarms: alarms, limit: limit, send: { $0.send() }, isThere: { JournalRecord.isListenedFor })
  }

  init(
    over sink: any OutputSink, queue: any WorkQueue, journal: any Journal, time: any TimeSource,
    alarms: any AlarmSource, limit: Int, send: @escaping @Sendable (inout JournalRecord) -> Bool,
    isThere: @escaping @Sendable () -> Bool = { true }
  ) {
    self.sink = sink
    self.queue = queue
    self.journal = journal
    self.time = time
    self.send = send
    self.isThere = isThere
    room = Room(limit: limit)
    post { output in
      output.alarm = alarms.monotonicAlarm(on: output.queue) { self.post { $0.reportDropped() } }
    }
  }

  /// Waits until all earlier copies are written, at most for a span, and reports the dropped lines.
  public nonisolated func flush(within span: Duration = .seconds(2)) {
    let written = DispatchSemaphore(value: 0)
    post { output in
      output.reportDropped()
      written.signal()
    }
    // The journal may have stopped, and then there is no place to report it.
    _ = written.wait(timeout: .now() + .microseconds(Int(span.microseconds)))
  }

  // MARK: Writing

  private func write(_ lines: [OutputLine], of id: JobID, weight: Int) {
    defer { room.leave(weight, of: id) }
    // A line that arrives after the end of its attempt belongs to no known job.
    guard let labels = jobs[id] else { return }
    for line in lines {
      record.clear()
      for label in labels { record.add(label) }
      record.add("PRIORITY=", (line.stream == .stdout ? "6" : "5").utf8)
      record.add("TACTUS_STREAM=", line.stream.rawValue.utf8)
      if line.isPartial { record.add("TACTUS_PARTIAL=1".utf8) }
      record.add("MESSAGE=", line.bytes)
      if !send(&record) { drop(1, line.bytes.count) }
    }
  }

  private nonisolated func drop(_ lines: Int, _ bytes: Int) {
    guard room.drop(lines, bytes) else { return }
    post { output in
      let now = output.time.monotonic
      let next = output.reportedAt.map { $0 + Self.reportEvery } ?? now
      output.alarm?.arm(at: max(next, now + Self.reportAfter))
    }
  }

  private func reportDropped() {
    // The report waits for the journal, so that the count is not lost. Only then does the alarm repeat.
    guard isThere() else {
      alarm?.arm(at: time.monotonic + Self.reportEvery)
      return
    }
    let (lines, bytes) = room.takeDropped()
    guard lines > 0 else { return }
    reportedAt = time.monotonic
    journal.report(
      JournalEntry(
        .outputDropped,
        "\(lines.counted("line of output", "lines of output")) (\(bytes.counted("byte"))) did not reach the journal, "
          + "which was too slow. Run tactusctl logs to see the stored output of a job.",
        fields: [.count: "\(lines)", .bytes: "\(bytes)"]))
  }
}

extension JournalOutput: OutputSink {
  /// Implements ``OutputSink``.
  ///
  /// The lines are copied first; the copy has no answer.
  public nonisolated func append(
    _ lines: [OutputLine], to id: JobID, answer: @escaping @Sendable (Bool) -> Void
  ) {
    let weight = lines.reduce(0) { $0 + $1.bytes.count + Limits.journalLineOverhead }
    if room.enter(weight, of: id) {
      post { $0.write(lines, of: id, weight: weight) }
    } else {
      drop(lines.count, lines.reduce(0) { $0 + $1.bytes.count })
    }
    sink.append(lines, to: id, answer: answer)
  }

  /// Implements ``OutputSink``.
  ///
  /// Lines in the journal stay there.
  public nonisolated func discard(_ id: JobID, answer: @escaping @Sendable (Bool) -> Void) {
    sink.discard(id, answer: answer)
  }
}

extension JournalOutput: OutputLabeling {
  /// Implements ``OutputLabeling``.
  public nonisolated func label(_ job: JobLabels) {
    let identifier = "SYSLOG_IDENTIFIER=\(job.workflow?.text ?? "tactus-job")"
    let fields = [Array(identifier.utf8)] + job.fields.map { Array("\($0.name.rawValue)=\($0.value)".utf8) }
    post { $0.jobs[job.id] = fields }
  }

  /// Implements ``OutputLabeling``.
  public nonisolated func forget(_ id: JobID) {
    post { $0.jobs[id] = nil }
  }
}

/// Counts the bytes that wait for the journal, and the lines without room; any queue.
private final class Room: Sendable {
  private struct State {
    var free: Int
    var taken: [JobID: Int] = [:]
    var droppedLines = 0
    var droppedBytes = 0
  }

  private let limit: Int
  private let state: Mutex<State>

  init(limit: Int) {
    self.limit = limit
    state = Mutex(State(free: limit))
  }

  func enter(_ weight: Int, of id: JobID) -> Bool {
    state.withLock { state in
      let taken = state.taken[id, default: 0] + weight
      guard weight <= state.free, taken <= limit / 2 else { return false }
      state.free -= weight
      state.taken[id] = taken
      return true
    }
  }

  func leave(_ weight: Int, of id: JobID) {
    state.withLock { state in
      state.free += weight
      let rest = state.taken[id, default: weight] - weight
      state.taken[id] = rest > 0 ? rest : nil
    }
  }

  /// Counts lines without room, and returns whether they are the first since the count was taken.
  func drop(_ lines: Int, _ bytes: Int) -> Bool {
    state.withLock { state in
      defer {
        state.droppedLines += lines
        state.droppedBytes += bytes
      }
      return state.droppedLines == 0
    }
  }

  func takeDropped() -> (lines: Int, bytes: Int) {
    state.withLock { state in
      defer { (state.droppedLines, state.droppedBytes) = (0, 0) }
      return (state.droppedLines, state.droppedBytes)
    }
  }
}
