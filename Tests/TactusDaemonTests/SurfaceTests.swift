import Foundation
import TactusLinux
import TactusModel
import TactusProtocol
import TactusTransport
import Testing

@Suite("Calls on the control socket")
struct SurfaceTests {
  @Test("A held job waits for its start time, and an idempotency key creates one job, even across a restart")
  func heldAndKeys() async throws {
    let daemon = try await RunningDaemon(["quick": "[Command]\nExec=/bin/true\n"])
    let request = RunWorkflow(name: "quick", hold: true, idempotencyKey: "once")
    let held = try await daemon.call(request).jobID
    #expect(try await daemon.call(request).jobID == held)
    try await daemon.kill()
    try await daemon.start()
    #expect(try await daemon.call(request).jobID == held)
    #expect(try await daemon.job(held).phase == .held)
    await #expect(throws: (any Error).self) {
      try await daemon.call(RunWorkflow(name: "quick", idempotencyKey: "once"))
    }
    try await daemon.call(ScheduleJob(id: held, at: "2099-01-01T00:00:00Z".replacing("2099", with: "2028")))
    #expect(try await daemon.job(held).phase == .scheduled)
    try await daemon.call(ScheduleJob(id: String(held.suffix(10)), at: "\(SystemTime().now)"))
    #expect(try await daemon.ended(held).status == .completed)
    #expect(try await daemon.jobs("quick").count == 1)
    #expect(try await daemon.stop() == 0)
  }

  @Test("Delete frees the name of a terminated workflow, but not while its file exists")
  func delete() async throws {
    let daemon = try await RunningDaemon(["filed": "[Command]\nExec=/bin/true\n"])
    func refusal(_ name: String) async throws -> CallFailure? {
      try await daemon.refusal(of: Call(DeleteWorkflow(name: name)).message)
    }
    try await daemon.call(ApplyWorkflow(name: "made", definition: "[Command]\nExec=/bin/true\n"))
    #expect(try await refusal("made")?.name == "Conflict")
    try await daemon.call(TerminateWorkflow(name: "made"))
    try await daemon.call(DeleteWorkflow(name: "made"))
    #expect(try await refusal("made")?.name == "NotFound")
    try await daemon.call(TerminateWorkflow(name: "filed"))
    guard case .conflict(let reason) = try await refusal("filed") else {
      Issue.record("the workflow was deleted although its file exists")
      return
    }
    #expect(reason.contains("workflows/filed.workflow"))
    try daemon.undefine("filed")
    try await daemon.call(DeleteWorkflow(name: "filed"))
    #expect(try await daemon.call(ListWorkflows()).workflows.isEmpty)
    #expect(try await daemon.stop() == 0)
  }

  @Test("apply refuses the daemon's own files, which only a reload reads")
  func ownFile() async throws {
    let text = "[Command]\nExec=/bin/true\n"
    let daemon = try await RunningDaemon(["filed": text])
    try daemon.define("new", text)
    let folder = "\(daemon.configuration)/workflows"
    for options in [["--dry-run"], []] {
      let new = try await daemon.apply(options + ["\(folder)/new.workflow"])
      #expect(
        new.code == 1
          && new.complaints.contains(
            "The file workflows/new.workflow exists and is not loaded yet. Run tactusctl reload to load it"),
        "\(new)")
      let filed = try await daemon.apply(options + ["\(folder)/filed.workflow"])
      #expect(
        filed.code == 1
          && filed.complaints.contains(
            "The file workflows/filed.workflow defines filed. Edit that file and run tactusctl reload."),
        "\(filed)")
    }
    #expect(try await daemon.call(ListWorkflows()).workflows.map(\.name) == ["filed"])
    #expect(try await daemon.call(Reload()).created == ["new"])
    // A workflow created over the socket stays, and its file is refused.
    try await daemon.call(ApplyWorkflow(name: "made", definition: text))
    try daemon.define("made", text)
    #expect(try await daemon.call(ApplyWorkflow(name: "made", definition: text + "Timeout=2h\n")).effect == .changed)
    #expect(try await daemon.stop() == 0)
  }
}

extension RunningDaemon {
  /// Runs `tactusctl apply`.
  fileprivate func apply(_ words: [String]) async throws -> Program.Ran {
    try await Program.built("tactusctl", environment).run(["apply"] + words)
  }
}
