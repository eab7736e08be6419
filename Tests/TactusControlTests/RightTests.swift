import TactusModel
import TactusPorts
import TactusProtocol
import TactusSimulation
import TactusTestSupport
import Testing

@testable import TactusControl

@Suite("Rights of principals")
struct PrincipalRightTests {
  @Test("Every method of the interfaces has a route, and there is no other route")
  func routes() {
    #expect(Set(Route.named.keys) == Set(Methods.named.keys))
  }

  @Test("A call is forbidden exactly to principals whose right is less than that of its method", arguments: Methods.all)
  func rights(_ method: any Request.Type) throws {
    let stage = try APIStage()
    let text = "{\"method\":\"\(method.method)\",\"parameters\":{\"unknown\":1},\"more\":\(method.isStream)}"
    let call = try Call(message: Array(text.utf8))
    for right in Right.allCases {
      let refusal = try stage.refusal(of: call, as: right)
      // With the right, the unknown parameter is the next obstacle.
      #expect(
        refusal
          == (right < method.right
            ? .forbidden(
              action:
                "\(method.method) needs the right \(method.right.rawValue), which only \(method.right.rawValue)s have")
            : .invalidParameter(parameter: "unknown")))
    }
  }

  @Test("A refusal is logged with the principal, ten at once and one per second, and the next counts the others")
  func logged() throws {
    let stage = try APIStage()
    for _ in 0..<14 { _ = try stage.refusal(of: TerminateWorkflow(name: "a"), as: .read, user: 501) }
    let refusals = stage.condition.entries
    #expect(refusals.count == 10)
    #expect(
      refusals[0].message
        == "refused to uid 501 (pid 99): not permitted: io.tactus.Workflows.Terminate needs the right admin, which only admins have"
    )
    #expect(refusals[0][.peerUID] == "501" && refusals[0][.peerPID] == "99")
    // Other users have their own share.
    _ = try stage.refusal(of: TerminateWorkflow(name: "a"), as: .look, user: 502)
    #expect(stage.condition.entries.count == 11)
    stage.pass(.seconds(1))
    _ = try stage.refusal(of: TerminateWorkflow(name: "a"), as: .read, user: 501)
    #expect(stage.condition.entries.last?.message.hasSuffix(" (and 4 refusals before it, not logged)") == true)
  }

  @Test("Runs of a user without the right are limited in their rate before the right is checked, those of others not")
  func rate() throws {
    let stage = try APIStage([("quick", "[Command]\nExec=/bin/true\n")], submitRate: 5)
    func attempt(_ user: UInt32) throws -> CallFailure? {
      try stage.refusal(of: RunWorkflow(name: "quick"), as: .read, user: user)
    }
    for _ in 0..<10 { #expect(try attempt(501)?.name == "Forbidden") }
    #expect(try attempt(501) == .busy(retryAfterMs: 200))
    #expect(try attempt(502)?.name == "Forbidden")
    stage.pass(.milliseconds(200))
    #expect(try attempt(501)?.name == "Forbidden")
    #expect(try attempt(501)?.name == "Busy")
    for _ in 0..<30 { _ = try stage.ask(RunWorkflow(name: "quick"), user: 501) }
    #expect(try stage.ask(ListJobs(limit: 1000)).jobs.count == 30)
  }

  @Test("The definition, error messages and reasons are only for readers, and asking for them is refused by name")
  func texts() throws {
    let stage = try APIStage([("fails", "[Command]\nExec=/bin/sh -c 'the-secret'\n")]) { _ in
      .init(ending: .failed(.exitNonzero, "exit status 3 of the-secret"))
    }
    let id = try stage.ask(RunWorkflow(name: "fails")).jobID
    stage.pass(.seconds(1))
    for right in Right.allCases {
      let isReader = right >= .read
      #expect((try stage.ask(GetWorkflow(name: "fails"), as: right).workflow.definition != nil) == isReader)
      let job = try stage.ask(GetJob(id: id), as: right).job
      #expect(job.errorCode == .exitNonzero && (job.errorMessage != nil) == isReader)
      #expect((try stage.ask(ListJobs(), as: right).jobs[0].errorMessage != nil) == isReader)
      #expect(try stage.ask(Describe(), as: right).lastErrors.map(\.message) == ["seen by \(right.rawValue)"])
    }
    #expect(
      try stage.refusal(of: GetWorkflow(name: "fails", definition: true), as: .look)
        == .forbidden(action: "the definition of fails needs the right read, which only reads have"))
    #expect(try stage.ask(GetWorkflow(name: "fails", definition: false)).workflow.definition == nil)
  }

  @Test("Calls that cannot be made are refused with the errors of Varlink")
  func calls() throws {
    let stage = try APIStage()
    func refusal(_ method: String, _ rest: String = "") throws -> CallFailure? {
      try stage.refusal(of: Call(message: Array("{\"method\":\"\(method)\"\(rest)}".utf8)))
    }
    #expect(try refusal("io.tactus.Jobs.Explode") == .methodNotFound(method: "io.tactus.Jobs.Explode"))
    #expect(try refusal("com.example.Jobs.List") == .interfaceNotFound(interface: "com.example.Jobs"))
    #expect(try refusal("io.tactus.Daemon.Describe", ",\"upgrade\":true") == .invalidParameter(parameter: "upgrade"))
    #expect(try refusal("io.tactus.Jobs.Logs", ",\"parameters\":{\"id\":\"ffffff\"}") == .expectedMore)
    #expect(
      try refusal("io.tactus.Workflows.Run", ",\"parameters\":{\"name\":7}") == .invalidParameter(parameter: "name"))
    #expect(
      try refusal("org.varlink.service.GetInterfaceDescription", ",\"parameters\":{\"interface\":\"x\"}")
        == .interfaceNotFound(interface: "x"))
    #expect(try stage.ask(DescribeService(), as: .look).version == "1.2.3")
    #expect(try stage.ask(Examine(), as: .read).diagnoses.map(\.check) == ["disk"])
    #expect(try stage.ask(ListProviders(), as: .look).providers.isEmpty)
    let status = try stage.ask(Describe(), as: .look)
    #expect(status.pid == 42 && status.startedAt == APIStage.start && status.state == .running)
  }
}
