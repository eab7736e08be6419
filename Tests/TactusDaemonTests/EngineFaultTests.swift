import Foundation
import TactusLinux
import TactusModel
import TactusProtocol
import TactusTestSupport
import Testing

/// Faults that a real engine cannot produce on demand, from `Tests/engines/fake`.
@Suite("Faults of container engines")
struct EngineFaultTests {
  /// The expected outcome of a job whose engine has a fault.
  enum Expected {
    /// The job completes after one start, with all its output.
    case completed
    /// The job completes after one start, but its output is unavailable.
    case silent
    /// The job fails with this code, and its message contains this text.
    case failed(ErrorCode, String)
  }

  private static let faults: [(name: String, expected: Expected)] = [
    ("none", .completed), ("create-500", .failed(.dispatchExhausted, "reports an internal error; asked 4 times")),
    ("create-rubbish", .completed), ("create-drop", .completed), ("create-nothing", .completed),
    ("start-500", .failed(.dispatchExhausted, "reports an internal error; asked 4 times")), ("start-drop", .completed),
    ("start-nothing", .completed), ("inspect-rubbish", .completed), ("inspect-500", .completed),
    ("log-drop", .completed), ("log-rubbish", .silent), ("log-500", .silent), ("wait-drop", .completed),
    ("wait-500", .completed), ("delete-500", .completed), ("pull-rubbish", .completed),
    ("pull-error", .failed(.dispatchExhausted, "unexpected EOF")), ("pull-drop", .completed),
    ("gone", .failed(.providerError, "does not know its container any more")),
  ]

  private static let hasEngine = ["/run/podman/podman.sock", "/var/run/docker.sock"].contains { path in
    FileManager.default.fileExists(atPath: path)
  }

  @Test(
    "Without a provider file, the daemon uses the first usual socket that has a listener",
    .enabled(if: !hasEngine, "this machine has an engine: not run"))
  func usualSocket() async throws {
    let engine = try await FakeEngine()
    let runtime = TemporaryFile(named: "docker.sock")
    try FileManager.default.createSymbolicLink(atPath: runtime.path, withDestinationPath: engine.socket)
    // A socket without a listener.
    let stale = "\(runtime.directory)/podman/podman.sock"
    try FileManager.default.createDirectory(
      atPath: "\(runtime.directory)/podman", withIntermediateDirectories: true)
    Descriptor.close(try UnixSocket.listen(at: stale))
    let daemon = try RunningDaemon(
      notStartedWith: ["a": "[Container]\nImage=fault/none:1\n"], variables: ["XDG_RUNTIME_DIR": runtime.directory])
    try await daemon.start()
    let job = try await daemon.outcome(of: "a")
    #expect(job.status == .completed && job.provider == "local", "\(job)")
    #expect(try await daemon.call(ListProviders()).providers.map(\.endpoint) == ["unix://\(runtime.path)"])
    #expect(try await daemon.stop() == 0)
  }

  @Test("A container that an engine has removed halfway is removed by its name, because the engine lists none")
  func half() async throws {
    let engine = try await FakeEngine()
    let daemon = try RunningDaemon(notStartedWith: ["half": "[Container]\nImage=fault/delete-half:1\n"])
    try daemon.provide("fake", endpoint: "unix://\(engine.socket)")
    try await daemon.start()
    #expect(try await daemon.outcome(of: "half").status == .completed)
    _ = try await eventually("no container is left") { try engine.counts("left").isEmpty ? true : nil }
    #expect(try await daemon.stop() == 0)
  }

  @Test("The daemon calls a failing engine four times, then the job fails with an infrastructure error")
  func faults() async throws {
    let engine = try await FakeEngine()
    var workflows = Dictionary(
      uniqueKeysWithValues: Self.faults.map { fault in
        (fault.name, "[Workflow]\nOverlap=allow\n[Container]\nImage=fault/\(fault.name):1\n")
      })
    workflows["command"] = "[Command]\nExec=/bin/true\n"
    let daemon = try RunningDaemon(notStartedWith: workflows)
    try daemon.provide("fake", endpoint: "unix://\(engine.socket)")
    // All jobs run at once: a fault must not delay another job.
    try daemon.write("etc/queues/container.queue", "[Queue]\nMaxRunning=100\n")
    try await daemon.start()
    var ids: [String: String] = [:]
    for fault in Self.faults { ids[fault.name] = try await daemon.run(fault.name) }
    #expect(try await daemon.outcome(of: "command").status == .completed)
    for fault in Self.faults {
      let job = try await daemon.ended(try #require(ids[fault.name]))
      let output = try await daemon.output(of: job.id)
      let starts = try engine.counts("starts")["tactus-\(job.id)"] ?? 0
      switch fault.expected {
      case .completed, .silent:
        #expect(job.status == .completed && starts == 1, "\(fault.name): \(starts) starts, \(job)")
        for (stream, number) in [(LogStream.stdout, 1), (.stderr, 2)] {
          let lines = output.filter { $0.stream == stream }.compactMap(\.text)
          var expected = (0..<3).map { "line \($0) of \(number)" }
          if case .silent = fault.expected { expected = [] }
          #expect(lines == expected, "\(fault.name)")
        }
      case .failed(let code, let words):
        #expect(
          job.errorCode == code && job.errorMessage?.contains(words) == true && starts <= 1,
          "\(fault.name): \(starts) starts, \(job)")
        #expect(try await daemon.workflow(fault.name).consecutiveFailures == 0, "\(fault.name)")
      }
    }
    // The daemon does not repeat an unanswered wait in a busy loop.
    let waits = try engine.counts("waits")
    #expect(waits.values.allSatisfy { $0 <= 20 }, "\(waits)")
    // After the next success, the daemon removes the containers that it could not remove before.
    _ = try await daemon.outcome(of: "none")
    _ = try await eventually("no container is left") { try engine.counts("left").isEmpty ? true : nil }
    #expect(try await daemon.stop() == 0)
    #expect(try await daemon.check("--verify").code == 0)
  }
}
