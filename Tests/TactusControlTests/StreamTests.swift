import Synchronization
import TactusModel
import TactusPorts
import TactusProtocol
import TactusSimulation
import TactusStore
import TactusTestSupport
import Testing

@testable import TactusControl

@Suite("Streams of the API")
struct APIStreamTests {
  private static let quick = "[Command]\nExec=/bin/true\n"

  private func stage() throws -> APIStage {
    try APIStage([("quick", Self.quick), ("slow", Self.quick)]) { order in
      .init(duration: order.workflow?.text == "slow" ? .seconds(60) : .zero)
    }
  }

  @Test("Wait reports ended jobs first and the others as they end, each once, and ends with the last")
  func waits() throws {
    let stage = try stage()
    let ended = try stage.ask(RunWorkflow(name: "quick")).jobID
    stage.pass(.seconds(1))
    let slow = try stage.ask(RunWorkflow(name: "slow")).jobID
    let held = try stage.ask(RunWorkflow(name: "quick", hold: true)).jobID
    let waiting = stage.begin(Call(WaitForJobs(ids: [slow, ended, String(held.suffix(12)), ended])), as: .read)
    func reported() throws -> [String] { try waiting.lines(of: WaitForJobs.self).map(\.job.id) }
    #expect(try reported() == [ended] && waiting.ends == 0)
    _ = try stage.ask(ScheduleJob(id: held, at: "\(stage.simulation.now)"))
    stage.pass(.seconds(1))
    #expect(try reported() == [ended, held] && waiting.ends == 0)
    stage.pass(.seconds(60))
    #expect(try reported() == [ended, held, slow] && waiting.ends == 1)
    #expect(try waiting.failure == nil)
    let alone = stage.begin(Call(WaitForJobs(ids: [ended])))
    #expect(try alone.lines(of: WaitForJobs.self).map(\.job.id) == [ended] && alone.ends == 1)
    #expect(try stage.refusal(of: WaitForJobs(ids: [ended, "ffffff"])) == .notFound(entity: "job", id: "ffffff"))
  }

  @Test("A stop of the daemon ends waits and streams, and a client that leaves is answered once")
  func ends() throws {
    let stage = try stage()
    let held = try stage.ask(RunWorkflow(name: "quick", hold: true)).jobID
    let leaving = stage.begin(Call(WaitForJobs(ids: [held])))
    let left = stage.begin(Call(ReadEvents(follow: true)), as: .read)
    let listener = stage.begin(Call(ReadLogs(id: held, follow: true)), as: .read)
    let (waiting, events, logs) = (
      stage.begin(Call(WaitForJobs(ids: [held]))), stage.begin(Call(ReadEvents(follow: true))),
      stage.begin(Call(ReadLogs(id: held, follow: true)))
    )
    for channel in [leaving, left, listener] { channel.leave() }
    stage.settle()
    #expect([leaving, left, listener].map(\.ends) == [1, 1, 1])
    #expect([waiting, events, logs].map(\.ends) == [0, 0, 0])
    stage.feed.close()
    stage.settle()
    #expect([waiting, events, logs].map(\.ends) == [1, 1, 1])
    #expect(try waiting.failure?.name == "Unavailable" && logs.failure?.name == "Unavailable")
    #expect(try events.failure == nil)
    // A wait that begins after the stop ends at once.
    #expect(try stage.refusal(of: WaitForJobs(ids: [held]))?.name == "Unavailable")
  }

  @Test("A filter by workflow or job has exactly its events, and the stream continues after a position")
  func events() throws {
    let stage = try stage()
    let id = try stage.ask(RunWorkflow(name: "quick")).jobID
    _ = try stage.ask(RunWorkflow(name: "slow"))
    stage.pass(.seconds(120))
    func all(_ request: ReadEvents) throws -> [ReadEvents.Reply] {
      let channel = stage.begin(Call(request), as: .read)
      #expect(channel.ends == 1)
      #expect(try channel.failure == nil)
      return try channel.lines(of: ReadEvents.self).filter { $0.sequence != nil }
    }
    let everything = try all(ReadEvents())
    #expect(everything.compactMap(\.sequence) == Array(1...Int64(everything.count)) && everything.count > 6)
    #expect(try all(ReadEvents(workflow: "quick")) == everything.filter { $0.workflow == "quick" })
    #expect(try all(ReadEvents(job: String(id.suffix(8)))) == everything.filter { $0.job == id })
    #expect(try all(ReadEvents(after: "3")) == everything.filter { ($0.sequence ?? 0) > 3 })
    #expect(try all(ReadEvents(after: everything[3].cursor)) == Array(everything[4...]))
    let epoch = try #require(everything.first?.cursor.split(separator: ":").first)
    for (after, name) in [
      ("x", "Invalid"), ("-1", "Invalid"), ("\(epoch):99999", "Invalid"), ("1:2:3", "Invalid"), ("other:1", "Expired"),
    ] { #expect(try stage.refusal(of: ReadEvents(after: after))?.name == name, "\(after)") }
    for follow in [false, true] {
      #expect(try stage.refusal(of: ReadEvents(workflow: "none", follow: follow))?.name == "NotFound")
    }
    let following = stage.begin(Call(ReadEvents(workflow: "quick", follow: true)))
    _ = try stage.ask(RunWorkflow(name: "slow"))
    let next = try stage.ask(RunWorkflow(name: "quick")).jobID
    stage.pass(.seconds(1))
    let new = try following.lines(of: ReadEvents.self).filter { $0.sequence != nil }
    #expect(new.count >= 3 && new.allSatisfy { $0.job == next } && following.ends == 0)
  }

  @Test("Logs sends the stored lines of a stream, follows new ones, and ends with the job")
  func logs() throws {
    let stage = try stage()
    let text = try stage.ask(RunWorkflow(name: "slow")).jobID
    stage.pass(.seconds(1))
    let id = try #require(JobID(text))
    func write(_ line: String, _ stream: OutputStream = .stdout) {
      stage.output.append(
        [OutputLine(stream: stream, at: stage.simulation.now, bytes: Array(line.utf8), isPartial: false)], to: id
      ) { #expect($0) }
      stage.settle()
    }
    func lines(_ channel: TestChannel) throws -> [String] {
      try channel.lines(of: ReadLogs.self).compactMap(\.text)
    }
    for number in 1...100 { write("line \(number)") }
    write("error", .stderr)
    let following = stage.begin(Call(ReadLogs(id: text, stream: .stdout, follow: true)), as: .read)
    let stored = stage.begin(Call(ReadLogs(id: text)), as: .read)
    #expect(try lines(stored) == (1...100).map { "line \($0)" } + ["error"] && stored.ends == 1)
    #expect(try lines(following).count == 100 && following.ends == 0)
    write("late")
    stage.pass(.seconds(1))
    #expect(try lines(following).last == "late" && following.ends == 0)
    stage.pass(.seconds(60))
    #expect(try lines(following).count == 101 && following.ends == 1)
    #expect(try following.failure == nil)
    let errors = stage.begin(Call(ReadLogs(id: text, stream: .stderr)), as: .read)
    #expect(try lines(errors) == ["error"])
    let third = try #require(try stored.lines(of: ReadLogs.self)[2].position)
    let rest = stage.begin(Call(ReadLogs(id: text, after: third)), as: .read)
    #expect(try lines(rest).first == "line 4" && lines(rest).count == 99)
    #expect(try stage.refusal(of: ReadLogs(id: "ffffff")) == .notFound(entity: "job", id: "ffffff"))
  }
}

@Suite("The event feed")
struct EventFeedTests {
  @Test("Events of a commit that was read before it was noted reach every follower that waits for them")
  func early() throws {
    let stage = try APIStage([("quick", "[Command]\nExec=/bin/true\n")])
    _ = try stage.ask(RunWorkflow(name: "quick"))
    stage.pass(.seconds(1))
    let newest = try #require(stage.begin(Call(ReadEvents())).lines(of: ReadEvents.self).compactMap(\.sequence).last)
    let feed = EventFeed(queue: stage.simulation.queue("test.events", level: .leaf), archive: stage.archive)
    let seen = Mutex<[String: [Int64]]>([:])
    func follow(after number: Int64, _ name: String) {
      feed.next(after: number, for: Follower(), isWanted: { _ in true }) { answer in
        guard case .events(let events, _) = answer else {
          Issue.record("\(answer)")
          return
        }
        seen.withLock { $0[name] = events.map(\.sequence) }
      }
    }
    feed.advance(to: newest - 2)
    follow(after: newest - 2, "behind")
    follow(after: newest - 1, "ahead")
    stage.settle()
    #expect(seen.withLock { $0.isEmpty })
    for number in [newest - 1, newest] {
      feed.advance(to: number)
      stage.settle()
    }
    #expect(seen.withLock { $0 } == ["behind": [newest - 1, newest], "ahead": [newest]])
  }
}
