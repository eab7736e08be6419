import Foundation
import TactusModel
import TactusProtocol
import TactusSimulation
import TactusTestSupport
import Testing

/// Containers on real engines: podman and dockerd run the same tests.
@Suite("Containers", .enabled(if: Laboratory.isPossible, "needs root: not run"), .serialized)
struct ContainerTests {
  private func daemon(_ lab: EngineLab, _ workflows: [String: String]) async throws -> RunningDaemon {
    let daemon = try RunningDaemon(
      notStartedWith: workflows.mapValues { lines in
        "[Workflow]\nOverlap=allow\n[Container]\nImage=localhost/busybox:1\nNetwork=none\n\(lines)\n"
      })
    try daemon.provide("lab", lab)
    try await daemon.start()
    return daemon
  }

  /// The lines that a job printed to one stream or both.
  private func texts(_ daemon: RunningDaemon, _ id: String, _ stream: LogStream? = nil) async throws -> [String] {
    try await daemon.output(of: id).filter { stream == nil || $0.stream?.known == stream }.compactMap(\.text)
  }

  @Test("The exit code decides, and both streams are complete and in order", arguments: EngineLab.Kind.allCases)
  func ends(_ kind: EngineLab.Kind) async throws {
    let lab = try await EngineLab(kind)
    let daemon = try await daemon(
      lab,
      [
        "good": "Exec=true", "three": "Exec=sh -c 'exit 3'",
        "lots":
          "Timeout=2min\nExec=sh -c 'i=0; while [ $i -lt 10000 ]; do echo out$i; echo err$i >&2; i=$((i+1)); done'",
        "binary": "Exec=printf '\\\\000\\\\001\\\\r x\\\\n'",
        "missing": "Exec=/no/such/program", "never": "Pull=never", "volume": "Volume=/no/such/place:/x\nExec=true",
        "variables": "Environment=A=b\nExec=sh -c 'echo $A $TACTUS_WORKFLOW $TACTUS_TRIGGER'",
      ])
    _ = try daemon.write(
      "etc/workflows/never.workflow", "[Container]\nImage=localhost/none:1\nPull=never\nNetwork=none\n")
    _ = try await daemon.call(Reload())
    let good = try await daemon.outcome(of: "good")
    #expect(good.status == .completed && good.exitCode == 0 && good.provider == "lab" && good.containerID?.count == 64)
    let three = try await daemon.outcome(of: "three")
    #expect(
      three.errorCode == .exitNonzero && three.exitCode == 3
        && three.completedAt ?? three.createdAt >= three.startedAt ?? three.createdAt)
    let lots = try await daemon.outcome(of: "lots")
    for (stream, word) in [(LogStream.stdout, "out"), (.stderr, "err")] {
      let lines = try await texts(daemon, lots.id, stream)
      // Compared first, so that a failure does not print all lines.
      let isWhole = lines == (0..<10_000).map { "\(word)\($0)" }
      #expect(isWhole, "\(lines.count) lines of \(stream)")
    }
    #expect(lots.logBytes == 157_780 && lots.logDroppedBytes == 0)
    let binary = try await daemon.outcome(of: "binary")
    #expect(try await texts(daemon, binary.id) == ["\0\u{1}\r x"])
    let variables = try await daemon.outcome(of: "variables")
    #expect(try await texts(daemon, variables.id) == ["b variables MANUAL"])
    for name in ["missing", "never", "volume"] {
      let job = try await daemon.outcome(of: name)
      #expect(
        job.errorCode == .validationError && job.errorMessage?.isEmpty == false,
        "\(name): \(job.status) \(String(describing: job.errorMessage))")
    }
    _ = try await eventually("no container is left") { try await lab.containers().isEmpty ? true : nil }
    #expect(try await daemon.stop() == 0)
  }

  @Test(
    "A container that ignores TERM is killed after its time-out and the grace, and its output is kept",
    arguments: EngineLab.Kind.allCases)
  func timeout(_ kind: EngineLab.Kind) async throws {
    let lab = try await EngineLab(kind)
    let daemon = try await daemon(
      lab,
      [
        "stubborn":
          "Timeout=1s\nExec=sh -c 'trap \"echo term\" TERM; echo begin; while :; do sleep 0.2; echo tick; done'"
      ])
    var job = try await daemon.outcome(of: "stubborn")
    // Three seconds are expected. Other tests can only delay it, so the shortest of three runs shows the daemon's time.
    for _ in 0..<2 where (job.durationMs ?? 0) > 3700 { job = try await daemon.outcome(of: "stubborn") }
    #expect(job.errorCode == .providerTimeout)
    #expect((2300...3700).contains(job.durationMs ?? 0), "\(String(describing: job.durationMs)) ms")
    let texts = try await texts(daemon, job.id)
    let term = try #require(texts.firstIndex(of: "term"))
    // About eight ticks fit into two seconds of grace.
    #expect(texts.first == "begin" && texts[term...].count { $0 == "tick" } >= 4, "\(texts)")
    #expect(try await daemon.stop() == 0)
  }

  @Test(
    "Twenty containers outlive a killed daemon and are adopted, and no output is lost or repeated",
    arguments: EngineLab.Kind.allCases)
  func adoption(_ kind: EngineLab.Kind) async throws {
    let lab = try await EngineLab(kind)
    let daemon = try await daemon(
      lab, ["long": "Timeout=2min\nExec=sh -c 'i=0; while [ $i -lt 60 ]; do echo $i; i=$((i+1)); sleep 0.2; done'"])
    _ = try daemon.write("etc/queues/container.queue", "[Queue]\nMaxRunning=20\n")
    #expect(try await daemon.stop() == 0)
    try await daemon.start()
    var ids: [String] = []
    for _ in 0..<20 { ids.append(try await daemon.call(RunWorkflow(name: "long")).jobID) }
    _ = try await eventually("all run") {
      try await daemon.call(ListJobs(status: [.running], limit: 1000)).jobs.count == 20 ? true : nil
    }
    let before = try await lab.containers().sorted()
    try await daemon.kill()
    #expect(try await lab.containers().sorted() == before)
    try await daemon.start()
    for id in ids {
      let job = try await daemon.ended(id)
      #expect(job.status == .completed, "\(job)")
      #expect(try await texts(daemon, id) == (0..<60).map(String.init), "\(id)")
    }
    _ = try await eventually("no container is left") { try await lab.containers().isEmpty ? true : nil }
    #expect(try await daemon.stop() == 0)
  }

  /// Ten rounds in `make test`, more in `make soak`.
  private static let kills = ProcessInfo.processInfo.environment["TACTUS_TEST_KILLS"].flatMap { Int($0) } ?? 10

  @Test(
    "After kills of the daemon at any moment, every container ran once, every end is reported, and none is left",
    arguments: EngineLab.Kind.allCases)
  func kills(_ kind: EngineLab.Kind) async throws {
    let seed = UInt64.random(in: .min ... .max)
    print("seed of the kills with \(kind): \(seed)")
    var generator = SeededGenerator(seed: seed)
    let lab = try await EngineLab(kind)
    let side = FileManager.default.temporaryDirectory.appending(path: "tactus-side-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: side, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: side) }  // a directory that is left in /tmp fails no test
    let daemon = try await daemon(
      lab,
      [
        "short": "Volume=\(side.path):/side\nExec=sh -c 'echo $TACTUS_JOB_ID >>/side/started; echo done'",
        "long": "Volume=\(side.path):/side\nExec=sh -c 'echo $TACTUS_JOB_ID >>/side/started; sleep 1; echo done'",
      ])
    var ids: [String] = []
    for _ in 0..<Self.kills {
      for name in ["short", "long"] { ids.append(try await daemon.run(name)) }
      try await daemon.rest(.milliseconds(Int.random(in: 0...600, using: &generator)))
      try await daemon.kill()
      try await daemon.start()
    }
    for id in ids {
      let job = try await daemon.ended(id)
      #expect(job.status == .completed, "seed \(seed): \(job)")
      let texts = try await texts(daemon, id)
      #expect(texts == ["done"], "seed \(seed): \(id)")
    }
    let started = try String(contentsOf: side.appending(path: "started"), encoding: .utf8).split(separator: "\n")
    #expect(started.map(String.init).sorted() == ids.sorted(), "seed \(seed)")
    _ = try await eventually("no container is left") { try await lab.containers().isEmpty ? true : nil }
    #expect(try await daemon.stop() == 0)
    let verdict = try await daemon.check("--verify")
    #expect(verdict.code == 0, "seed \(seed): \(verdict)")
  }

  @Test("A stop leaves containers running, and the next daemon reports their ends", arguments: EngineLab.Kind.allCases)
  func stop(_ kind: EngineLab.Kind) async throws {
    let lab = try await EngineLab(kind)
    let daemon = try await daemon(lab, ["nap": "Exec=sh -c 'echo a; sleep 2; echo b; exit 4'"])
    let id = try await daemon.call(RunWorkflow(name: "nap")).jobID
    _ = try await eventually("it runs") { try await daemon.job(id).status == .running ? true : nil }
    #expect(try await daemon.stop() == 0)
    #expect(try await lab.containers().count == 1)
    try await Task.sleep(for: .seconds(3))
    try await daemon.start()
    let job = try await daemon.ended(id)
    #expect(job.errorCode == .exitNonzero && job.exitCode == 4)
    #expect(try await texts(daemon, id) == ["a", "b"])
    #expect(try await daemon.stop() == 0)
  }

  @Test("The daemon follows containers across a kill and restart of the engine", arguments: EngineLab.Kind.allCases)
  func engineRestart(_ kind: EngineLab.Kind) async throws {
    let lab = try await EngineLab(kind)
    let daemon = try await daemon(
      lab, ["long": "Exec=sh -c 'i=0; while [ $i -lt 80 ]; do echo $i; i=$((i+1)); sleep 0.1; done'"])
    let id = try await daemon.call(RunWorkflow(name: "long")).jobID
    _ = try await eventually("it runs") { try await daemon.job(id).status == .running ? true : nil }
    try await lab.order("kill")
    try await Task.sleep(for: .seconds(1))
    #expect(try await daemon.job(id).status == .running)
    try await lab.order("start")
    #expect(try await daemon.ended(id).status == .completed)
    #expect(try await texts(daemon, id) == (0..<80).map(String.init))
    #expect(try await daemon.stop() == 0)
  }
}
