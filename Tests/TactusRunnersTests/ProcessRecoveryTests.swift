import Glibc
import TactusLinux
import TactusModel
import TactusPorts
import TactusRunners
import Testing

@Suite("ProcessRunner: processes of another daemon")
struct ProcessRecoveryTests {
  /// Another daemon's runner and its job, which is still a child of this process.
  private let past = ProcessFixture()
  private let fixture = ProcessFixture()

  private func recover(
    _ id: JobID, facts: StartFacts?, boot: String? = nil
  ) async throws -> (isAlive: Bool, events: AsyncStream<RunnerEvent>) {
    let remnant = Remnant(
      id: id, kind: .command, queue: QueueName(builtIn: .command), fence: 1, status: .running,
      bootID: try boot ?? Machine.bootID(),
      facts: facts, stopReason: nil)
    let (events, continuation) = AsyncStream.makeStream(of: RunnerEvent.self)
    let isAlive = await withCheckedContinuation { answer in
      fixture.runner.recover(remnant) { event in
        continuation.yield(event)
        continuation.finish()
      } answer: { found in
        if found != .orphan { continuation.finish() }
        answer.resume(returning: found == .orphan)
      }
    }
    return (isAlive, events)
  }

  private func ended(_ events: AsyncStream<RunnerEvent>) async -> Ending? {
    for await event in events {
      if case .ended(let ending, _) = event { return ending }
    }
    return nil
  }

  @Test("A process that is still running is adopted, stopped, and reported as lost")
  func alive() async throws {
    let attempt = past.shell("trap '' TERM; echo ready; while :; do sleep 600; done")
    let facts = await attempt.started()
    await past.sink.wait(for: "ready", from: attempt.id)
    let (isAlive, events) = try await recover(attempt.id, facts: facts)
    #expect(isAlive)
    fixture.runner.terminate(attempt.id)
    usleep(50_000)
    fixture.runner.kill(attempt.id)
    guard case .failed(.lost, _) = await ended(events) else {
      Issue.record("not reported as lost")
      return
    }
    #expect(fixture.living(attempt.id).isEmpty)
    _ = await attempt.ended()
  }

  @Test("A claim without facts is found by the id in its process's environment")
  func byIdentity() async throws {
    let attempt = past.shell("setsid sh -c 'echo ready; exec sleep 600' & wait")
    await past.sink.wait(for: "ready", from: attempt.id)
    let (isAlive, events) = try await recover(attempt.id, facts: nil)
    #expect(isAlive)
    fixture.runner.terminate(attempt.id)
    #expect(await ended(events) != nil)
    #expect(fixture.living(attempt.id).isEmpty)
    _ = await attempt.ended()
  }

  @Test("An orphan that ends on its own is reported as lost")
  func endsItself() async throws {
    let attempt = past.shell("echo ready; exec sleep 600")
    let facts = await attempt.started()
    await past.sink.wait(for: "ready", from: attempt.id)
    let (isAlive, events) = try await recover(attempt.id, facts: facts)
    #expect(isAlive)
    Glibc.kill(Int32(try #require(facts?.processID)), SIGTERM)
    guard case .failed(.lost, _) = await ended(events) else {
      Issue.record("not reported as lost")
      return
    }
    _ = await attempt.ended()
  }

  @Test("A process of another boot, with another start time, or without one, is not ours")
  func strangers() async throws {
    let own = Int(getpid())
    let start = try #require(ProcessTable.startTicks(of: own))
    let now = SystemTime().now
    let boot = "00000000-0000-0000-0000-000000000000"
    for (facts, boot) in [
      (StartFacts(at: now, processID: own, processStart: start), boot),
      (StartFacts(at: now, processID: own, processStart: start + 1), nil),
      (StartFacts(at: now, processID: own, processStart: nil), nil),
      (StartFacts(at: now, processID: 1 << 30, processStart: 5), nil),
      (nil, nil),
    ] as [(StartFacts?, String?)] {
      #expect(try await !recover(ProcessFixture.newID(), facts: facts, boot: boot).isAlive)
    }
  }

  @Test("A subreaper reaps the leftovers of its jobs, and misses none of its own children")
  func subreaper() async throws {
    await #expect(processExitsWith: .success) {
      let fixture = ProcessFixture()
      try Children.adoptOrphans()
      let attempt = fixture.shell("setsid sh -c 'echo $$; exec sleep 0.1' & exit 0")
      guard await attempt.ended()?.ending == .succeeded else { fatalError("the job failed") }
      // This process adopts the escapee, which ends and waits to be reaped.
      var info = siginfo_t()
      guard waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0 else { fatalError("no orphan was adopted") }
      Children.reapStrangers { _ in false }
      guard waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == -1, errno == ECHILD else {
        fatalError("an orphan was not reaped")
      }
      try fixture.runner.becomeSubreaper()
      for _ in 0..<50 {
        guard await fixture.shell("exit 3").ended()?.report.exitCode == 3 else { fatalError("an exit was missed") }
      }
    }
  }
}
