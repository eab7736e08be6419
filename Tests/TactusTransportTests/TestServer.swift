import Foundation
import Synchronization
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

  /// Answers Workflows.Get with NotFound that names the workflow, and refuses what is no operation.
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

/// A server on a socket in a directory of its own, for the length of a test.
final class TestServer: Sendable {
  let server: ControlServer
  let path: String
  private let directory: URL

  init(
    handler: ClosureHandler = .echo, limits: ServerLimits = ServerLimits(), alarms: any AlarmSource = LinuxAlarms(),
    time: any TimeSource = SystemTime(), admits: @escaping @Sendable (Peer) -> Bool = { _ in true },
    tell: @escaping @Sendable (SystemError) -> Void = { _ in }
  ) throws {
    directory = FileManager.default.temporaryDirectory.appending(path: "tactus-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    path = directory.appending(path: "control.sock").path
    server = ControlServer(
      on: DispatchWorkQueue(label: "test.control", level: .control), time: time, alarms: alarms, handler: handler,
      limits: limits, admits: admits, tell: tell)
    try server.start(at: path)
  }

  func client() throws -> ControlClient { try ControlClient(path: path) }

  /// How many connections the server has, once everything posted before is done.
  var connectionCount: Int { server.call { $0.connections.count } }

  /// What all clients hold together.
  var heldBytes: Int { server.call { $0.connections.values.reduce(0) { $0 + $1.heldBytes } } }

  /// Stops the server and removes its directory; returns when that is done.
  func stop(within grace: Duration = .seconds(5)) async {
    await withCheckedContinuation { continuation in server.stop(within: grace) { continuation.resume() } }
    // A directory that is left in /tmp fails no test.
    try? FileManager.default.removeItem(at: directory)
  }
}

/// Waits until a condition holds, for as long as a busy machine may need.
func eventually(_ condition: () -> Bool) async -> Bool {
  let deadline = ContinuousClock.now + patience
  while ContinuousClock.now < deadline {
    if condition() { return true }
    // Sleeping only fails when the test is canceled, and then the condition decides.
    try? await Task.sleep(for: .milliseconds(5))
  }
  return condition()
}

/// Clocks and alarms that move only when a test says so.
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
