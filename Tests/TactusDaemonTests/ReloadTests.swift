import TactusLinux
import TactusModel
import TactusProtocol
import TactusTestSupport
import Testing

@Suite("SIGHUP")
struct ReloadTests {
  private static func definition(_ interval: String) -> String {
    "[Schedule]\nInterval=\(interval)\n[Command]\nExec=/bin/echo \(interval)\n"
  }

  @Test("A changed file creates a generation, a removed file terminates its workflow, and its return undoes that")
  func hangUp() async throws {
    let daemon = try await RunningDaemon(["job": Self.definition("1h"), "other": Self.definition("2h")])
    let first = try await daemon.workflow("job")
    #expect(first.generation == 1 && first.origin == .file && first.intervalMs == 3_600_000)

    try daemon.define("job", Self.definition("30min"))
    daemon.send(.hangUp)
    let changed = try await daemon.workflow("job") { $0.generation == 2 }
    #expect(changed.intervalMs == 1_800_000 && changed.id == first.id)
    #expect(try await daemon.jobs("job").map(\.status.known) == [.pending])

    try daemon.undefine("job")
    daemon.send(.hangUp)
    let removed = try await daemon.workflow("job") { $0.state == .terminated }
    #expect(removed.terminatedReason == .removed && removed.nextAt == nil)
    #expect(try await daemon.jobs("job").map(\.errorCode?.known) == [.workflowTerminated])
    try await daemon.log(with: "workflow job was terminated: its file is gone")

    try daemon.define("job", Self.definition("30min"))
    daemon.send(.hangUp)
    let back = try await daemon.workflow("job") { $0.state == .active }
    #expect(back.terminatedReason == nil && back.id == first.id)
    #expect(try await daemon.jobs("job", .pending).count == 1)
    let other = try await daemon.workflow("other")
    #expect(other.generation == 1 && other.state == .active)
    #expect(try await daemon.stop() == 0)
    #expect(try await daemon.check("--verify").code == 0)
  }

  @Test("The return of a file does not undo a termination by a person")
  func terminatedByUser() async throws {
    let daemon = try await RunningDaemon(["job": Self.definition("1h")])
    try await daemon.call(TerminateWorkflow(name: "job"))
    try daemon.undefine("job")
    try await daemon.call(Reload())
    try daemon.define("job", Self.definition("1h"))
    try await daemon.call(Reload())
    let workflow = try await daemon.workflow("job")
    #expect(workflow.state == .terminated && workflow.terminatedReason == .user)
  }

  @Test("A start applies the changes made while the daemon was down")
  func offline() async throws {
    let daemon = try await RunningDaemon(["stays": Self.definition("1h"), "goes": Self.definition("1h")])
    let stays = try await daemon.workflow("stays")
    #expect(try await daemon.stop() == 0)
    try daemon.undefine("goes")
    try daemon.define("comes", Self.definition("1h"))
    try await daemon.start()
    #expect(try await daemon.workflow("stays") == stays)
    #expect(try await daemon.workflow("goes").terminatedReason == .removed)
    #expect(try await daemon.workflow("comes").state == .active)
  }

  @Test("A workflow without a file survives reloads and restarts")
  func socketOwned() async throws {
    let daemon = try await RunningDaemon()
    let applied = try await daemon.call(ApplyWorkflow(name: "mine", definition: Self.definition("1h")))
    #expect(applied.effect == .created && applied.nextRuns.count == 5)
    try await daemon.call(Reload())
    try await daemon.stop()
    try await daemon.start()
    let workflow = try await daemon.workflow("mine")
    #expect(workflow.state == .active && workflow.origin == .socket && workflow.nextAt == applied.nextRuns.first)
  }

  @Test("A workflow moves from the socket to a file and back by the steps that the refusals name")
  func changesHands() async throws {
    let daemon = try await RunningDaemon()
    func expect(_ words: String..., code: Int, saying sentence: String = "") async throws {
      let ran = try await Program.built("tactusctl", daemon.environment).run(words)
      #expect(ran.code == code && ran.complaints.contains(sentence), "\(words): \(ran)")
    }
    let own = try daemon.write("mine.workflow", Self.definition("1h"))
    try await expect("apply", own, code: 0)
    try daemon.define("mine", Self.definition("2h"))
    try await expect(
      "reload", code: 1,
      saying:
        "To define mine by a file instead, move the file away. Run tactusctl terminate mine and tactusctl delete mine. "
        + "Put the file back and run tactusctl reload.")
    try daemon.undefine("mine")
    try await expect("terminate", "mine", code: 0)
    try await expect("delete", "mine", code: 0)
    try daemon.define("mine", Self.definition("2h"))
    try await expect("reload", code: 0)
    #expect(try await daemon.workflow("mine").origin == .file)

    try await expect(
      "apply", own, code: 1,
      saying:
        "To define mine with apply instead, remove the file, run tactusctl reload and tactusctl delete mine, then "
        + "apply again.")
    try daemon.undefine("mine")
    try await expect("reload", code: 0)
    try await expect(
      "apply", own, code: 1,
      saying: "the file workflows/mine.workflow, which was removed. Run tactusctl delete mine, then apply again."
    )
    try await expect("delete", "mine", code: 0)
    try await expect("apply", own, code: 0)
    let workflow = try await daemon.workflow("mine")
    #expect(workflow.origin == .socket && workflow.intervalMs == 3_600_000)
    #expect(try await daemon.stop() == 0)
  }

  @Test("The number of workflows counts no other files, and no files that are not in force")
  func counts() async throws {
    let daemon = try await RunningDaemon(["one": Self.definition("1h")], settings: "[Manager]\nStopTimeout=20s\n")
    try await daemon.log(with: "is ready: 1 workflow from files")
    try daemon.write("etc/queues/command.queue", "[Queue]\nMaxRunning=3\n")
    try daemon.define("two", Self.definition("1h"))
    try daemon.define("bad", "[Command]\n")
    try await daemon.call(ApplyWorkflow(name: "mine", definition: Self.definition("1h")))
    try daemon.define("mine", Self.definition("2h"))
    let ran = try await daemon.control("reload")
    #expect(ran.output == "two: created\nqueue command: limits changed\n2 workflows in force from files.\n", "\(ran)")
    try await daemon.log(with: ": 2 workflows from files, 1 created, 0 changed, 0 removed, 2 problems")
    #expect(try await daemon.stop() == 0)
    try await daemon.start()
    try await daemon.log(with: "is ready: 2 workflows from files")
    #expect(try await daemon.stop() == 0)
  }

  @Test("A reload reports the changed files that only a start reads")
  func nextStart() async throws {
    let daemon = try RunningDaemon(notStartedWith: [:], settings: "[Manager]\nStopTimeout=20s\n")
    try daemon.provide("same", endpoint: "unix:///no/such.sock")
    try daemon.provide("other", endpoint: "unix:///no/such.sock")
    try await daemon.start()
    _ = try await daemon.call(Reload())
    #expect(try await !daemon.log().contains("take effect"))
    try daemon.provide("other", endpoint: "unix:///another.sock")
    try daemon.provide("new", endpoint: "unix:///another.sock")
    try daemon.write("etc/tactusd.conf", "[Manager]\nStopTimeout=21s\n")
    _ = try await daemon.call(Reload())
    let log = try await daemon.log()
    for file in ["providers/other.provider", "providers/new.provider", "tactusd.conf"] {
      #expect(log.contains("\(file): the changes take effect at the next start"), "\(file)")
    }
    #expect(!log.contains("same.provider"))
    #expect(try await daemon.stop() == 0)
  }

  @Test("A reload puts the limits of queues in force, and a bad file leaves those of its queue as they are")
  func queues() async throws {
    let daemon = try RunningDaemon(
      notStartedWith: ["work": "[Workflow]\nOverlap=allow\n\n[Command]\nExec=/bin/sleep 1000\n"])
    try daemon.write("etc/queues/command.queue", "[Queue]\nMaxRunning=1\nMaxQueued=1\n")
    try await daemon.start()
    for _ in 0..<3 { _ = try await daemon.call(RunWorkflow(name: "work")) }
    func counts() async throws -> [Int?] {
      let status = try await daemon.call(Describe())
      return [status.jobs[.running], status.jobs[.queued], status.jobs[.pending]]
        + [status.queues.first { $0.name == "command" }.map { $0.maxRunning * 10 + $0.maxQueued }]
    }
    _ = try await eventually("one job runs") { try await counts() == [1, 1, 1, 11] ? true : nil }
    try daemon.write("etc/queues/command.queue", "[Queue]\nMaxRunning=2\nMaxQueued=5\n")
    #expect(try await daemon.call(Reload()).queues == ["command"])
    _ = try await eventually("another job starts") { try await counts() == [2, 1, 0, 25] ? true : nil }
    try daemon.write("etc/queues/command.queue", "[Queue]\nMaxRunning=none\n")
    let refused = try await daemon.call(Reload())
    #expect(refused.queues == nil && refused.problems.map(\.file) == ["queues/command.queue"])
    #expect(try await counts() == [2, 1, 0, 25])
    try await daemon.log(with: "queue command: MaxRunning=2 and MaxQueued=5 are in force")
    #expect(try await daemon.stop() == 0)
  }
}
