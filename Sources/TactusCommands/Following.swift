import TactusLinux
import TactusModel
import TactusProtocol
import TactusTransport

/// A stream that continues where it stopped after the daemon was briefly unreachable.
struct Following {
  let invocation: Invocation
  /// The time at which to give up; nil means never.
  var deadline: MonotonicInstant?
  /// Control-C, which also ends it; nil to leave that to the system.
  var interruption: Interruption?
  /// Returns the command that continues later, for the message if the daemon does not come back.
  var wayOut: () -> String

  /// The pauses between attempts to reach the daemon: ten seconds in all, which is enough for a restart.
  private static let pauses: [Duration] = [100, 400, 1000, 1500, 2000, 2000, 3000].map { .milliseconds($0) }
  /// How many refusals are accepted, one per second, while the daemon stops.
  ///
  /// A stopping daemon drains for half a minute by default (`StopTimeout=`).
  private static let answersTaken = 60

  /// Runs a body on a connection, and again on a new one when that is lost, until it returns true.
  ///
  /// A body returns false if the daemon is stopping. The first connection is not retried.
  func run(_ body: (ControlClient) throws -> Bool) throws {
    var (missed, answered) = (0, 0)
    var client: ControlClient? = try connect()
    while true {
      let begun = SystemTime().monotonic
      let failure: ControlError
      do {
        if client == nil { client = try connect() }
        if let client, try body(client) { return }
        failure = .failed(.unavailable(reason: "the daemon is stopping"))
      } catch let error as ControlError where error.mayPass {
        failure = error
      }
      client = nil
      // A failure after some seconds of success is a new one.
      if SystemTime().monotonic - begun > .seconds(5) { (missed, answered) = (0, 0) }
      if missed + answered == 0 { invocation.console.complain("\(failure.event.closed) Trying again.") }
      if case .failed = failure {
        (missed, answered) = (0, answered + 1)
        guard answered <= Self.answersTaken else { throw givenUp(failure) }
        try pause(.seconds(1))
      } else {
        guard missed < Self.pauses.count else { throw givenUp(failure) }
        try pause(Self.pauses[missed])
        missed += 1
      }
    }
  }

  private func connect() throws -> ControlClient {
    let client = try invocation.connect()
    client.deadline = deadline
    client.interruption = interruption?.descriptor
    return client
  }

  private func pause(_ span: Duration) throws {
    let rest = deadline.map { min(span, $0 - SystemTime().monotonic) } ?? span
    guard rest > .zero else { throw ControlError.outOfTime }
    let descriptors = [interruption?.descriptor].compactMap(\.self)
    if try DescriptorWait.first(toRead: descriptors, within: rest) != nil { throw ControlError.interrupted }
    if rest < span { throw ControlError.outOfTime }
  }

  private func givenUp(_ failure: ControlError) -> Complaint {
    if case .failed = failure { return Complaint("\(failure.event.closed) Run \(wayOut()) to continue.", .failed) }
    return Complaint("\(failure.event) and did not come back. Run \(wayOut()) to continue.", .unreachable)
  }
}

extension ControlError {
  /// Whether the same request may succeed in a moment.
  fileprivate var mayPass: Bool {
    switch self {
    case .unreachable, .lost, .failed(.unavailable), .failed(.busy), .failed(.tooSlow): true
    case .refused, .malformed, .failed, .outOfTime, .interrupted: false
    }
  }

  /// A sentence that says what happened.
  fileprivate var event: String {
    switch self {
    case .failed(let failure): failure.sentence
    default: "the daemon went away"
    }
  }
}
