import Foundation
import Glibc
import Synchronization
import TactusLinux
import TactusTestSupport

/// A real `tactusd` of this build, with its own directories.
///
/// When this object is released, its directories and all processes of the daemon are removed.
final class RunningDaemon: Sendable {
  /// The directory above all others, and the HOME and working directory of jobs.
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

  /// An error: the daemon's process ended before the daemon was ready.
  struct DidNotStart: Error, CustomStringConvertible {
    let code: Int
    let complaints: String

    var description: String { "tactusd ended with \(code): \(complaints)" }
  }

  /// Prepares a daemon without starting it.
  ///
  /// Without `journal` the daemon uses the journal of the machine. `launcher` is a program with arguments that
  /// executes the daemon in its own process.
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

  /// Starts a daemon and waits until it is ready.
  convenience init(_ workflows: [String: String] = [:], settings: String? = nil) async throws {
    try self.init(notStartedWith: workflows, settings: settings)
    try await start()
  }

  deinit {
    // deinit cannot await: processes that outlive the wait are already killed.
    if let handle = process.withLock({ $0 }) {
      handle.send(.kill)
      _ = try? handle.waitForEnd(within: patience)  // after SIGKILL
    }
    for process in jobProcesses() { _ = Glibc.kill(Int32(process), SIGKILL) }
  }

  // MARK: Files

  /// Writes the file of a workflow.
  func define(_ name: String, _ text: String) throws { try write("etc/workflows/\(name).workflow", text) }

  /// Removes the file of a workflow.
  func undefine(_ name: String) throws {
    try FileManager.default.removeItem(atPath: "\(configuration)/workflows/\(name).workflow")
  }

  /// Writes a file below the directory atomically, creates missing folders, and returns the path of the file.
  @discardableResult
  func write(_ file: String, _ text: String, mode: Int = 0o644) throws -> String {
    let path = "\(directory)/\(file)"
    try FileManager.default.createDirectory(
      atPath: URL(filePath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    return path
  }

  /// Writes a shell script and returns its path.
  func script(_ name: String, _ lines: String) throws -> String {
    try write(name, "#!/bin/sh\ncd '\(directory)' || exit 99\n\(lines)\n", mode: 0o755)
  }

  /// The text of a file below the directory, or empty if the file does not exist.
  func read(_ file: String) -> String {
    (try? String(contentsOfFile: "\(directory)/\(file)", encoding: .utf8)) ?? ""  // not written yet
  }

  /// The text that all processes of this daemon wrote to standard error so far.
  ///
  /// Complete after they have ended.
  ///
  /// A running daemon writes its messages a moment after the events: see ``log()`` and ``log(with:)``.
  var complaints: String { read("tactusd.stderr") }

  // MARK: Life

  /// The environment of `tactusd` and `tactusctl`.
  var environment: [String: String] {
    [
      "CONFIGURATION_DIRECTORY": configuration, "STATE_DIRECTORY": state, "RUNTIME_DIRECTORY": "\(directory)/run",
      "HOME": directory, "LANG": "C.UTF-8", "TZ": "UTC",
    ].merging(variables) { $1 }
  }

  /// The id of the daemon's process, or nil if the daemon does not run.
  var processID: Int? { process.withLock { $0?.process } }

  /// Starts the daemon without waiting until it is ready.
  ///
  /// `notifySocket` receives its notifications.
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

  /// Starts the daemon and waits until it is ready.
  func start() async throws {
    // The name differs each time, because the last daemon may not have ended completely.
    let number = starts.add(1, ordering: .relaxed).newValue
    let notify = try NotifySocket(at: "\(directory)/notify-\(number)")
    // The launcher may run the daemon as another user.
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

  /// Waits until the daemon sends a matching line to its service manager.
  func reports(
    _ notify: NotifySocket, _ what: String, _ isWanted: @escaping @Sendable (String) -> Bool
  ) async throws -> String? {
    guard let handle = process.withLock({ $0 }) else { return nil }
    return try await blocking(what) { try notify.wait(for: what, from: handle, within: patience, isWanted) }
  }

  /// Waits for the end of the daemon and returns its exit code, or minus the signal.
  @discardableResult
  func end(within limit: Duration = patience) async throws -> Int {
    let taken = process.withLock { process in
      defer { process = nil }
      return process
    }
    guard let handle = taken else { fatalError("a daemon that does not run cannot end") }
    return try await blocking("tactusd ends", within: limit + .seconds(10)) { try handle.waitForEnd(within: limit) }
  }

  /// Stops the daemon as a service manager does, and returns its exit code.
  @discardableResult
  func stop() async throws -> Int {
    send(.terminate)
    return try await end()
  }

  /// Kills the daemon, as a power cut would end it.
  func kill() async throws {
    send(.kill)
    try await end()
  }

  /// Waits while the daemon runs or is stopped.
  func rest(_ span: Duration) async throws { try await Task.sleep(for: span) }

  // MARK: Processes

  /// The processes of this daemon's jobs, recognized by their inherited environment.
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

  /// Runs `tactusctl` with this daemon.
  func control(_ arguments: String...) async throws -> Program.Ran { try await control(arguments: arguments) }

  /// Runs `tactusctl` with this daemon and a list of arguments.
  func control(arguments: [String]) async throws -> Program.Ran {
    let program = Program.built("tactusctl", environment)
    let (inside, arguments) = journal?.inside(program, arguments) ?? (program, arguments)
    return try await inside.run(arguments)
  }

  /// Starts `tactusctl` with this daemon, and a file below the directory for its output.
  ///
  /// The caller ends it.
  func beginControl(_ arguments: String..., into file: String) throws -> ProcessHandle {
    let log = try Descriptor.open("\(directory)/\(file)", O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
    defer { Descriptor.close(log) }
    let program = Program.built("tactusctl", environment)
    let (inside, arguments) = journal?.inside(program, arguments) ?? (program, arguments)
    return try inside.start(arguments, output: log, error: log)
  }

  /// Runs `tactusd` with arguments and the directories of this daemon.
  func check(_ arguments: String...) async throws -> Program.Ran {
    try await Program.built("tactusd", environment).run(arguments)
  }
}

extension Data {
  fileprivate func contains(_ bytes: [UInt8]) -> Bool { firstRange(of: Data(bytes)) != nil }
}
