import Foundation
import Glibc
import TactusLinux
import TactusModel
import TactusProtocol
import TactusTestSupport
import Testing

@Suite("Paths that do not answer", .enabled(if: Laboratory.isPossible))
struct SilentPathTests {
  /// Workflows that need the mount, each with the expected message if the mount does not answer.
  private static func workflows(on mount: SilentMount) -> [(name: String, text: String, words: String)] {
    let silent = mount.directory
    func command(_ assignment: String) -> String { "[Command]\nRunner=direct\nExec=/bin/true\n\(assignment)\n" }
    return [
      ("exec", "[Command]\nRunner=direct\nExec=\(silent)/program\n", "Exec=\(silent)/program: no answer within 5 s"),
      (
        "directory", command("WorkingDirectory=\(silent)/folder"),
        "WorkingDirectory=\(silent)/folder: no answer within 5 s"
      ),
      (
        "variables", command("EnvironmentFile=\(silent)/variables"),
        "EnvironmentFile=\(silent)/variables: no answer within 2 s"
      ),
      (
        "secret", command("LoadCredential=key:\(silent)/secret"),
        "LoadCredential=key:\(silent)/secret: no answer within 2 s"
      ),
    ]
  }

  private static let good = "[Command]\nRunner=direct\nExec=/bin/true\n"

  @Test("A job whose path does not answer fails alone, its message names the path, and its program never runs later")
  func jobs() async throws {
    let mount = try await SilentMount()
    let workflows = Self.workflows(on: mount)
    let daemon = try RunningDaemon(notStartedWith: [
      "good": Self.good, "limited": "[Command]\nRunner=direct\nExec=/bin/sleep 300\nTimeout=1s\n",
    ])
    for (name, text, _) in workflows { try daemon.define(name, text) }
    try await daemon.start()
    #expect(try await daemon.outcome(of: "exec").status == .completed)
    #expect(mount.runs == 1)

    try await mount.silence()
    let held = try await workflows.asyncMap { try await daemon.run($0.name) }
    try await mount.awaitRequest()
    // Other jobs start, end and obey their time-outs, and the daemon answers calls.
    for _ in 0..<5 { #expect(try await daemon.outcome(of: "good").status == .completed) }
    #expect(try await daemon.outcome(of: "limited").errorCode == .providerTimeout)
    #expect(try await daemon.call(Describe()).state == .running)
    for (id, (name, _, words)) in zip(held, workflows) {
      let job = try await daemon.ended(id)
      #expect(job.errorCode == .dispatchExhausted && job.errorMessage == words, "\(name): \(job)")
      #expect(try await daemon.workflow(name).consecutiveFailures == 0)
    }
    // The next job with this path fails at once.
    let again = try await daemon.outcome(of: "exec")
    #expect(again.errorMessage?.hasPrefix("Exec=\(mount.directory)/program: no answer since 2") == true, "\(again)")
    let status = try await daemon.control("status")
    for (name, _, _) in workflows {
      #expect(status.output.contains(" of workflow \(name): no answer since 2"), "\(status)")
    }
    #expect(daemon.complaints.components(separatedBy: "Exec=\(mount.directory)/program of").count == 2)

    try await mount.speak()
    _ = try await eventually("all paths answer") {
      try await daemon.call(Describe()).lastErrors.contains { $0.message.contains("no answer") } ? nil : true
    }
    #expect(daemon.complaints.contains("Exec=\(mount.directory)/program of workflow exec: answers again"))
    #expect(mount.runs == 1)
    #expect(try await daemon.outcome(of: "exec").status == .completed)
    #expect(mount.runs == 2)
    #expect(try await daemon.stop() == 0)
    #expect(try await daemon.check("--verify").code == 0)
  }

  @Test("A hundred jobs with programs on one silent mount fail, and no other job fails")
  func crowd() async throws {
    let mount = try await SilentMount()
    let daemon = try RunningDaemon(notStartedWith: ["good": Self.good])
    try daemon.write("etc/queues/command.queue", "[Queue]\nMaxRunning=200\nMaxQueued=500\n")
    let names = (0..<100).map { "far-\($0)" }
    for name in names {
      let paths = "Exec=\(mount.directory)/\(name)\nEnvironmentFile=-\(mount.directory)/\(name).env\n"
      // Some jobs wait for their variables, the others for their program.
      let text = name.hasSuffix("0") || name.hasSuffix("5") ? paths : "Exec=\(mount.directory)/\(name)\n"
      try daemon.define(name, "[Command]\nRunner=direct\n\(text)")
    }
    try await daemon.start()
    try await mount.silence()
    let held = try await names.asyncMap { try await daemon.run($0) }
    try await mount.awaitRequest()
    for _ in 0..<20 {
      let job = try await daemon.outcome(of: "good")
      #expect(job.status == .completed, "\(job)")
    }
    #expect(try await daemon.call(Describe()).state == .running)
    for (id, name) in zip(held, names) {
      let job = try await daemon.ended(id)
      #expect(job.errorCode == .dispatchExhausted, "\(name): \(job)")
      #expect(job.errorMessage?.contains("\(mount.directory)/\(name)") == true, "\(job)")
      #expect(job.errorMessage?.contains(": no answer ") == true, "\(job)")
    }
    #expect(try await daemon.outcome(of: "good").status == .completed)
    #expect(try await daemon.stop() == 0)
    try await mount.speak()
    #expect(try await daemon.check("--verify").code == 0)
  }

  @Test(
    "With silent paths, the daemon stops, starts again after a stop or kill, and never runs the waiting programs",
    arguments: [false, true])
  func end(_ isKilled: Bool) async throws {
    let mount = try await SilentMount()
    let workflows = Self.workflows(on: mount)
    let daemon = try RunningDaemon(notStartedWith: ["good": Self.good], settings: "[Manager]\nStopTimeout=1s\n")
    for (name, text, _) in workflows { try daemon.define(name, text) }
    try await daemon.start()
    try await mount.silence()
    for (name, _, _) in workflows { _ = try await daemon.run(name) }
    try await mount.awaitRequest()
    if isKilled { try await daemon.kill() } else { #expect(try await daemon.stop() == 0) }
    try await daemon.start()
    #expect(try await daemon.outcome(of: "good").status == .completed)
    for (name, _, _) in workflows { _ = try await daemon.run(name) }
    #expect(try await daemon.stop() == 0)
    if !isKilled {
      try await mount.speak()
      #expect(mount.runs == 0)
    }
    let audit = try await daemon.check("--verify")
    #expect(audit.code == 0, "\(audit)")
  }

  @Test("The daemon reports a silent definition file, keeps its last definition, and does not wait for it")
  func definitions() async throws {
    let mount = try await SilentMount()
    let daemon = try RunningDaemon(notStartedWith: ["good": Self.good])
    let link = "\(daemon.configuration)/workflows/linked.workflow"
    #expect(symlink("\(mount.directory)/good.workflow", link) == 0)
    try await daemon.start()
    #expect(try await daemon.workflow("linked").state == .active)
    try await mount.silence()

    let check = try await daemon.check("--check")
    let words = "workflows/linked.workflow: cannot be read: no answer within 2 s"
    #expect(check.code == 1 && check.output.contains(words), "\(check)")
    let reload = try await daemon.call(Reload())
    #expect(reload.removed.isEmpty && reload.workflows == 1)
    #expect(reload.problems.map(\.message) == ["cannot be read: no answer within 2 s"], "\(reload)")
    #expect(try await daemon.outcome(of: "linked").status == .completed)
    #expect(try await daemon.outcome(of: "good").status == .completed)

    // A definition over the socket is in force at once, and the reply names the paths that were not checked.
    let secret = "LoadCredential=key:\(mount.directory)/secret"
    let text = "[Command]\nRunner=direct\nExec=\(mount.directory)/program\n\(secret)\n"
    let applied = try await daemon.control("apply", try daemon.write("far.workflow", text))
    #expect(applied.code == 0, "\(applied)")
    #expect(
      applied.complaints.contains(
        "far.workflow:3: Exec=\(mount.directory)/program was not checked: no answer within 2 s. "), "\(applied)")
    #expect(applied.complaints.contains("far.workflow:4: \(secret) was not checked: no answer "), "\(applied)")
    // status uses the same words as for a job that waits for these paths.
    let status = try await daemon.control("status")
    for place in ["Exec=\(mount.directory)/program", secret] {
      #expect(status.output.contains("\(place) of workflow far: no answer since 2"), "\(status)")
    }
    #expect(try await daemon.control("show-workflow", "nobody").code != 0)
    #expect(try await daemon.control("doctor").output.contains("settings"))
    #expect(try await daemon.call(Reload()).problems.count == 1)
    #expect(try await daemon.stop() == 0)

    try await daemon.start()
    #expect(try await daemon.workflow("linked").state == .active)
    #expect(try await daemon.outcome(of: "good").status == .completed)
    try await mount.speak()
    _ = try await eventually("the mount answers") {
      try await daemon.call(Describe()).lastErrors.contains { $0.message.contains("no answer since") } ? nil : true
    }
    #expect(try await daemon.call(Reload()).problems.isEmpty)
    #expect(try await daemon.stop() == 0)
  }

  @Test("A silent folder of definitions terminates no workflow, and the daemon starts without it")
  func folder() async throws {
    let mount = try await SilentMount()
    let daemon = try RunningDaemon(notStartedWith: [:])
    let folder = "\(daemon.configuration)/workflows"
    try FileManager.default.removeItem(atPath: folder)
    #expect(symlink(mount.directory, folder) == 0)
    try await daemon.start()
    #expect(try await daemon.workflow("good").state == .active)
    try await mount.silence()
    #expect(try await daemon.call(Reload()).removed.isEmpty)
    #expect(try await daemon.stop() == 0)
    try await daemon.start()
    #expect(try await daemon.outcome(of: "good").status == .completed)
    // A call for an unknown name waits only briefly for the folder.
    #expect(try await daemon.control("show-workflow", "nobody").code != 0)
    #expect(try await daemon.stop() == 0)
  }
}

extension Array {
  /// The results of an asynchronous function for the elements, called one after the other.
  fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async throws -> [Value] {
    var values: [Value] = []
    for element in self { values.append(try await body(element)) }
    return values
  }
}
