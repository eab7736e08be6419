internal import Dispatch
internal import Synchronization
internal import TactusLinux
public import TactusModel
public import TactusPorts

/// Copies what jobs write to the journal, on its way to the sink that keeps it.
///
/// The sink has every line whatever becomes of the copy. The copy waits in a buffer of its own, so that neither a runner nor the
/// daemon's own messages wait for it: what finds no room, because the journal takes it too slowly, is counted, and the count is told
/// once in a while. No job may have more than half of the buffer, so that one that floods does not push out all others.
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
  private var toldAt: MonotonicInstant?

  /// How long after a line was dropped the count is told, and how long after that the next one may be.
  static let tellAfter: Duration = .seconds(1)
  static let tellEvery: Duration = .seconds(10)

  /// Copies output that goes to a sink.
  ///
  /// - Parameters:
  ///   - journal: is told what was dropped.
  ///   - limit: bytes that may wait for the journal.
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
      output.alarm = alarms.monotonicAlarm(on: output.queue) { self.post { $0.tellDropped() } }
    }
  }

  /// Waits until everything copied before is written, but not longer than a span, and tells what was dropped.
  public nonisolated func flush(within span: Duration = .seconds(2)) {
    let written = DispatchSemaphore(value: 0)
    post { output in
      output.tellDropped()
      written.signal()
    }
    // Whoever should read may have stopped; there is nobody to be told of it either.
    _ = written.wait(timeout: .now() + .microseconds(Int(span.microseconds)))
  }

  // MARK: Writing

  private func write(_ lines: [OutputLine], of id: JobID, weight: Int) {
    defer { room.leave(weight, of: id) }
    // What comes after the end of its attempt belongs to none that is known.
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
      let next = output.toldAt.map { $0 + Self.tellEvery } ?? now
      output.alarm?.arm(at: max(next, now + Self.tellAfter))
    }
  }

  private func tellDropped() {
    // The count must not go where the lines went: it waits for a journal that is away, and only then looks again and again.
    guard isThere() else {
      alarm?.arm(at: time.monotonic + Self.tellEvery)
      return
    }
    let (lines, bytes) = room.takeDropped()
    guard lines > 0 else { return }
    toldAt = time.monotonic
    journal.tell(
      JournalEntry(
        .outputDropped,
        "\(lines.counted("line of output is", "lines of output are")) not in the journal (\(bytes.counted("byte"))), which was too slow; "
          + "tactusctl logs has what is kept of each job",
        fields: [.count: "\(lines)", .bytes: "\(bytes)"]))
  }
}

extension JournalOutput: OutputSink {
  /// As ``OutputSink`` says; the copy is made before, and answers nothing.
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

  /// As ``OutputSink`` says; what is in the journal stays there.
  public nonisolated func discard(_ id: JobID, answer: @escaping @Sendable (Bool) -> Void) {
    sink.discard(id, answer: answer)
  }
}

extension JournalOutput: OutputLabeling {
  /// As ``OutputLabeling`` says.
  public nonisolated func label(_ job: JobLabels) {
    let identifier = "SYSLOG_IDENTIFIER=\(job.workflow?.text ?? "tactus-job")"
    let fields = [Array(identifier.utf8)] + job.fields.map { Array("\($0.name.rawValue)=\($0.value)".utf8) }
    post { $0.jobs[job.id] = fields }
  }

  /// As ``OutputLabeling`` says.
  public nonisolated func forget(_ id: JobID) {
    post { $0.jobs[id] = nil }
  }
}

/// How much waits for the journal, and how much found no room; any queue.
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

  /// Counts what found no room; answers whether it is the first since the count was taken.
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
