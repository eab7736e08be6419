import Glibc
import Synchronization
import TactusLinux
import TactusModel
import TactusPorts
import TactusRunners
import TactusTestSupport

/// Keeps all appended output, and answers as configured, on its own queue.
actor ProcessSink: OutputSink, QueueConfined {
  /// Fails: no test discards output here.
  nonisolated func discard(_ id: JobID, answer: @escaping @Sendable (Bool) -> Void) { answer(false) }

  enum Answering { case stored, refused, held }

  nonisolated let queue: any WorkQueue = DispatchWorkQueue(label: "test.sink", level: .leaf)
  private var answering: Answering
  private var lines: [JobID: [OutputLine]] = [:]
  private var bytes = 0
  private var owed: [@Sendable (Bool) -> Void] = []
  private var waiters: [(id: JobID, text: [UInt8], resume: @Sendable () -> Void)] = []

  init(_ answering: Answering = .stored) { self.answering = answering }

  nonisolated func append(_ lines: [OutputLine], to id: JobID, answer: @escaping @Sendable (Bool) -> Void) {
    post { $0.keep(lines, of: id, answer) }
  }

  nonisolated func lines(of id: JobID) -> [OutputLine] { call { $0.lines[id] ?? [] } }
  nonisolated var byteCount: Int { call { $0.bytes } }

  /// Gives the answers held back, and answers at once from now on.
  nonisolated func release() {
    post { sink in
      sink.answering = .stored
      for answer in sink.owed { answer(true) }
      sink.owed = []
    }
  }

  /// Returns when a job has written a line.
  nonisolated func wait(for text: String, from id: JobID) async {
    await withCheckedContinuation { continuation in
      post { $0.watch(for: Array(text.utf8), from: id) { continuation.resume() } }
    }
  }

  private func keep(_ lines: [OutputLine], of id: JobID, _ answer: @escaping @Sendable (Bool) -> Void) {
    self.lines[id, default: []] += lines
    bytes += lines.reduce(0) { $0 + $1.bytes.count + 1 }
    switch answering {
    case .stored: answer(true)
    case .refused: answer(false)
    case .held: owed.append(answer)
    }
    let asked = waiters
    waiters = []
    for waiter in asked { watch(for: waiter.text, from: waiter.id, resume: waiter.resume) }
  }

  private func watch(for text: [UInt8], from id: JobID, resume: @escaping @Sendable () -> Void) {
    if lines[id, default: []].contains(where: { $0.bytes == text }) { return resume() }
    waiters.append((id, text, resume))
  }
}

/// Keeps the reported entries.
final class KeptJournal: Journal {
  private let kept = Mutex<[JournalEntry]>([])

  func report(_ entry: JournalEntry) { kept.withLock { $0.append(entry) } }

  var messages: [String] { kept.withLock { $0.map(\.message) } }
}

/// A process runner with its sink, and helpers to start jobs.
struct ProcessFixture {
  let runner: ProcessRunner
  let sink: ProcessSink
  let time = SystemTime()
  let journal = KeptJournal()
  let lookout: Lookout

  init(
    _ answering: ProcessSink.Answering = .stored, cgroupRoot: String? = nil, user: CommandUser = CommandUser(.own),
    credentials: String = "/nonexistent", granted: String? = nil, lookout: Lookout = Lookout(time: SystemTime())
  ) {
    self.lookout = lookout
    sink = ProcessSink(answering)
    runner = ProcessRunner(
      queue: DispatchWorkQueue(label: "test.process", level: .leaf), time: SystemTime(), alarms: LinuxAlarms(),
      lookout: lookout, output: sink,
      baseEnvironment: ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/nonexistent", "LANG=C"], defaultDirectory: "/",
      cgroupRoot: cgroupRoot, user: user, credentials: credentials, granted: granted, journal: journal)
  }

  /// An attempt, and its events.
  struct Attempt {
    let id: JobID
    let events: AsyncStream<RunnerEvent>

    /// Returns the facts of its start; nil if it was not started.
    func started() async -> StartFacts? {
      for await event in events {
        if case .started(let facts) = event { return facts }
        return nil
      }
      return nil
    }

    func ended() async -> (ending: Ending, report: Report)? {
      for await event in events {
        if case .ended(let ending, let report) = event { return (ending, report) }
      }
      return nil
    }
  }

  static func newID() -> JobID {
    var generator = SystemRandomNumberGenerator()
    return JobID(at: SystemTime().now, using: &generator)
  }

  func start(
    _ arguments: [String], id: JobID = newID(), environment: [String] = [], directory: String? = nil,
    logLimit: Int64 = 1 << 40
  ) -> Attempt {
    start(
      Command(arguments: arguments, environment: environment, workingDirectory: directory), id: id, logLimit: logLimit)
  }

  func start(_ command: Command, id: JobID = newID(), logLimit: Int64 = 1 << 40) -> Attempt {
    let now = Instant(microseconds: 1_000_000)
    let order = RunOrder(
      id: id, workflow: WorkflowName("nightly"), work: .command(command), trigger: .manual, attempt: 2, nominalAt: now,
      scheduledAt: now + .seconds(1), logLimit: logLimit)
    let (events, continuation) = AsyncStream.makeStream(of: RunnerEvent.self)
    runner.start(order) { event in
      continuation.yield(event)
      if case .ended = event { continuation.finish() }
    }
    return Attempt(id: id, events: events)
  }

  func shell(_ script: String, logLimit: Int64 = 1 << 40) -> Attempt {
    start(["/bin/sh", "-c", script], logLimit: logLimit)
  }

  /// Returns the output of a job, with pieces joined.
  func text(of id: JobID, _ stream: OutputStream = .stdout) -> String {
    sink.lines(of: id).filter { $0.stream == stream }.reduce(into: "") { text, line in
      text += String(decoding: line.bytes, as: UTF8.self) + (line.isPartial ? "" : "\n")
    }
  }

  /// Returns the live processes of a job.
  func living(_ id: JobID) -> [Int] {
    ProcessTable.processes(carrying: id)
  }
}

extension Ending {
  /// The code of a failure.
  var code: ErrorCode? {
    guard case .failed(let code, _) = self else { return nil }
    return code
  }
}

/// Returns when a process has ended, reaped or not.
func waitForEnd(of process: Int) throws {
  guard let handle = try? ProcessHandle(of: process) else { return }  // gone
  defer { handle.close() }
  var entry = pollfd(fd: handle.descriptor, events: Int16(POLLIN), revents: 0)
  guard poll(&entry, 1, Int32(patience.milliseconds)) == 1 else {
    throw SystemError(code: ETIMEDOUT, operation: "see the end of", subject: "\(process)")
  }
}

/// Whether a process is alive; a zombie is not.
func lives(_ process: Int) -> Bool {
  guard let handle = try? ProcessHandle(of: process) else { return false }  // gone
  defer { handle.close() }
  return !handle.hasEnded
}
