import Dispatch
import Synchronization
import TactusHTTP
import TactusLinux
import TactusModel
import TactusPorts
import TactusRunners
import TactusTestSupport
import Testing

/// An engine that hangs, and a runner with less patience than the daemon's.
@Suite("Engines that do not answer")
struct EngineSilenceTests {
  @Test(
    "An unanswered request is looked up, and nothing is created or started twice",
    arguments: ["create-hang", "start-hang"])
  func hang(_ fault: String) async throws {
    let engine = try await FakeEngine()
    let bench = ContainerBench(socket: engine.socket, patience: .seconds(3))
    let image = try #require(ImageName("fault/\(fault):1"))
    var (id, events) = bench.start(Container(image: image))
    guard case .started(let facts) = await events.next() else {
      Issue.record("\(fault): not started")
      return
    }
    #expect(facts.containerID?.isEmpty == false)
    guard case .ended(.succeeded, let report) = await events.next() else {
      Issue.record("\(fault): the job did not succeed")
      return
    }
    #expect(report.exitCode == 0)
    #expect(bench.output.lines(of: id).count == 6)
    #expect(try engine.counts("starts") == ["tactus-\(id)": 1])
    bench.runner.settle(id)
    _ = try await eventually("the container is removed") { try engine.counts("left").isEmpty ? true : nil }
  }

  @Test("Twenty thousand preparations fail on one down engine, with the stack depth of one")
  func manyPreparations() async throws {
    let bench = ContainerBench(socket: "/nonexistent/engine.sock", patience: .seconds(1))
    let (image, name) = (try #require(ImageName("some/image:1")), try #require(WorkflowName("some")))
    let (failures, failure) = AsyncStream.makeStream(of: Void.self)
    // All of them wait before the engine is found to be down.
    let isReady = DispatchSemaphore(value: 0)
    bench.runner.queue.post { isReady.wait() }
    for _ in 0..<20_000 {
      bench.runner.prepare(.container(Container(image: image)), for: name) { step in
        if case .failed = step { failure.yield() }
      }
    }
    isReady.signal()
    var iterator = failures.makeAsyncIterator()
    for _ in 0..<20_000 { #expect(await iterator.next() != nil) }
  }

  @Test("Values that an engine quotes from variables and arguments, and passwords in URLs, are not shown")
  func echo() async throws {
    let engine = try await FakeEngine()
    let bench = ContainerBench(socket: engine.socket, patience: .seconds(5))
    let image = try #require(ImageName("fault/create-echo:1"))
    var container = Container(image: image)
    container.arguments = ["backup", "--password=Xyzzy-argument"]
    container.environment = ["TOKEN=Xyzzy-variable", "PIN=4711", "EMPTY="]
    var (_, events) = bench.start(container)
    guard case .ended(.failed(.validationError, let sentence), _) = await events.next() else {
      Issue.record("not refused")
      return
    }
    #expect(
      sentence == "invalid environment: TOKEN=… PIN=… EMPTY= of backup …: proxy http://…@proxy:3128/v2?…", "\(sentence)"
    )
  }

  @Test("The regular check notices an engine that stops answering, and its container is found again")
  func freeze() async throws {
    let engine = try await FakeEngine()
    let bench = ContainerBench(socket: engine.socket, patience: .seconds(1))
    let image = try #require(ImageName("fault/long:1"))
    var (id, events) = bench.start(Container(image: image))
    guard case .started = await events.next() else {
      Issue.record("not started")
      return
    }
    engine.freeze()
    bench.runner.unknown(among: [id]) { #expect($0.isEmpty) }
    guard case .silent(let sentence) = await events.next() else {
      Issue.record("the silence was not noticed")
      return
    }
    #expect(sentence.contains("fake"))
    engine.thaw()
    guard case .answered = await events.next() else {
      Issue.record("the answer was not noticed")
      return
    }
    bench.runner.kill(id)
    guard case .ended(_, let report) = await events.next() else {
      Issue.record("not ended")
      return
    }
    #expect(report.exitCode == 137)
  }
}

extension EngineSilenceTests {
  @Test(
    "A silent volume or environment file delays only its own container",
    .enabled(if: Laboratory.isPossible))
  func volume() async throws {
    let mount = try await SilentMount()
    let engine = try await FakeEngine()
    let bench = ContainerBench(socket: engine.socket, patience: .seconds(30))
    let image = try #require(ImageName("fault/none:1"))
    var (volume, variables) = (Container(image: image), Container(image: image))
    volume.volumes = [Container.Volume(source: "\(mount.directory)/secret", target: "/secret")]
    variables.environmentFiles = [EnvironmentFile(path: "\(mount.directory)/variables")]
    try await mount.silence()
    var held = [bench.start(volume), bench.start(variables)]
    try await mount.awaitRequest()
    var (_, events) = bench.start(Container(image: image))
    guard case .started = await events.next(), case .ended(.succeeded, _) = await events.next() else {
      Issue.record("another container is not running")
      return
    }
    for (index, words) in ["Volume=\(mount.directory)/secret", "EnvironmentFile=\(mount.directory)/variables"]
      .enumerated()
    {
      guard case .ended(let ending, _) = await held[index].events.next() else {
        Issue.record("\(words): not ended")
        return
      }
      #expect(ending == .failed(.dispatchExhausted, "\(words): no answer within 2 s"))
    }
    try await mount.speak()
  }
}

/// A container runner with its own engine and output sink.
private final class ContainerBench: Sendable {
  let runner: ContainerRunner
  let output = RecordingSink(isStoring: true)

  init(socket: String, patience: Duration) {
    let provider = ProviderName("fake").map { Provider(name: $0, endpoint: .unix(socket)) }
    runner = ContainerRunner(
      http: HTTPEngine(
        settings: HTTPEngine.Settings(userAgent: "tactus/test"), time: SystemTime(), alarms: LinuxAlarms()),
      providers: [provider].compactMap(\.self), storeID: "store", output: output, stored: NothingStored(),
      time: SystemTime(), alarms: LinuxAlarms(), lookout: Lookout(time: SystemTime()), journal: Silence(),
      patience: patience)
  }

  deinit { runner.close() }

  func start(_ container: Container) -> (id: JobID, events: AsyncStream<RunnerEvent>.AsyncIterator) {
    var generator = SystemRandomNumberGenerator()
    let id = JobID(at: SystemTime().now, using: &generator)
    let (events, event) = AsyncStream.makeStream(of: RunnerEvent.self)
    let order = RunOrder(
      id: id, workflow: nil, work: .container(container), trigger: .manual, attempt: 1, nominalAt: SystemTime().now,
      scheduledAt: SystemTime().now, logLimit: 1 << 20)
    runner.start(order) { reported in
      if case .exited = reported { return }
      event.yield(reported)
    }
    return (id, events.makeAsyncIterator())
  }
}

private struct Silence: Journal {
  func report(_ entry: JournalEntry) {}
}

/// A store without output of earlier daemons.
private struct NothingStored: OutputReader {
  func lines(
    of id: JobID, after position: Int64, limit: Int,
    answer: @escaping @Sendable (Result<[(position: Int64, line: OutputLine)], Refusal>) -> Void
  ) { answer(.success([])) }

  func extent(
    of id: JobID, answer: @escaping @Sendable (Result<[OutputStream: Int64], Refusal>) -> Void
  ) { answer(.success([:])) }

  func wait(
    for id: JobID, after position: Int64, number: UInt64, isCanceled: @escaping @Sendable () -> Bool,
    answer: @escaping @Sendable () -> Void
  ) { answer() }

  func cancelWait(_ number: UInt64) {}
}
