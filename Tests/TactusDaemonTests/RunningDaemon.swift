import Foundation
import Glibc
import Synchronization
import TactusLinux
import TactusTestSupport

/// A real `tactusd` of this build with directories of its own, which go, with everything it started, with this object.
final class RunningDaemon: Sendable {
  /// The directory of everything; also the jobs' HOME and working directory.
  var directory: String { home.directory }
  var configuration: String { "\(directory)/etc" }
  var state: String { "\(directory)/lib" }
  var socket: String { "\(directory)/run/control.sock" }

  private let home: TemporaryFile
  private let process = Mutex<ProcessHandle?>(nil)
  private let starts = Atomic(0)
  private let variables: [String: String]
  private let journal: JournalLab?
  private let launcher: [String]

  /// Its process ended before it was ready.
  struct DidNotStart: Error, CustomStringConvertible {
    let code: Int
    let complaints: String

    var description: String { "tactusd ended with \(code): \(complaints)" }
  }

  /// A daemon that is not started yet; its journal is the machine's unless one is given, and `launcher` is a program with
  /// arguments that becomes the daemon.
  init(
    notStartedWith workflows: [String: String] = [:], settings: String? = nil, variables: [String: String] = [:],
    journal: JournalLab? = nil, launcher: [String] = []
  ) throws {
    self.variables = variables
    self.journal = journal
    self.launcher = launcher
    home = TemporaryFile(named: "tactusd.stderr")
    try FileManager.default.createDirectory(
      atPath: "\(home.directory)/etc/workflows", withIntermediateDirectories: true)
    for (name, text) in workflows { try define(name, text) }
    if let settings { try write("etc/tactusd.conf", settings) }
  }

  /// A daemon that is ready.
  convenience init(_ workflows: [String: String] = [:], settings: String? = nil) async throws {
    try self.init(notStartedWith: workflows, settings: settings)
    try await start()
  }

  deinit {
    // What cannot be awaited here is dead, or about to be.
    if let handle = process.withLock({ $0 }) {
      handle.send(.kill)
      _ = try? handle.waitForEnd(within: patience)  // after SIGKILL
    }
    for process in jobProcesses() { _ = Glibc.kill(Int32(process), SIGKILL) }
  }

  // MARK: Files

  /// Writes a workflow's file.
  func define(_ name: String, _ text: String) throws { try write("etc/workflows/\(name).workflow", text) }

  /// Removes a workflow's file.
  func undefine(_ name: String) throws {
    try FileManager.default.removeItem(atPath: "\(configuration)/workflows/\(name).workflow")
  }

  /// Writes a file below the directory, whole or not at all, in folders that are made for it; returns its path.
  @discardableResult
  func write(_ file: String, _ text: String, mode: Int = 0o644) throws -> String {
    let path = "\(directory)/\(file)"
    try FileManager.default.createDirectory(
      atPath: URL(filePath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    return path
  }

  /// Writes a script of sh; returns its path.
  func script(_ name: String, _ lines: String) throws -> String {
    try write(name, "#!/bin/sh\ncd '\(directory)' || exit 99\n\(lines)\n", mode: 0o755)
  }

  /// The text of a file below the directory; empty if there is none.
  func read(_ file: String) -> String {
    (try? String(contentsOfFile: "\(directory)/\(file)", encoding: .utf8)) ?? ""  // not written yet
  }

  /// What all its processes wrote to standard error so far; all that they were to write, after their end.
  ///
  /// A daemon that runs writes its messages a moment after what they tell: see ``log()`` and ``log(with:)``.
  var complaints: String { read("tactusd.stderr") }

  // MARK: Life

  /// What `tactusd` and `tactusctl` get.
  var environment: [String: String] {
    [
      "CONFIGURATION_DIRECTORY": configuration, "STATE_DIRECTORY": state, "RUNTIME_DIRECTORY": "\(directory)/run",
      "HOME": directory, "LANG": "C.UTF-8", "TZ": "UTC",
    ].merging(variables) { $1 }
  }

  /// The number of its process; nil when it does not run.
  var processID: Int? { process.withLock { $0?.process } }

  /// Starts its process without waiting for anything; `notifySocket` is told when it is ready.
  func spawn(notifySocket: String? = nil) throws {
    var program = Program.built(
      "tactusd", environment.merging(notifySocket.map { ["NOTIFY_SOCKET": $0] } ?? [:]) { $1 })
    let words = launcher + [program.path]
    program.path = words[0]
    let log = try Descriptor.open(home.path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
    defer { Descriptor.close(log) }
    let (inside, arguments) = journal?.service(program) ?? (program, Array(words.dropFirst()))
    let handle = try inside.start(arguments, output: log, error: log)
    process.withLock { process in
      if process != nil { fatalError("a daemon was started twice") }
      process = handle
    }
  }

  /// Starts it and waits until it is ready.
  func start() async throws {
    // Another name each time, because the last one may still be on its way out.
    let number = starts.add(1, ordering: .relaxed).newValue
    let notify = try NotifySocket(at: "\(directory)/notify-\(number)")
    // Who launches it may make another user of it.
    if !launcher.isEmpty { chmod(notify.path, 0o666) }
    try spawn(notifySocket: notify.path)
    guard let handle = process.withLock({ $0 }) else { return }
    let isReady = try await blocking("tactusd is ready") {
      try notify.wait(for: "READY=1", from: handle, within: patience)
    }
    if !isReady { throw DidNotStart(code: try await end(), complaints: complaints) }
  }

  /// Sends a signal.
  func send(_ signal: Signal) { process.withLock { $0?.send(signal) } }

  /// Waits until it tells its service manager something.
  func tells(
    _ notify: NotifySocket, _ what: String, _ isWanted: @escaping @Sendable (String) -> Bool
  ) async throws -> String? {
    guard let handle = process.withLock({ $0 }) else { return nil }
    return try await blocking(what) { try notify.wait(for: what, from: handle, within: patience, isWanted) }
  }

  /// Waits for its end; returns the exit code, or minus the signal.
  @discardableResult
  func end(within limit: Duration = patience) async throws -> Int {
    let taken = process.withLock { process in
      defer { process = nil }
      return process
    }
    guard let handle = taken else { fatalError("a daemon that does not run cannot end") }
    return try await blocking("tactusd ends", within: limit + .seconds(10)) { try handle.waitForEnd(within: limit) }
  }

  /// Stops it as a service manager does; returns the exit code.
  @discardableResult
  func stop() async throws -> Int {
    send(.terminate)
    return try await end()
  }

  /// Ends it as a power cut would.
  func kill() async throws {
    send(.kill)
    try await end()
  }

  /// Leaves it alone for a while.
  func rest(_ span: Duration) async throws { try await Task.sleep(for: span) }

  // MARK: What is alive

  /// The processes that its jobs left, by what they inherited from it.
  func jobProcesses() -> [Int] {
    let mark = Array("HOME=\(directory)\0".utf8)
    return ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { name in  // always there
      guard let process = Int(name), process != processID,
        let environment = FileManager.default.contents(atPath: "/proc/\(process)/environ"),
        environment.contains(mark), environment.contains(Array("TACTUS_JOB_ID=".utf8))
      else { return nil }
      return process
    }
  }

  // MARK: Programs

  /// Runs `tactusctl` against it.
  func control(_ arguments: String...) async throws -> Program.Ran { try await control(arguments: arguments) }

  /// The same with a list.
  func control(arguments: [String]) async throws -> Program.Ran {
    let program = Program.built("tactusctl", environment)
    let (inside, arguments) = journal?.inside(program, arguments) ?? (program, arguments)
    return try await inside.run(arguments)
  }

  /// Starts `tactusctl` against it, with a file below the directory for all that it prints; ends with the caller's kill.
  func beginControl(_ arguments: String..., into file: String) throws -> ProcessHandle {
    let log = try Descriptor.open("\(directory)/\(file)", O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
    defer { Descriptor.close(log) }
    let program = Program.built("tactusctl", environment)
    let (inside, arguments) = journal?.inside(program, arguments) ?? (program, arguments)
    return try inside.start(arguments, output: log, error: log)
  }

  /// Runs `tactusd` with an option, on its directories.
  func check(_ arguments: String...) async throws -> Program.Ran {
    try await Program.built("tactusd", environment).run(arguments)
  }
}

extension Data {
  fileprivate func contains(_ bytes: [UInt8]) -> Bool { firstRange(of: Data(bytes)) != nil }
}
