import Foundation
import Synchronization
import TactusFuzzing
import TactusLinux
import TactusModel
import TactusPorts
import TactusProtocol
import TactusTestSupport

@testable import TactusTransport

/// Answers calls with a closure.
struct ClosureHandler: CallHandler {
  let body: @Sendable (Call, Peer, ReplyPort) -> Void

  func handle(_ call: Call, from peer: Peer, reply: ReplyPort) { body(call, peer, reply) }

  /// Answers Run with the workflow's name as the job id, Get with NotFound, and refuses most other calls.
  static let echo = ClosureHandler { call, _, reply in
    do throws(CallFailure) {
      switch try Operation(call) {
      case .describeService(let request): reply.answer(request, with: DescribeService.Reply(version: "1"))
      case .runWorkflow(let request): reply.answer(request, with: RunWorkflow.Reply(jobID: request.name))
      case .getWorkflow(let request): reply.fail(.notFound(entity: "workflow", id: request.name))
      default: reply.fail(.methodNotImplemented(method: call.method))
      }
    } catch {
      reply.fail(error)
    }
  }
}

/// A server on a socket in a temporary directory, for one test.
final class TestServer: Sendable {
  let server: ControlServer
  let path: String
  private let directory: URL

  init(
    handler: ClosureHandler = .echo, limits: ServerLimits = ServerLimits(), alarms: any AlarmSource = LinuxAlarms(),
    time: any TimeSource = SystemTime(), admits: @escaping @Sendable (Peer) -> Bool = { _ in true },
    report: @escaping @Sendable (SystemError) -> Void = { _ in }
  ) throws {
    directory = FileManager.default.temporaryDirectory.appending(path: "tactus-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    path = directory.appending(path: "control.sock").path
    server = ControlServer(
      on: DispatchWorkQueue(label: "test.control", level: .control), time: time, alarms: alarms, handler: handler,
      limits: limits, admits: admits, report: report)
    try server.start(at: path)
  }

  func client() throws -> ControlClient { try ControlClient(path: path) }

  /// The number of connections, after all work posted before this call.
  var connectionCount: Int { server.call { $0.connections.count } }

  /// The number of bytes that the server holds for all clients.
  var heldBytes: Int { server.call { $0.connections.values.reduce(0) { $0 + $1.heldBytes } } }

  /// Stops the server, removes its directory, and returns when this is done.
  func stop(within grace: Duration = .seconds(5)) async {
    await withCheckedContinuation { continuation in server.stop(within: grace) { continuation.resume() } }
    // A directory that remains in /tmp fails no test.
    try? FileManager.default.removeItem(at: directory)
  }
}

/// Waits until a condition is true, with the time limit of all tests.
func eventually(_ condition: () -> Bool) async -> Bool {
  let deadline = ContinuousClock.now + patience
  while ContinuousClock.now < deadline {
    if condition() { return true }
    // The sleep fails only if the test is canceled. Then the condition decides.
    try? await Task.sleep(for: .milliseconds(5))
  }
  return condition()
}

/// Clocks and alarms that only a test advances.
final class ManualAlarms: AlarmSource, TimeSource {
  private struct State {
    var microseconds: Int64 = 0
    var armed: [Int: (at: MonotonicInstant, ring: @Sendable () -> Void)] = [:]
    var count = 0
  }

  private let state = Mutex(State())

  var now: Instant { Instant(microseconds: monotonic.microseconds) }
  var monotonic: MonotonicInstant { state.withLock { MonotonicInstant(microseconds: $0.microseconds) } }
  var armedCount: Int { state.withLock { $0.armed.count } }

  func wallAlarm(
    on queue: any WorkQueue, handler: @escaping @Sendable (WallAlarmEvent) -> Void
  ) -> any WallAlarm { fatalError("the control server has no wall-clock alarm") }

  func monotonicAlarm(on queue: any WorkQueue, handler: @escaping @Sendable () -> Void) -> any MonotonicAlarm {
    let name = state.withLock { state in
      state.count += 1
      return state.count
    }
    return Alarm(name: name, source: self) { queue.post(handler) }
  }

  func advance(by span: Duration) {
    let due = state.withLock { state in
      state.microseconds += span.microseconds
      let due = state.armed.filter { $0.value.at.microseconds <= state.microseconds }
      for name in due.keys { state.armed[name] = nil }
      return due.values.map(\.ring)
    }
    for ring in due { ring() }
  }

  private struct Alarm: MonotonicAlarm {
    let name: Int
    let source: ManualAlarms
    let ring: @Sendable () -> Void

    func arm(at instant: MonotonicInstant?) {
      source.state.withLock { $0.armed[name] = instant.map { ($0, ring) } }
    }
  }
}
