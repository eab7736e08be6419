import TactusFuzzing
import TactusModel
import Testing

@testable import TactusProtocol

/// Passes invalid values to every parameter of every method: the refusal must name that parameter, never another one
/// and never
/// "parameters".
@Suite("Parameters that cannot be read")
struct ParameterTests {
  /// A call with all parameters of its method, as JSON members.
  struct Full: Sendable, CustomTestStringConvertible {
    let method: String
    let isStream: Bool
    let members: [(name: String, value: String)]

    init<R: Request>(_ request: R) throws {
      method = R.method
      isStream = R.isStream
      let object = try JSONObject(JSONWriter.text(request))
      members = object.members.map { ($0.name, String(decoding: object.text[$0.value], as: UTF8.self)) }
      #expect(Set(members.map(\.name)) == Set(R.parameters), "the sample of \(R.method) has every parameter")
    }

    var testDescription: String { method }

    /// Returns the refusal of the call with other values for some members; nil if it is accepted.
    func refusal(with values: [String: String]) throws -> CallFailure? {
      let text = members.map { "\"\($0.name)\":\(values[$0.name] ?? $0.value)" }.joined(separator: ",")
      let call = try Call(
        message: Array("{\"method\":\"\(method)\",\"parameters\":{\(text)},\"more\":\(isStream)}".utf8))
      do throws(CallFailure) {
        _ = try Operation(call)
        return nil
      } catch {
        return error
      }
    }
  }

  private static let calls: [Full] = {
    do {
      let at = "2026-12-01T03:00:00Z"
      return try [
        Full(DescribeService()), Full(GetInterfaceDescription(interface: "x")), Full(Describe()), Full(Examine()),
        Full(ListProviders()), Full(Reload()), Full(ApplyWorkflow(name: "a", definition: "d", dryRun: true)),
        Full(ReadEvents(after: "c", workflow: "a", job: "j", follow: true)), Full(DeleteWorkflow(name: "a")),
        Full(ListUpcoming(name: "a", limit: 1)), Full(ExplainWorkflow(name: "a", at: at, cursor: "c", limit: 1)),
        Full(ExplainJob(id: "j")), Full(ReadStatistics(workflow: "a", queue: "q", kind: .command, windowSeconds: 60)),
        Full(ScheduleJob(id: "j", at: at)), Full(WaitForJobs(ids: ["j"])),
        Full(GetWorkflow(name: "a", definition: true)),
        Full(ListWorkflows(state: .active, cursor: "c", limit: 1)),
        Full(RunWorkflow(name: "a", scheduledAt: at, hold: true, idempotencyKey: "k")),
        Full(TerminateWorkflow(name: "a", cancelRunning: true)), Full(ResumeWorkflow(name: "a")), Full(GetJob(id: "j")),
        Full(
          ListJobs(
            status: [.failed], trigger: .manual, workflow: "a", kind: .command, queue: "q", phase: .stopping,
            errorCode: .lost, since: at, until: at, cursor: "c", limit: 1)),
        Full(CancelJobs(ids: ["j"], abandon: true)), Full(ReadLogs(id: "j", stream: .stderr, follow: true, after: 1)),
      ]
    } catch {
      Issue.record("a sample cannot be written: \(error)")
      return []
    }
  }()

  /// Numbers out of range for every type, invalid strings, and each kind of value alone and nested.
  private static let values = [
    "1e400", "-1e400", "1e-400", "99999999999999999999999999", "-9223372036854775809", "1.5", "7", #""\ud800""#,
    #""\udc00x""#, #""x""#, "true", "{}", "[]", "[1e400]", #"["\ud800"]"#, "[[1e400]]", #"["j",1e400]"#, "[null]",
    #"{"a":1e400}"#, #"{"a":["\ud800"]}"#,
  ]

  @Test("There is a sample of every method, and each is accepted")
  func samples() throws {
    #expect(Set(Self.calls.map(\.method)) == Set(Methods.named.keys))
    for call in Self.calls { #expect(try call.refusal(with: [:]) == nil, "\(call.method)") }
  }

  @Test("An invalid value of a parameter is refused by the parameter's name", arguments: calls)
  func named(_ call: Full) throws {
    for (name, good) in call.members {
      let kind = good.prefix(1)
      for value in Self.values {
        let refusal = try call.refusal(with: [name: value])
        #expect(
          refusal == nil || refusal == .invalidParameter(parameter: name),
          "\(call.method) \(name)=\(value): \(refusal as Any)")
        // A value of another kind is never accepted.
        let isOtherKind =
          "\"[{".contains(kind) && !value.hasPrefix(kind) || value.contains("e400") || value.contains("ud800")
        if isOtherKind { #expect(refusal != nil, "\(call.method) takes \(name)=\(value)") }
      }
    }
  }

  @Test("If two members are invalid one is named, and a repeated member is named itself")
  func several() throws {
    for call in Self.calls where call.members.count > 1 {
      let (first, last) = (call.members[0].name, call.members[call.members.count - 1].name)
      let refusal = try call.refusal(with: [first: "1e400", last: #""\ud800""#])
      #expect([first, last].map { CallFailure.invalidParameter(parameter: $0) }.contains(refusal), "\(refusal as Any)")
    }
    let twice = try Call(
      message: Array(#"{"method":"io.tactus.Jobs.Get","parameters":{"id":"a","id":"b"}}"#.utf8))
    #expect(throws: CallFailure.invalidParameter(parameter: "id")) { try Operation(twice) }
  }
}
