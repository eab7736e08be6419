import Foundation
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

  @Test("The daemon answers each bad call with a clear error and continues")
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

  @Test("The daemon answers calls for unknown workflows one after the other, not with a thread for each")
  func unknownNames() async throws {
    let daemon = try await RunningDaemon(["job": "[Command]\nExec=/bin/true\n"])
    let process = try #require(daemon.processID)
    let path = daemon.socket
    let most = try await blocking("all are answered") {
      let clients = try (0..<60).map { _ in try ControlClient(path: path) }
      let calls = (0..<10).flatMap { _ in Call(GetWorkflow(name: "none")).message }
      for client in clients { try client.send(bytes: calls) }
      var most = 0
      for client in clients {
        for _ in 0..<10 {
          #expect(throws: ControlError.failed(.notFound(entity: "workflow", id: "none"))) { try client.receive() }
        }
        most = max(most, try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task").count)
      }
      return most
    }
    #expect(most < 50)
    #expect(try await daemon.stop() == 0)
  }

  @Test("A daemon with a stack of 1 MiB refuses a thousand invalid ids one by one, and quickly")
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

  @Test("The daemon refuses a message of 2 MiB without reading it to its end, and serves other clients meanwhile")
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
    // The rest of the message arrived at a closed connection, and the reply was lost.
    case .lost: break
    default: Issue.record("\(String(describing: failure))")
    }
    #expect(try await daemon.outcome(of: "job").status == .completed)
    #expect(try await daemon.stop() == 0)
  }
}
