import Foundation
import Synchronization
import TactusFuzzing
import TactusLinux
import TactusModel
import TactusPorts
import TactusProtocol
import TactusTransport

@testable import TactusCommands

/// A real control server with canned answers, and a command line that calls it.
final class CannedDaemon: Sendable {
  /// The base of all instants: 2026-12-01T03:00:00Z.
  static let now = Instant(microseconds: 1_796_094_000_000_000)

  /// The output and the exit status of a command.
  struct Ran {
    let code: Int32
    let output: String
    let complaints: String

    var lines: [String] { output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
  }

  let path: String
  private let directory: URL
  private let server: ControlServer
  private let handler: Handler

  /// The operations received so far.
  var operations: [TactusFuzzing.Operation] { handler.seen.withLock { $0 } }

  /// The function that answers operations, ``Canned`` by default.
  typealias Answer = @Sendable (TactusFuzzing.Operation, ReplyPort) throws(CallFailure) -> Void

  init(
    _ answer: @escaping Answer = { operation, reply throws(CallFailure) in try Canned.answer(operation, reply) }
  ) throws {
    directory = FileManager.default.temporaryDirectory.appending(path: "tactus-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    path = directory.appending(path: "control.sock").path
    handler = Handler(answer: answer)
    server = ControlServer(
      on: DispatchWorkQueue(label: "test.control", level: .control), time: SystemTime(), alarms: LinuxAlarms(),
      handler: handler, admits: { _ in true })
    try server.start(at: path)
  }

  /// A file beside the socket.
  func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    let url = directory.appending(path: name)
    try Data(bytes).write(to: url)
    return url.path
  }

  func run(
    _ words: String..., columns: Int? = 80, hasColours: Bool = false, environment: [String: String] = [:]
  ) -> Ran {
    Self.run(
      words, columns: columns, hasColours: hasColours,
      environment: ["TACTUS_SOCKET": path].merging(environment, uniquingKeysWith: { $1 }))
  }

  static func run(
    _ words: [String], columns: Int? = 80, hasColours: Bool = false, environment: [String: String] = [:]
  ) -> Ran {
    let printed = Mutex<[Int32: [UInt8]]>([:])
    let console = Console(columns: columns, hasColours: hasColours, now: now) { descriptor, bytes in
      printed.withLock { $0[descriptor, default: []] += bytes }
    }
    let code = Tactusctl(console: console, environment: environment).run(words)
    func text(_ descriptor: Int32) -> String {
      String(decoding: printed.withLock { $0[descriptor] ?? [] }, as: UTF8.self)
    }
    return Ran(code: code, output: text(1), complaints: text(2))
  }

  func stop() async {
    await withCheckedContinuation { continuation in server.stop { continuation.resume() } }
    // A directory that remains in /tmp fails no test.
    try? FileManager.default.removeItem(at: directory)
  }

  private final class Handler: CallHandler {
    let seen = Mutex<[TactusFuzzing.Operation]>([])
    let answer: Answer

    init(answer: @escaping Answer) { self.answer = answer }

    func handle(_ call: Call, from peer: Peer, reply: ReplyPort) {
      do throws(CallFailure) {
        let operation = try TactusFuzzing.Operation(call)
        seen.withLock { $0.append(operation) }
        try answer(operation, reply)
      } catch {
        reply.fail(error)
      }
    }
  }
}
