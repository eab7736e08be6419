import Glibc
import Synchronization
import TactusHTTP
import TactusLinux
import TactusModel
import TactusPorts
import TactusTestSupport
import Testing

@testable import TactusRunners

@Suite("What runners tell of an end before it is stored", .timeLimit(.minutes(2)))
struct ExitTests {
  /// The words of events, in order, as they come.
  private final class Told: Sendable {
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

  @Test("A process whose output is not stored yet has exited, and ends when it is stored, with the time that it took")
  func process() async throws {
    let fixture = ProcessFixture(.held)
    let told = Told()
    let report = Mutex<Report?>(nil)
    fixture.runner.start(order(.command(Command(arguments: ["/bin/echo", "done"])))) { event in
      if case .ended(_, let own) = event { report.withLock { $0 = own } }
      told.take(event)
    }
    await told.wait(for: "exited")
    #expect(!told.all.contains("ended"))
    let noticed = SystemTime().monotonic
    fixture.sink.release()
    await told.wait(for: "ended")
    let duration = try #require(report.withLock { $0?.duration })
    #expect(duration > .zero && duration <= noticed - MonotonicInstant(microseconds: 0))
  }

  @Test("A look at a process that has ended tells so before it answers, even if the runner had no time to notice")
  func unnoticedProcess() async throws {
    let fixture = ProcessFixture()
    let told = Told()
    let process = Mutex<Int?>(nil)
    let order = order(.command(Command(arguments: ["/bin/sh", "-c", "read line; exit 0"])))
    let before = Mutex<[String]>([])
    // Nothing but the end of its input, /dev/null, keeps it: it has ended before the queue is free again. The look is the next
    // thing that the queue does then.
    await withCheckedContinuation { continuation in
      fixture.runner.start(order) { event in
        told.take(event)
        guard case .started(let facts) = event else { return }
        process.withLock { $0 = facts.processID }
        try? waitForEnd(of: facts.processID ?? 0)  // a process that lives fails the test below
        fixture.runner.examine(order.id) {
          before.withLock { $0 = told.all }
          continuation.resume()
        }
      }
    }
    #expect(before.withLock { $0.contains("exited") || $0.contains("ended") }, "\(told.all)")
    await told.wait(for: "ended")
  }

  @Test("A look at a process that runs says nothing")
  func runningProcess() async throws {
    let fixture = ProcessFixture()
    let told = Told()
    let order = order(.command(Command(arguments: ["/bin/sleep", "60"])))
    fixture.runner.start(order, events: told.take)
    await told.wait(for: "started")
    await withCheckedContinuation { continuation in fixture.runner.examine(order.id) { continuation.resume() } }
    #expect(told.all == ["started"])
    fixture.runner.kill(order.id)
    await told.wait(for: "ended")
  }

  @Test(
    "An answer that has arrived ends the request before a look at it is answered, even if nobody had time to read it")
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
    let told = Told()
    let order = order(.heartbeat(Heartbeat(endpoint: server.url())))
    runner.start(order, events: told.take)
    await told.wait(for: "started")
    var arrivals = arrived.makeAsyncIterator()
    _ = await arrivals.next()
    await withCheckedContinuation { continuation in runner.examine(order.id) { continuation.resume() } }
    #expect(told.all.contains("exited") || told.all.contains("ended"), "\(told.all)")
    if !told.all.contains("ended") { await told.wait(for: "ended") }
    server.stop()
  }
}
