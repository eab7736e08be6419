import TactusLinux
import TactusModel
import TactusProtocol
import TactusTransport

/// A stream that goes on where it was when the daemon has been away for a moment.
struct Following {
  let invocation: Invocation
  /// When it is given up; nil means never.
  var deadline: MonotonicInstant?
  /// What else ends it.
  var interruption: Interruption?
  /// What a person writes to go on later; asked for when the daemon does not come back.
  var wayOut: () -> String

  /// Between the tries of a daemon that is not there: about ten seconds, in which one that is restarted is back.
  private static let pauses: [Duration] = [100, 400, 1000, 1500, 2000, 2000, 3000].map { .milliseconds($0) }
  /// How often one that answers, but not with what is wanted, is asked again, once a second: it drains, for half a minute
  /// unless `StopTimeout=` says otherwise.
  private static let answersTaken = 60

  /// Runs a body on a connection, and again on a new one when that is lost, until it returns true.
  ///
  /// A body that returns false has been told that the daemon stops. Before the first connection stands, nothing is tried
  /// again.
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
      // What went well for a while and fails then is another failure.
      if SystemTime().monotonic - begun > .seconds(5) { (missed, answered) = (0, 0) }
      if missed + answered == 0 { invocation.console.complain("\(failure.event); trying again") }
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
    if case .failed = failure { return Complaint("\(failure.event); go on with \(wayOut())", .failed) }
    return Complaint("\(failure.event) and did not come back; go on with \(wayOut())", .unreachable)
  }
}

extension ControlError {
  /// Whether the same may well work in a moment.
  fileprivate var mayPass: Bool {
    switch self {
    case .unreachable, .lost, .failed(.unavailable), .failed(.busy), .failed(.tooSlow): true
    case .refused, .malformed, .failed, .outOfTime, .interrupted: false
    }
  }

  /// What happened, without a way out.
  fileprivate var event: String {
    switch self {
    case .failed(let failure): failure.sentence
    default: "the daemon went away"
    }
  }
}
