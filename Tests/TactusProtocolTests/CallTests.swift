import TactusFuzzing
import TactusModel
import Testing

@testable import TactusProtocol

@Suite("Calls and replies")
struct CallTests {
  private func call(_ text: String) throws -> Call { try Call(message: Array(text.utf8)) }

  private func operation(_ method: String, _ parameters: String = "{}") throws -> Operation {
    try Operation(call("{\"method\":\"\(method)\",\"parameters\":\(parameters)}"))
  }

  @Test(
    "A message that is not a call is malformed",
    arguments: [
      "", "x", "{}", "[]", #"{"method":1}"#, #"{"method":"a.b","parameters":[]}"#, #"{"method":"a.b","parameters":1}"#,
      #"{"method":"a.b","more":"yes"}"#, #"{"method":"a.b","oneway":1}"#, #"{"method":"a.b"} {"method":"a.b"}"#,
    ])
  func malformed(text: String) {
    #expect(throws: MalformedMessage.self) { try call(text) }
  }

  @Test("Absent and null parameters count as empty, and unknown members of a message are ignored")
  func lenient() throws {
    #expect(try Operation(call(#"{"method":"io.tactus.Daemon.Describe"}"#)) == .describe(Describe()))
    #expect(try Operation(call(#"{"method":"io.tactus.Daemon.Describe","parameters":null}"#)) == .describe(Describe()))
    #expect(try Operation(call(#"{"method":"io.tactus.Daemon.Describe","future":[1]}"#)) == .describe(Describe()))
  }

  @Test("A parameter that is unknown, missing or of the wrong type is refused by its name")
  func parameters() {
    func refused(_ method: String, _ parameters: String, _ name: String) {
      #expect(throws: CallFailure.invalidParameter(parameter: name)) { try operation(method, parameters) }
    }
    refused("io.tactus.Workflows.Get", #"{"name":"a","nam":1}"#, "nam")
    refused("io.tactus.Workflows.Get", "{}", "name")
    refused("io.tactus.Workflows.Get", #"{"name":null}"#, "name")
    refused("io.tactus.Workflows.Get", #"{"name":7}"#, "name")
    refused("io.tactus.Workflows.Get", #"{"name":["a"]}"#, "name")
    refused("io.tactus.Workflows.Get", #"{"name":"\ud800"}"#, "name")
    refused("io.tactus.Workflows.Run", #"{"name":"a","scheduled_at":12}"#, "scheduled_at")
    refused("io.tactus.Jobs.List", #"{"limit":1.5}"#, "limit")
    refused("io.tactus.Jobs.List", #"{"limit":99999999999999999999}"#, "limit")
    refused("io.tactus.Jobs.List", #"{"status":"FAILED"}"#, "status")
    refused("io.tactus.Jobs.List", #"{"status":["FAILED","failed"]}"#, "status")
    refused("io.tactus.Jobs.Cancel", #"{"ids":["a",1]}"#, "ids")
    refused("io.tactus.Daemon.Describe", #"{"x":1}"#, "x")
  }

  @Test("Unknown methods and unknown interfaces have different errors")
  func unknown() {
    #expect(throws: CallFailure.methodNotFound(method: "io.tactus.Jobs.Frobnicate")) {
      try operation("io.tactus.Jobs.Frobnicate")
    }
    #expect(throws: CallFailure.interfaceNotFound(interface: "com.example")) { try operation("com.example.Do") }
    #expect(throws: CallFailure.interfaceNotFound(interface: "")) { try operation("Describe") }
  }

  @Test("A stream requires the flag more, and an upgrade is refused")
  func ways() throws {
    #expect(throws: CallFailure.expectedMore) { try operation("io.tactus.Jobs.Logs", #"{"id":"abcdef"}"#) }
    let upgrade = try call(#"{"method":"io.tactus.Daemon.Describe","upgrade":true}"#)
    #expect(throws: CallFailure.invalidParameter(parameter: "upgrade")) { try Operation(upgrade) }
    let logs = try call(#"{"method":"io.tactus.Jobs.Logs","parameters":{"id":"abcdef","stream":"stderr"},"more":true}"#)
    #expect(try Operation(logs) == .readLogs(ReadLogs(id: "abcdef", stream: .stderr)))
  }

  @Test("A call is decoded as it was encoded")
  func roundTrip() throws {
    let request = ListJobs(
      status: [.failed, .canceled], trigger: .manual, workflow: "a", kind: .command, cursor: "x", limit: 7)
    var bytes = Call(request).message
    #expect(bytes.popLast() == 0)
    #expect(try Operation(Call(message: bytes)) == .listJobs(request))
    var logs = Call(ReadLogs(id: "abcdef")).message
    logs.removeLast()
    #expect(try Call(message: logs).wantsMore)
  }

  @Test("Every failure is decoded as it was encoded, in the interface that was called")
  func failures() throws {
    let failures: [CallFailure] = [
      .notFound(entity: "job", id: "x"), .notFound(entity: "workflow", id: "x", reason: "its file was refused"),
      .invalid(field: "name", reason: "too long"), .conflict(reason: "no"),
      .forbidden(action: "apply"), .busy(retryAfterMs: 100), .unavailable(reason: "disk full"),
      .methodNotFound(method: "a.b"), .interfaceNotFound(interface: "a"), .methodNotImplemented(method: "a.b"),
      .invalidParameter(parameter: "p"), .expectedMore,
    ]
    for failure in failures {
      var bytes = TactusProtocol.Reply.message(failure, interface: "io.tactus.Jobs")
      #expect(bytes.popLast() == 0)
      let reply = try TactusProtocol.Reply(message: bytes)
      #expect(reply.failure == failure)
      #expect(reply.error == (failure.isOfService ? "org.varlink.service." : "io.tactus.Jobs.") + failure.name)
    }
  }

  @Test("An undeclared error is reported by its name")
  func foreignError() throws {
    let reply = try TactusProtocol.Reply(message: Array(#"{"error":"com.example.Odd","parameters":{"reason":3}}"#.utf8))
    #expect(reply.failure == .unavailable(reason: "the daemon answered with com.example.Odd"))
  }

  @Test("Output that is not UTF-8 is sent as base64 and decoded unchanged")
  func logs() throws {
    let at = Instant(microseconds: 0)
    let binary = ReadLogs.Reply(position: 1, at: at, stream: .stdout, bytes: [0, 0xFF, 0x80], isPartial: true)
    #expect(binary.text == nil && binary.base64 == "AP+A" && binary.bytes == [0, 0xFF, 0x80])
    let plain = ReadLogs.Reply(position: 1, at: at, stream: .stderr, bytes: Array("a\u{0}b é".utf8), isPartial: false)
    #expect(plain.text == "a\u{0}b é" && plain.base64 == nil && plain.partial == nil)
    var message = TactusProtocol.Reply.message(plain, continues: true)
    message.removeLast()
    #expect(!message.contains(0))
    let reply = try TactusProtocol.Reply(message: message)
    #expect(reply.continues)
    #expect(try reply.read(ReadLogs.Reply.self) == plain)
  }

  @Test("A cursor is accepted only by the list that created it")
  func cursors() {
    let cursor = Cursor(.jobs, position: "42")
    #expect(Cursor(cursor.description, of: .jobs) == cursor)
    #expect(Cursor(cursor.description, of: .workflows) == nil)
    #expect(Cursor("42", of: .jobs) == nil)
    #expect(Cursor("not base64!", of: .jobs) == nil)
  }
}
