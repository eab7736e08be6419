import Glibc
import Synchronization
import TactusHTTP
import TactusLinux
import TactusModel
import TactusPorts
import TactusTestSupport
import Testing

@testable import TactusRunners

@Suite("Exits that runners report before the output is stored", .timeLimit(.minutes(2)))
struct ExitTests {
  /// The names of events, in the order of their arrival.
  private final class Reported: Sendable {
    private let words = Mutex<[String]>([])
    private let (stream, continuation) = AsyncStream.makeStream(of: String.self)

    func take(_ event: RunnerEvent) {
      let word = String("\(event)".prefix { $0 != "(" })
      words.withLock { $0.append(word) }
      continuation.yield(word)
    }

    var all: [String] { words.withLock { $0 } }

    func wait(for word: String) async {
      for await next in stream where next == word { return }
    }
  }

  private func order(_ work: Work) -> RunOrder {
    let now = SystemTime().now
    return RunOrder(
      id: ProcessFixture.newID(), workflow: WorkflowName("nightly"), work: work, trigger: .manual, attempt: 1,
      nominalAt: now, scheduledAt: now, logLimit: 1 << 20)
  }

  @Test("A process whose output is not stored yet has exited; it ends when the output is stored, with its own duration")
  func process() async throws {
    let fixture = ProcessFixture(.held)
    let reported = Reported()
    let report = Mutex<Report?>(nil)
    fixture.runner.start(order(.command(Command(arguments: ["/bin/echo", "done"])))) { event in
      if case .ended(_, let own) = event { report.withLock { $0 = own } }
      reported.take(event)
    }
    await reported.wait(for: "exited")
    #expect(!reported.all.contains("ended"))
    let noticed = SystemTime().monotonic
    fixture.sink.release()
    await reported.wait(for: "ended")
    let duration = try #require(report.withLock { $0?.duration })
    #expect(duration > .zero && duration <= noticed - MonotonicInstant(microseconds: 0))
  }

  @Test("A check reports a process that has ended before it answers, even if the runner had no time to notice")
  func unnoticedProcess() async throws {
    let fixture = ProcessFixture()
    let reported = Reported()
    let process = Mutex<Int?>(nil)
    let order = order(.command(Command(arguments: ["/bin/sh", "-c", "read line; exit 0"])))
    let before = Mutex<[String]>([])
    // Only the end of its input, /dev/null, keeps it running: it has ended before the queue is free again. The check is
    // then the
    // next item on the queue.
    await withCheckedContinuation { continuation in
      fixture.runner.start(order) { event in
        reported.take(event)
        guard case .started(let facts) = event else { return }
        process.withLock { $0 = facts.processID }
        try? waitForEnd(of: facts.processID ?? 0)  // a process that is still alive fails the test below
        fixture.runner.examine(order.id) {
          before.withLock { $0 = reported.all }
          continuation.resume()
        }
      }
    }
    #expect(before.withLock { $0.contains("exited") || $0.contains("ended") }, "\(reported.all)")
    await reported.wait(for: "ended")
  }

  @Test("A check reports nothing about a running process")
  func runningProcess() async throws {
    let fixture = ProcessFixture()
    let reported = Reported()
    let order = order(.command(Command(arguments: ["/bin/sleep", "60"])))
    fixture.runner.start(order, events: reported.take)
    await reported.wait(for: "started")
    await withCheckedContinuation { continuation in fixture.runner.examine(order.id) { continuation.resume() } }
    #expect(reported.all == ["started"])
    fixture.runner.kill(order.id)
    await reported.wait(for: "ended")
  }

  @Test(
    "An answer that has arrived ends the request before a check is answered, even if it was not read yet")
  func unnoticedAnswer() async throws {
    let (arrived, arrival) = AsyncStream.makeStream(of: Void.self)
    let server = LoopbackServer { connection in
      _ = connection.request()
      connection.answer("200 OK", body: "fine")
      arrival.yield()
    }
    let engine = HTTPEngine(
      settings: HTTPEngine.Settings(userAgent: "tactus/test"), time: SystemTime(), alarms: LinuxAlarms())
    defer { engine.close() }
    let runner = HeartbeatRunner(engine: engine, output: RecordingSink(isStoring: true), time: SystemTime())
    let reported = Reported()
    let order = order(.heartbeat(Heartbeat(endpoint: server.url())))
    runner.start(order, events: reported.take)
    await reported.wait(for: "started")
    var arrivals = arrived.makeAsyncIterator()
    _ = await arrivals.next()
    await withCheckedContinuation { continuation in runner.examine(order.id) { continuation.resume() } }
    #expect(reported.all.contains("exited") || reported.all.contains("ended"), "\(reported.all)")
    if !reported.all.contains("ended") { await reported.wait(for: "ended") }
    server.stop()
  }
}
