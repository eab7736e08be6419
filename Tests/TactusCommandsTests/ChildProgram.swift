import Foundation
import Glibc
import TactusLinux
import TactusTestSupport
import Testing

/// Runs programs to their end, with a limit by `timeout`.
enum ChildProgram {
  /// The result of a program that has ended.
  struct Ran {
    var code: Int
    var output: String
    var complaints: String
  }

  /// The directory of the tests, which also contains the `tactusctl` of the same build.
  static let products: String = {
    let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""  // "/" fails
    return URL(filePath: tests).deletingLastPathComponent().path
  }()

  /// The top of the source tree.
  static let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// The environment of programs: a `PATH` with `tactusctl` of this build, UTF-8, and no other variables of the tests.
  static func environment(_ more: [String: String] = [:]) -> [String: String] {
    let own = ProcessInfo.processInfo.environment
    var environment = ["PATH": "\(products):\(own["PATH"] ?? "/usr/bin:/bin")", "LC_ALL": "C.UTF-8", "TERM": "xterm"]
    environment["TSAN_OPTIONS"] = own["TSAN_OPTIONS"]
    return environment.merging(more) { $1 }
  }

  /// True if `PATH` contains a program.
  static func isInstalled(_ name: String) -> Bool {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return path.split(separator: ":").contains { access("\($0)/\(name)", X_OK) == 0 }
  }

  /// Cancels the test if a program is missing, or fails it in CI.
  static func require(_ name: String) throws {
    guard !isInstalled(name) else { return }
    if ProcessInfo.processInfo.environment["CI"] == nil {
      try Test.cancel("\(name) is not installed; run scripts/setup")
    }
    Issue.record("\(name) is not installed, which CI requires")
    throw CancellationError()
  }

  /// Runs a program of `PATH` in a new directory.
  static func run(
    _ arguments: [String], environment more: [String: String] = [:], input: String = ""
  ) throws -> Ran {
    let directory = TemporaryFile(named: "input").directory
    let files = ["input", "output", "error"].map { "\(directory)/\($0)" }
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    // A directory that cannot be removed stays in /tmp, which the system cleans up.
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try Data(input.utf8).write(to: URL(filePath: files[0]))
    let descriptors = try files.enumerated().map { index, path in
      try Descriptor.open(path, index == 0 ? O_RDONLY : O_WRONLY | O_CREAT, mode: 0o600)
    }
    defer { for descriptor in descriptors { Descriptor.close(descriptor) } }
    let pid = try Spawner.spawn(
      Spawner.Order(
        arguments: ["/usr/bin/timeout", "--kill-after=5", "90"] + arguments,
        environment: environment(more).map { "\($0)=\($1)" }, directory: directory,
        input: descriptors[0], output: descriptors[1], error: descriptors[2]))
    let process = try ProcessHandle(of: pid)
    defer { process.close() }
    var entry = pollfd(fd: process.descriptor, events: Int16(POLLIN), revents: 0)
    while poll(&entry, 1, -1) < 0 {}
    let code =
      switch process.reap() {
      case .code(let code): code
      case .signal(let signal, _): -Int(signal.number)
      case nil: throw CancellationError()
      }
    return Ran(
      code: code, output: try String(contentsOfFile: files[1], encoding: .utf8),
      complaints: try String(contentsOfFile: files[2], encoding: .utf8))
  }

  // MARK: On a terminal

  /// An action at a terminal.
  enum Step {
    case expect(String)
    case type(String)
  }

  /// The result of a program on a terminal.
  struct Shown: Decodable {
    var code: Int
    var screen: String
    /// The expected text that did not appear, if any.
    var missing: String?
  }

  /// Runs a program on a new terminal; see Tests/terminal/drive.
  static func onTerminal(
    _ arguments: [String], environment: [String: String] = [:], columns: Int = 80, rows: Int = 24, _ steps: [Step] = []
  ) throws -> Shown {
    let steps = steps.map { step in
      switch step {
      case .expect(let text): ["expect", text]
      case .type(let text): ["type", text]
      }
    }
    let order = try JSONSerialization.data(withJSONObject: [
      "arguments": arguments, "columns": columns, "rows": rows, "steps": steps,
    ])
    let ran = try run(
      ["\(project)/Tests/terminal/drive"], environment: environment, input: String(decoding: order, as: UTF8.self))
    guard ran.code == 0 else { throw Failure(description: "\(ran)") }
    return try JSONDecoder().decode(Shown.self, from: Data(ran.output.utf8))
  }

  struct Failure: Error, CustomStringConvertible { let description: String }
}
