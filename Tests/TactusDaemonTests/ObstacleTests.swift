import Foundation
import Glibc
import TactusLinux
import TactusModel
import TactusProtocol
import TactusTestSupport
import TactusTransport
import Testing

@Suite("A start that fails")
struct ObstacleTests {
  private static let tick = "[Schedule]\nInterval=1s\n[Command]\nExec=/bin/sh -c 'echo ran >>marks; exec sleep 600'\n"

  /// Starts and stops a daemon, and returns it with a due job and the number of runs so far.
  private func stopped(_ variables: [String: String] = [:]) async throws -> (daemon: RunningDaemon, runs: Int) {
    let daemon = try RunningDaemon(notStartedWith: ["tick": Self.tick], variables: variables)
    try await daemon.start()
    _ = try await daemon.text(of: "marks")
    // The next instant is due within a second.
    daemon.send(.terminate)
    daemon.send(.interrupt)
    #expect(try await daemon.end() == 0)
    let stoppedAt = Date.now
    _ = try await eventually("the next instant has passed") { Date.now > stoppedAt + 1.5 ? true : nil }
    return (daemon, runs(of: daemon))
  }

  private func runs(of daemon: RunningDaemon) -> Int { daemon.read("marks").split(separator: "\n").count }

  /// An obstacle that makes the start fail.
  enum Obstacle: String, CaseIterable {
    case file, folder, link, pipe, listener, runtimeFile, longPath, lock, output, settings
  }

  @Test("A start that fails has started no job", arguments: Obstacle.allCases)
  func nothingStarted(_ obstacle: Obstacle) async throws {
    let (daemon, runs) = try await stopped()
    var environment = daemon.environment
    var remove: () throws -> Void = { _ = unlink(daemon.socket) }
    // This object holds the lock as long as it exists.
    var lock: FileLock?
    switch obstacle {
    case .file: try daemon.write("run/control.sock", "")
    case .folder:
      try FileManager.default.createDirectory(atPath: daemon.socket, withIntermediateDirectories: false)
      remove = { _ = rmdir(daemon.socket) }
    case .link: #expect(symlink("nowhere", daemon.socket) == 0)
    case .pipe: #expect(mkfifo(daemon.socket, 0o600) == 0)
    case .listener:
      let listener = try UnixSocket.listen(at: daemon.socket)
      remove = {
        Descriptor.close(listener)
        unlink(daemon.socket)
      }
    case .runtimeFile: environment["RUNTIME_DIRECTORY"] = try daemon.write("no-folder", "")
    case .longPath: environment["RUNTIME_DIRECTORY"] = "\(daemon.directory)/\(String(repeating: "r", count: 100))"
    case .lock:
      lock = try FileLock(at: "\(daemon.state)/lock")
    case .output:
      rename("\(daemon.state)/logs.db", "\(daemon.state)/kept.db")
      try daemon.write("lib/logs.db", String(repeating: "no database ", count: 1000))
      remove = { rename("\(daemon.state)/kept.db", "\(daemon.state)/logs.db") }
    case .settings:
      try daemon.write("etc/tactusd.conf", "[Manager]\nNoSuchKey=1\n")
      remove = { try FileManager.default.removeItem(atPath: "\(daemon.configuration)/tactusd.conf") }
    }
    let refused = try await Program.built("tactusd", environment).run([])
    #expect(refused.code == (obstacle == .settings ? 78 : 1), "\(refused)")
    #expect(refused.complaints.hasPrefix("tactusd: "), "\(refused)")
    #expect(daemon.jobProcesses().isEmpty)
    #expect(self.runs(of: daemon) == runs)

    try remove()
    withExtendedLifetime(lock) { lock = nil }
    try await daemon.start()
    _ = try await eventually("the job that was due runs") { self.runs(of: daemon) > runs ? true : nil }
    #expect(!daemon.complaints.contains("lost"))
    daemon.send(.terminate)
    daemon.send(.interrupt)
    #expect(try await daemon.end() == 0)
  }

  @Test("A start that fails late ends the jobs that it started, and records their ends")
  func undone() async throws {
    let faults = TemporaryFile(named: "fail-start")
    let (daemon, runs) = try await stopped(["TACTUS_DEBUG": faults.directory])
    try Data("no luck\n".utf8).write(to: URL(filePath: faults.path))
    let refused = try await daemon.check()
    #expect(refused.code == 1 && refused.complaints.contains("a test made the start fail: no"), "\(refused)")
    #expect(daemon.jobProcesses().isEmpty)
    let audit = try await daemon.check("--verify")
    #expect(audit.code == 0, "\(audit)")
    try FileManager.default.removeItem(atPath: faults.path)
    try await daemon.start()
    _ = try await eventually("a job that was due runs") { self.runs(of: daemon) > runs ? true : nil }
    let failed = try await daemon.jobs("tick", .failed)
    #expect(failed.allSatisfy { $0.errorCode != .lost }, "a job was left behind")
    daemon.send(.terminate)
    daemon.send(.interrupt)
    #expect(try await daemon.end() == 0)
  }

  @Test("A client that calls during a start waits, and gets the reason if the start fails")
  func reported() async throws {
    let faults = TemporaryFile(named: "fail-start")
    try Data("no luck\n".utf8).write(to: URL(filePath: faults.path))
    let daemon = try RunningDaemon(
      notStartedWith: ["job": "[Command]\nExec=/bin/true\n"], variables: ["TACTUS_DEBUG": faults.directory])
    let answer = try await Self.callDuringStart(of: daemon)
    guard case .failed(.unavailable(let reason)) = answer else {
      Issue.record("\(String(describing: answer))")
      return
    }
    #expect(reason.hasPrefix("tactusd does not start: a test made the start fail: no"))
    #expect(access(daemon.socket, F_OK) != 0)
  }

  @Test("A client that calls during a start gets its answer after the start")
  func waits() async throws {
    let daemon = try RunningDaemon(notStartedWith: ["job": "[Command]\nExec=/bin/true\n"])
    #expect(try await Self.callDuringStart(of: daemon) == nil)
  }

  /// Suspends the daemon as soon as its socket exists, calls it, resumes it, and returns the error of the answer.
  private static func callDuringStart(of daemon: RunningDaemon) async throws -> ControlError? {
    try await eventually("a client calls during the start") {
      let path = daemon.socket
      try daemon.spawn()
      guard let process = daemon.processID.map(Int32.init) else { return nil }
      let error: ControlError?? = try await blocking("a client is answered") {
        while access(path, F_OK) != 0 { if kill(process, 0) != 0 || hasEnded(process) { return nil } }
        kill(process, SIGSTOP)
        defer { kill(process, SIGKILL) }
        // The start may have failed already. Then this attempt is repeated.
        guard let client = try? ControlClient(path: path), (try? client.send(Call(Describe()))) != nil else {
          return nil
        }
        kill(process, SIGCONT)
        do throws(ControlError) {
          _ = try client.receive()
          return .some(nil)
        } catch {
          return .some(error)
        }
      }
      try await daemon.kill()
      return error
    }
  }

  private static func hasEnded(_ process: Int32) -> Bool {
    // A zombie has ended, although its parent has not collected it yet.
    (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8).contains(") Z ")) ?? true
  }
}
