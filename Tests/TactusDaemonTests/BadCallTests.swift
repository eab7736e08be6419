import TactusModel
import TactusProtocol
import TactusTestSupport
import TactusTransport
import Testing

@Suite("Bad calls")
struct BadCallTests {
  private static let apply = "io.tactus.Workflows.Apply"

  private static func message(_ method: String, _ parameters: String) -> [UInt8] {
    Array("{\"method\":\"\(method)\",\"parameters\":\(parameters)}\0".utf8)
  }

  @Test("Each gets a clear error, and the daemon goes on")
  func refused() async throws {
    let daemon = try await RunningDaemon(["job": "[Command]\nExec=/bin/true\n"])
    func refusal(_ method: String, _ parameters: String) async throws -> CallFailure? {
      try await daemon.refusal(of: Self.message(method, parameters))
    }
    for nonsense in ["nonsense\0", "{\"method\":\0", "{\"method\":1}\0", "[]\0", "\0", "{\"method\":\"a.b\",}\0"] {
      let failure = try await daemon.refusal(of: Array(nonsense.utf8))
      guard case .invalid(field: "message", reason: _) = failure else {
        Issue.record("\(nonsense.debugDescription): \(String(describing: failure))")
        continue
      }
    }
    let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
    #expect(try await daemon.refusal(of: Array("{\"method\":\(deep)}\0".utf8))?.name == "Invalid")
    #expect(
      try await refusal("io.tactus.Jobs.Explode", "{}") == .methodNotFound(method: "io.tactus.Jobs.Explode"))
    #expect(try await refusal("com.example.Jobs.List", "{}") == .interfaceNotFound(interface: "com.example.Jobs"))
    #expect(try await refusal("io.tactus.Workflows.Run", "{\"name\":7}") == .invalidParameter(parameter: "name"))
    #expect(try await refusal("io.tactus.Workflows.Run", "{}") == .invalidParameter(parameter: "name"))
    #expect(
      try await refusal("io.tactus.Workflows.Run", "{\"name\":\"job\",\"held\":true}")
        == .invalidParameter(parameter: "held"))
    #expect(try await refusal("io.tactus.Jobs.List", "{\"limit\":\"9\"}") == .invalidParameter(parameter: "limit"))
    #expect(try await refusal("io.tactus.Jobs.List", "{\"limit\":0}")?.name == "Invalid")
    #expect(try await refusal("io.tactus.Jobs.List", "{\"cursor\":\"bm9uZQ==\"}")?.name == "Invalid")
    #expect(
      try await refusal("io.tactus.Jobs.List", "{\"status\":[\"DONE\"]}") == .invalidParameter(parameter: "status"))
    #expect(try await refusal("io.tactus.Jobs.Get", "{\"id\":\"abc\"}")?.name == "Invalid")
    #expect(
      try await refusal("io.tactus.Jobs.Get", "{\"id\":\"ffffff\"}") == .notFound(entity: "job", id: "ffffff"))
    #expect(try await refusal("io.tactus.Jobs.Logs", "{\"id\":\"ffffff\"}") == .expectedMore)
    let crowd = Array(repeating: "\"ffffff\"", count: 1001).joined(separator: ",")
    #expect(try await refusal("io.tactus.Jobs.Cancel", "{\"ids\":[\(crowd)]}")?.name == "Invalid")
    #expect(
      try await refusal("io.tactus.Workflows.Get", "{\"name\":\"none\"}") == .notFound(entity: "workflow", id: "none"))
    #expect(try await refusal("io.tactus.Workflows.Get", "{\"name\":\"../etc\"}")?.name == "Invalid")
    #expect(try await refusal(Self.apply, "{\"name\":\"new\",\"definition\":\"[Comand]\\n\"}")?.name == "Invalid")
    #expect(
      try await refusal(Self.apply, "{\"name\":\"job\",\"definition\":\"[Command]\\nExec=/bin/false\\n\"}")?.name
        == "Conflict")
    #expect(try await daemon.outcome(of: "job").status == .completed)
    #expect(try await daemon.stop() == 0)
  }

  @Test("A monster of a name is told in a few bytes; among several ids it changes nothing")
  func monsters() async throws {
    let daemon = try await RunningDaemon(["job": "[Command]\nExec=/bin/true\n"])
    // One character of a megabyte: a letter and its marks.
    let monster = "e" + String(repeating: "\u{301}", count: 400_000)
    for method in ["Workflows.Get", "Workflows.Run", "Workflows.Why"] {
      guard
        case .invalid(field: "name", let reason) = try await daemon.refusal(
          of: Self.message("io.tactus.\(method)", "{\"name\":\"\(monster)\"}"))
      else {
        Issue.record("\(method) took it")
        continue
      }
      #expect(reason.utf8.count < 300)
    }
    let held = try await daemon.call(RunWorkflow(name: "job", hold: true)).jobID
    guard
      case .invalid(field: "ids", let reason) = try await daemon.refusal(
        of: Call(CancelJobs(ids: [held, monster])).message)
    else {
      Issue.record("the monster was taken for an id")
      return
    }
    #expect(reason.utf8.count < 300)
    #expect(try await daemon.job(held).phase == .held)
    #expect(try await daemon.log().utf8.count < 10_000)
    #expect(try await daemon.stop() == 0)
  }

  @Test("A thousand texts that are no ids are refused one by one, with a stack of 1 MiB and little time")
  func manyBadIDs() async throws {
    let daemon = try RunningDaemon(
      notStartedWith: ["job": "[Command]\nExec=/bin/true\n"],
      launcher: ["/bin/sh", "-c", "ulimit -s 1024 && exec \"$0\" \"$@\""])
    try await daemon.start()
    let texts = (0..<1000).map { "\($0)" + String(repeating: "z", count: 60) }
    let results = try await daemon.call(CancelJobs(ids: texts)).results
    #expect(results.map(\.id) == texts && results.allSatisfy { $0.error == "Invalid" })
    let unknown = try await daemon.call(CancelJobs(ids: Array(repeating: "ffffff", count: 1000))).results
    #expect(unknown.count == 1000 && unknown.allSatisfy { $0.error == "NotFound" })
    for ids in [texts, Array(repeating: "ffffff", count: 999) + ["z"]] {
      #expect(try await daemon.refusal(of: Call(WaitForJobs(ids: ids)).message)?.name == "Invalid")
    }
    #expect(
      try await daemon.refusal(of: Call(WaitForJobs(ids: Array(repeating: "ffffff", count: 1000))).message)
        == .notFound(entity: "job", id: "ffffff"))
    #expect(try await daemon.outcome(of: "job").status == .completed)
    #expect(try await daemon.stop() == 0)
  }

  @Test("What names a job or a place is refused when it is longer than any, and not kept")
  func longTexts() async throws {
    let daemon = try await RunningDaemon(["job": "[Command]\nExec=/bin/true\n"])
    let id = try await daemon.outcome(of: "job").id
    let padded = String(repeating: "-", count: 100_000) + id.suffix(12)
    for message in [
      Call(GetJob(id: padded)).message, Call(ReadLogs(id: padded)).message, Call(WaitForJobs(ids: [padded])).message,
      Call(ReadEvents(job: padded)).message, Call(ReadEvents(after: String(repeating: "0", count: 100_000))).message,
      Call(ReadEvents(after: String(repeating: ":", count: 100_000))).message,
    ] {
      guard case .invalid(_, let reason) = try await daemon.refusal(of: message) else {
        Issue.record("\(String(decoding: message.prefix(60), as: UTF8.self)) was taken")
        continue
      }
      #expect(reason.utf8.count < 300)
    }
    #expect(try await daemon.job("--\(id.suffix(12))").id == id)
    #expect(try await daemon.stop() == 0)
  }

  @Test("A start without offset, too long ago or too far ahead is refused with the valid range")
  func starts() async throws {
    let daemon = try await RunningDaemon(["job": "[Command]\nExec=/bin/true\n"])
    func refusal(_ instant: String) async throws -> CallFailure? {
      try await daemon.refusal(
        of: Self.message("io.tactus.Workflows.Run", "{\"name\":\"job\",\"scheduled_at\":\"\(instant)\"}"))
    }
    let now = try await daemon.call(Describe()).startedAt
    for (instant, words) in [
      ("2026-12-01T03:00:00", "RFC 3339 with an offset"), ("tomorrow", "RFC 3339 with an offset"),
      ("\(now - .seconds(120))", "60 s in the past"), ("\(now + .seconds(3650 * 86_400))", "5 years ahead"),
    ] {
      guard case .invalid(field: "scheduled_at", let reason) = try await refusal(instant) else {
        Issue.record("\(instant) was not refused")
        continue
      }
      #expect(reason.contains(words))
    }
    #expect(try await daemon.jobs("job").isEmpty)
    #expect(try await daemon.ended(daemon.run("job", at: "\(now - .seconds(1))")).status == .completed)
    let later = try await daemon.job(daemon.run("job", at: "\(now + .seconds(3600))"))
    #expect(later.status == .pending && later.phase == .scheduled && later.scheduledAt == now + .seconds(3600))
  }

  @Test("A message of 2 MiB is refused without being read to its end, and disturbs nobody")
  func large() async throws {
    let daemon = try await RunningDaemon(["job": "[Command]\nExec=/bin/true\n"])
    let path = daemon.socket
    let description = String(repeating: "x", count: 2 << 20)
    let failure: ControlError? = try await blocking("a large message is answered") {
      let client = try ControlClient(path: path)
      do throws(ControlError) {
        try client.send(bytes: Self.message(Self.apply, "{\"name\":\"new\",\"definition\":\"\(description)\"}"))
        _ = try client.receive()
        return nil
      } catch {
        return error
      }
    }
    switch failure {
    case .failed(.invalid(field: "message", let reason)): #expect(reason.contains("larger than 1048576 bytes"))
    // The rest of the message met a closed connection, and the reply went with it.
    case .lost: break
    default: Issue.record("\(String(describing: failure))")
    }
    #expect(try await daemon.outcome(of: "job").status == .completed)
    #expect(try await daemon.stop() == 0)
  }
}
