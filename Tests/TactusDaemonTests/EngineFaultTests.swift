import Foundation
import TactusLinux
import TactusModel
import TactusProtocol
import TactusTestSupport
import Testing

/// What real engines won't do on demand.
@Suite("Faults of container engines")
struct EngineFaultTests {
  /// What a fault comes to.
  enum Expected {
    /// It ran, once, with all its output.
    case completed
    /// It ran, once, and its output is not to be had.
    case silent
    /// It failed with a code, and a sentence that has these words.
    case failed(ErrorCode, String)
  }

  private static let faults: [(name: String, expected: Expected)] = [
    ("none", .completed), ("create-500", .failed(.dispatchExhausted, "does not feel well; asked 4 times")),
    ("create-rubbish", .completed), ("create-drop", .completed), ("create-nothing", .completed),
    ("start-500", .failed(.dispatchExhausted, "does not feel well; asked 4 times")), ("start-drop", .completed),
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
    "Without a provider's file the first usual socket that is listened on is taken",
    .enabled(if: !hasEngine, "this machine has an engine: not run"))
  func usualSocket() async throws {
    let engine = try await FakeEngine()
    let runtime = TemporaryFile(named: "docker.sock")
    try FileManager.default.createSymbolicLink(atPath: runtime.path, withDestinationPath: engine.socket)
    // A socket that nobody listens on any more.
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

  @Test("An engine that answers with failures is asked four times, and the job fails by infrastructure")
  func faults() async throws {
    let engine = try await FakeEngine()
    var workflows = Dictionary(
      uniqueKeysWithValues: Self.faults.map { fault in
        (fault.name, "[Workflow]\nOverlap=allow\n[Container]\nImage=fault/\(fault.name):1\n")
      })
    workflows["command"] = "[Command]\nExec=/bin/true\n"
    let daemon = try RunningDaemon(notStartedWith: workflows)
    try daemon.provide("fake", endpoint: "unix://\(engine.socket)")
    // All at once: none of them may be in the way of another.
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
    // A wait that is not answered is not asked for in a circle.
    let waits = try engine.counts("waits")
    #expect(waits.values.allSatisfy { $0 <= 20 }, "\(waits)")
    // What could not be removed goes with the next success.
    _ = try await daemon.outcome(of: "none")
    _ = try await eventually("nothing is left") { try engine.counts("left").isEmpty ? true : nil }
    #expect(try await daemon.stop() == 0)
    #expect(try await daemon.check("--verify").code == 0)
  }
}
