import Foundation
import Glibc
import TactusLinux
import TactusTestSupport

/// A program that tests run to its end.
struct Program: Sendable {
  /// An absolute path.
  var path: String
  /// The complete environment.
  ///
  /// The program does not inherit the environment of the tests.
  var environment: [String: String]

  /// The directory of the test bundle, where the programs of the same build are.
  static let products: String = {
    let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""  // "/" fails
    return URL(filePath: executable).deletingLastPathComponent().path
  }()

  /// The top of the source tree.
  static let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// The variables that every program gets: the search path, the options of a sanitizer, and `CI`.
  static let baseEnvironment: [String: String] = ProcessInfo.processInfo.environment.filter {
    ["PATH", "TSAN_OPTIONS", "CI"].contains($0.key)
  }

  /// A program of this build.
  static func built(_ name: String, _ environment: [String: String]) -> Program {
    Program(path: "\(products)/\(name)", environment: baseEnvironment.merging(environment) { $1 })
  }

  /// The result of a program that has ended.
  struct Ran: Sendable {
    /// The exit code, or minus the signal.
    var code: Int
    /// Standard output.
    var output: String
    /// Standard error.
    var complaints: String
  }

  /// Runs the program in the project's directory.
  func run(_ arguments: [String], within limit: Duration = patience) async throws -> Ran {
    try await blocking("\(path) \(arguments.joined(separator: " ")) ends", within: limit) {
      let (output, complaints) = (try Scratch(), try Scratch())
      let process = try start(arguments, output: output.descriptor, error: complaints.descriptor)
      let code = try process.waitForEnd(within: limit)
      return Ran(code: code, output: output.text, complaints: complaints.text)
    }
  }

  /// Starts the program in a new session.
  func start(_ arguments: [String], output: Int32, error: Int32) throws -> ProcessHandle {
    let null = try Descriptor.open("/dev/null", O_RDONLY)
    defer { Descriptor.close(null) }
    let pid = try Spawner.spawn(
      Spawner.Order(
        arguments: [path] + arguments, environment: environment.map { "\($0)=\($1)" }, directory: Self.project,
        input: null, output: output, error: error))
    return try ProcessHandle(of: pid)
  }
}

/// A file without a name.
private final class Scratch {
  let descriptor: Int32

  init() throws {
    var template = Array("/tmp/tactus-test-XXXXXX".utf8CString)
    descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw SystemError(code: errno, operation: "make", subject: "a temporary file") }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    unlink(template)
  }

  deinit { Descriptor.close(descriptor) }

  /// The complete text written to the file.
  var text: String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let size = pread(descriptor, &buffer, buffer.count, bytes.count)
      guard size > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer.prefix(size)
    }
  }
}

/// True if a process exists and is not a zombie: init, not the daemon, reaps orphans.
func isAlive(_ process: Int) -> Bool {
  guard let handle = try? ProcessHandle(of: process) else { return false }  // gone
  defer { handle.close() }
  return !handle.hasEnded
}

extension ProcessHandle {
  /// Blocks until a child of this process ends, and reaps it.
  ///
  /// After the limit it kills the child.
  ///
  /// - Returns: the exit code, or minus the signal.
  func waitForEnd(within limit: Duration) throws -> Int {
    defer { close() }
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    let isLate = poll(&entry, 1, Int32(limit / .milliseconds(1))) == 0
    if isLate {
      send(.kill)
      _ = poll(&entry, 1, -1)
    }
    let exit = reap()
    if isLate { throw TimedOut("process \(process) ends", after: limit) }
    switch exit {
    case .code(let code): return code
    case .signal(let signal, _): return -Int(signal.number)
    case nil: throw TimedOut("process \(process) can be reaped", after: limit)
    }
  }
}
