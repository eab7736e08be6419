import Synchronization
import TactusHTTP
import TactusLinux
import TactusModel
import TactusPorts
import TactusRunners

/// A heartbeat runner with its own engine and output sink.
final class HeartbeatBench: Sendable {
  let runner: HeartbeatRunner
  let output: RecordingSink
  private let engine: HTTPEngine

  init(storing isStoring: Bool = true) {
    engine = HTTPEngine(
      settings: HTTPEngine.Settings(userAgent: "tactus/test"), time: SystemTime(), alarms: LinuxAlarms())
    output = RecordingSink(isStoring: isStoring)
    runner = HeartbeatRunner(engine: engine, output: output, time: SystemTime())
  }

  deinit { engine.close() }

  /// Starts an attempt; its events arrive one by one.
  func start(
    _ heartbeat: Heartbeat, logLimit: Int64 = 1 << 20
  ) -> (id: JobID, events: AsyncStream<RunnerEvent>.AsyncIterator) {
    var generator = SystemRandomNumberGenerator()
    let id = JobID(at: SystemTime().now, using: &generator)
    let (events, event) = AsyncStream.makeStream(of: RunnerEvent.self)
    let order = RunOrder(
      id: id, workflow: nil, work: .heartbeat(heartbeat), trigger: .manual, attempt: 1, nominalAt: SystemTime().now,
      scheduledAt: SystemTime().now, logLimit: logLimit)
    runner.start(order) { reported in
      // Tests of exits use another bench.
      if case .exited = reported { return }
      event.yield(reported)
    }
    return (id, events.makeAsyncIterator())
  }

  /// Starts an attempt and runs it to its end.
  func run(
    _ heartbeat: Heartbeat, logLimit: Int64 = 1 << 20
  ) async throws -> (id: JobID, ending: Ending, report: Report) {
    var (id, events) = start(heartbeat, logLimit: logLimit)
    guard case .started = await events.next() else { throw Unexpected.event }
    guard case .ended(let ending, let report) = await events.next() else { throw Unexpected.event }
    return (id, ending, report)
  }

  enum Unexpected: Error {
    case event
  }
}

/// Keeps output, or refuses it.
final class RecordingSink: OutputSink {
  /// Fails: no test discards output here.
  func discard(_ id: JobID, answer: @escaping @Sendable (Bool) -> Void) { answer(false) }

  private let stored = Mutex<[JobID: [OutputLine]]>([:])
  private let isStoring: Bool

  init(isStoring: Bool) { self.isStoring = isStoring }

  func append(_ lines: [OutputLine], to id: JobID, answer: @escaping @Sendable (Bool) -> Void) {
    if isStoring { stored.withLock { $0[id, default: []] += lines } }
    answer(isStoring)
  }

  func lines(of id: JobID) -> [OutputLine] { stored.withLock { $0[id] ?? [] } }
}
