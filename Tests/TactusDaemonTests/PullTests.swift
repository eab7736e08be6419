import Foundation
import TactusModel
import TactusProtocol
import TactusTestSupport
import Testing

/// Images that both engines pull from a real registry.
@Suite("Pulls", .enabled(if: Laboratory.isPossible, "needs root: not run"), .serialized)
struct PullTests {
  private func port(_ kind: EngineLab.Kind) -> Int { kind == .podman ? 5611 : 5612 }

  private func workflow(_ lines: String) -> String {
    "[Workflow]\nOverlap=allow\n[Container]\nNetwork=none\nExec=true\n\(lines)\n"
  }

  private func built(_ daemon: RunningDaemon, _ name: String) async throws -> WireWorkflow {
    try await daemon.workflow(name) { $0.buildStatus == .completed || $0.buildStatus == .failed }
  }

  @Test("The daemon pulls an image once for all waiting jobs", arguments: EngineLab.Kind.allCases)
  func shared(_ kind: EngineLab.Kind) async throws {
    let registry = try await EngineLab(registryOn: port(kind))
    let lab = try await EngineLab(kind, registry: port(kind))
    let image = "127.0.0.1:\(port(kind))/team/job"
    try await lab.order("push localhost/busybox:1 \(image):1")
    let daemon = try RunningDaemon(notStartedWith: [
      "missing": workflow("Image=\(image):1"), "unknown": workflow("Image=\(image):nix"),
    ])
    try daemon.provide("lab", lab)
    try await daemon.start()
    // The jobs start at once, while the image may still be pulled for the workflow.
    var ids: [String] = []
    for _ in 0..<10 { ids.append(try await daemon.run("missing")) }
    for id in ids {
      let job = try await daemon.ended(id)
      #expect(job.status == .completed, "\(job)")
    }
    let pulled = try registry.log().components(separatedBy: "\"GET /v2/team/job/manifests/").dropFirst()
      .count { !$0.hasPrefix("nix") }
    #expect((1...2).contains(pulled), "\(pulled) manifests were fetched")
    #expect(try await built(daemon, "missing").buildStatus == .completed)
    let unknown = try await built(daemon, "unknown")
    #expect(unknown.buildStatus == .failed && unknown.buildError?.isEmpty == false, "\(unknown)")
    let job = try await daemon.outcome(of: "unknown")
    #expect(job.errorCode == .validationError, "\(job)")
    #expect(try await daemon.workflow("unknown").consecutiveFailures == 1)
    try await daemon.log(with: "the image of unknown is not there yet")
    // The image exists locally: without the registry, only jobs that must pull fail.
    try await registry.order("kill")
    #expect(try await daemon.outcome(of: "missing").status == .completed)
    #expect(try await daemon.workflow("missing").consecutiveFailures == 0)
    #expect(try await daemon.stop() == 0)
  }

  @Test("Workflows with Pull=always follow a moved tag", arguments: EngineLab.Kind.allCases)
  func moved(_ kind: EngineLab.Kind) async throws {
    let registry = try await EngineLab(registryOn: port(kind))
    let lab = try await EngineLab(kind, registry: port(kind))
    let image = "127.0.0.1:\(port(kind))/team/job:1"
    for mark in ["old", "new"] { try await lab.order("mark localhost/\(mark):1 \(mark)") }
    try await lab.order("push localhost/old:1 \(image)")
    let daemon = try RunningDaemon(notStartedWith: [
      "missing": workflow("Exec=\nExec=cat /mark\nImage=\(image)"),
      "always": workflow("Exec=\nExec=cat /mark\nImage=\(image)\nPull=always"),
    ])
    try daemon.provide("lab", lab)
    try await daemon.start()
    func mark(_ name: String) async throws -> [String] {
      let job = try await daemon.outcome(of: name)
      #expect(job.status == .completed, "\(job)")
      return try await daemon.output(of: job.id).compactMap(\.text)
    }
    #expect(try await mark("missing") == ["old"])
    #expect(try await mark("always") == ["old"])
    try await lab.order("push localhost/new:1 \(image)")
    #expect(try await mark("missing") == ["old"])
    #expect(try await mark("always") == ["new"])
    try await registry.order("kill")
    #expect(try await daemon.stop() == 0)
  }

  @Test(
    "A pull from a hanging registry fails after PullTimeout=, and a pull from a restarted registry is repeated",
    arguments: EngineLab.Kind.allCases)
  func dying(_ kind: EngineLab.Kind) async throws {
    let registry = try await EngineLab(registryOn: port(kind))
    let lab = try await EngineLab(kind, registry: port(kind))
    let image = "127.0.0.1:\(port(kind))/team/job"
    try await lab.order("push localhost/busybox:1 \(image):1")
    let daemon = try RunningDaemon(notStartedWith: ["other": workflow("Image=localhost/busybox:1")])
    try daemon.provide("lab", lab)
    try await daemon.start()
    try await registry.order("pause")
    try daemon.define("hanging", workflow("Image=\(image):hanging\nPullTimeout=1s"))
    try daemon.define("dying", workflow("Image=\(image):1"))
    _ = try await daemon.call(Reload())
    let dying = try await daemon.run("dying")
    let hanging = try await daemon.outcome(of: "hanging")
    #expect(
      hanging.errorCode == .dispatchExhausted && hanging.errorMessage?.contains("was not pulled") == true, "\(hanging)")
    #expect(try await built(daemon, "hanging").buildStatus == .failed)
    #expect(try await daemon.outcome(of: "other").status == .completed)
    let waiting = try await daemon.job(dying)
    #expect(waiting.phase == .dispatching, "\(waiting)")
    #expect(try await daemon.workflow("dying").buildStatus == .started)
    try await registry.order("kill")
    try await daemon.rest(.milliseconds(500))
    try await registry.order("start")
    let job = try await daemon.ended(dying)
    #expect(job.status == .completed, "\(job)")
    #expect(try await daemon.workflow("dying").buildStatus == .completed)
    #expect(try await daemon.stop() == 0)
  }
}
