import Foundation
import Synchronization
import TactusLinux
import TactusModel
import TactusProtocol
import TactusTestSupport
import TactusTransport
import Testing

/// A stream of a running daemon, read on its own thread.
///
/// Tests can read the replies while more arrive.
final class Following<R: Request>: Sendable {
  private let state = Mutex<(replies: [R.Reply], end: String?)>(([], nil))

  init(_ request: R, of daemon: RunningDaemon) {
    let path = daemon.socket
    Thread.detachNewThread { [self] in
      do {
        try ControlClient(path: path).stream(request) { _, reply in state.withLock { $0.replies.append(reply) } }
        state.withLock { $0.end = "" }
      } catch {
        state.withLock { $0.end = "\(error)" }
      }
    }
  }

  /// The replies received so far.
  var replies: [R.Reply] { state.withLock { $0.replies } }

  /// Waits until the replies meet a condition, and returns them.
  func when(_ what: String, _ isWanted: ([R.Reply]) -> Bool) async throws -> [R.Reply] {
    try await eventually(what) {
      let replies = replies
      return isWanted(replies) ? replies : nil
    }
  }

  /// Waits for the end of the stream and returns its error, or an empty text if it succeeded.
  func end() async throws -> String { try await eventually("the stream ends") { state.withLock { $0.end } } }
}

@Suite("Following")
struct FollowTests {
  private static let workflows = [
    "quick": "[Command]\nExec=/bin/true\n", "sleeps": "[Command]\nExec=/bin/sleep 300\n",
    "waits": "[Command]\nExec=/bin/sh -c 'echo one; read line <first; echo two; echo err >&2; read line <second'\n",
  ]

  @Test("The stream sends events as they happen, and continues after a restart where it ended, without a gap")
  func events() async throws {
    let daemon = try await RunningDaemon(Self.workflows)
    let following = Following(ReadEvents(follow: true), of: daemon)
    let first = try await following.when("the stream is open") { !$0.isEmpty }
    #expect(first[0].sequence == nil)
    let id = try await daemon.outcome(of: "quick").id
    let replies = try await following.when("the job's end is reported") { $0.last?.type == "job.completed" }
    let mine = replies.filter { $0.job == id }
    #expect(mine.map(\.type) == ["job.pending", "job.queued", "job.running", "job.completed"])
    #expect(mine.last?.status == .completed && mine.last?.workflow == "quick")
    let numbers = replies.compactMap(\.sequence)
    #expect(numbers == Array((numbers.first ?? 0)..<((numbers.first ?? 0) + Int64(numbers.count))))
    // The daemon reports that it stops, and the stream ends with the cursor to continue from.
    #expect(try await daemon.stop() == 0)
    #expect(try await following.end().isEmpty)
    let last = try #require(following.replies.last)
    #expect(following.replies.contains { $0.type == "daemon.stopping" } && last.sequence == nil)
    try await daemon.start()
    // The daemon may be ready before this event is committed.
    let resumed = try await eventually("the start is reported") {
      let resumed = Following(ReadEvents(after: last.cursor), of: daemon)
      let complaints = try await resumed.end()
      #expect(complaints.isEmpty)
      return resumed.replies.contains { $0.type == "daemon.started" } ? resumed : nil
    }
    let rest = resumed.replies.compactMap(\.sequence)
    #expect(rest.first == (numbers.last ?? 0) + 2, "the event of the stop follows the last event of a job")
    #expect(try await daemon.stop() == 0)
  }

  @Test("Many followers receive the same events, and the daemon drops those that disconnect")
  func crowd() async throws {
    let daemon = try await RunningDaemon(Self.workflows)
    let followers = (0..<20).map { _ in Following(ReadEvents(follow: true), of: daemon) }
    for follower in followers { _ = try await follower.when("the stream is open") { !$0.isEmpty } }
    let path = daemon.socket
    // These followers disconnect early.
    for _ in 0..<20 {
      try await blocking("a follower disconnects") {
        let client = try ControlClient(path: path)
        try client.send(Call(ReadEvents(follow: true)))
        _ = try client.receive()
      }
    }
    let ids = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<30 { group.addTask { try await daemon.run("quick") } }
      return try await group.reduce(into: Set()) { $0.insert($1) }
    }
    for follower in followers {
      let replies = try await follower.when("all ends are reported") { replies in
        ids.isSubset(of: Set(replies.filter { $0.status?.isTerminal == true }.compactMap(\.job)))
      }
      let numbers = replies.compactMap(\.sequence)
      #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 + 1 == $1 })
    }
    #expect(try await daemon.stop() == 0)
  }

  @Test("Logs follows the output live from the start, and ends when the job ends")
  func output() async throws {
    let daemon = try RunningDaemon(notStartedWith: Self.workflows)
    for gate in ["first", "second"] { #expect(mkfifo("\(daemon.directory)/\(gate)", 0o600) == 0) }
    try await daemon.start()
    let id = try await daemon.run("waits")
    let following = Following(ReadLogs(id: id, follow: true), of: daemon)
    let errors = Following(ReadLogs(id: id, stream: .stderr, follow: true), of: daemon)
    _ = try await following.when("the first line is received") { $0.map(\.text) == ["one"] }
    func open(_ gate: String) async throws {
      let path = "\(daemon.directory)/\(gate)"
      try await blocking("the gate is opened") {
        let descriptor = try Descriptor.open(path, O_WRONLY)
        _ = Array("\n".utf8).withUnsafeBytes { Descriptor.write(descriptor, from: $0) }
        Descriptor.close(descriptor)
      }
    }
    try await open("first")
    let lines = try await following.when("the next lines are received") { $0.count == 3 }
    #expect(Set(lines.compactMap(\.text)) == ["one", "two", "err"])
    #expect(lines.map(\.position) == [1, 2, 3])
    _ = try await errors.when("the line on stderr is received") { $0.map(\.text) == ["err"] }
    // A later follower begins at the position that it names.
    let later = Following(ReadLogs(id: id, follow: true, after: 2), of: daemon)
    _ = try await later.when("the rest is received") { $0.count == 1 }
    try await open("second")
    for stream in [following, errors, later] {
      #expect(try await stream.end().isEmpty)
      #expect(stream.replies.last?.droppedBytes == 0)
    }
    #expect(try await daemon.ended(id).status == .completed)
    #expect(try await Following(ReadLogs(id: id, follow: true), of: daemon).end().isEmpty)
    #expect(try await Following(ReadLogs(id: id, after: -1), of: daemon).end().contains("invalid"))
    #expect(try await daemon.stop() == 0)
  }

  @Test("Wait reports ended jobs first and the others as they end, and ends with the last one")
  func waits() async throws {
    let daemon = try await RunningDaemon(Self.workflows)
    let ended = try await daemon.outcome(of: "quick").id
    let sleeping = try await daemon.run("sleeps")
    let held = try await daemon.call(RunWorkflow(name: "quick", hold: true)).jobID
    let waiting = Following(WaitForJobs(ids: [sleeping, ended, String(held.suffix(12)), ended]), of: daemon)
    #expect(try await waiting.when("the ended job is reported") { !$0.isEmpty }.map(\.job.id) == [ended])
    _ = try await daemon.running(sleeping)
    try await daemon.call(ScheduleJob(id: held, at: "\(SystemTime().now)"))
    #expect(try await waiting.when("the held job has run") { $0.count == 2 }.last?.job.id == held)
    try await daemon.call(CancelJobs(ids: [sleeping]))
    #expect(try await waiting.end().isEmpty)
    #expect(waiting.replies.map(\.job.status.known) == [.completed, .completed, .canceled])
    let alone = Following(WaitForJobs(ids: [ended]), of: daemon)
    #expect(try await alone.end().isEmpty && alone.replies.map(\.job.id) == [ended])
    #expect(try await Following(WaitForJobs(ids: ["ffffff"]), of: daemon).end().contains("notFound"))
    #expect(try await Following(WaitForJobs(ids: []), of: daemon).end().contains("invalid"))
    // A stop of the daemon ends a wait that would last for years.
    let never = Following(WaitForJobs(ids: [try await daemon.run("sleeps", at: "2030-01-01T00:00:00Z")]), of: daemon)
    let open = Following(ReadEvents(follow: true), of: daemon)
    _ = try await open.when("the stream is open") { !$0.isEmpty }
    #expect(try await daemon.stop() == 0)
    #expect(try await never.end().contains("unavailable"))
  }
}
