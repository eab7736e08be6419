import TactusModel
import TactusProtocol
import TactusTransport

/// Two connections to the daemon: one for the stream of events, one for queries.
final class TopLink {
  /// A message from the daemon.
  enum Arrival {
    case event(ReadEvents.Reply)
    case answer(TopAnswer)
    /// The daemon ends the stream of events.
    case end(String)
  }

  private let events: ControlClient
  private let queries: ControlClient
  /// The unanswered questions, in the order of their answers.
  private var open: [TopQuestion] = []

  /// Connects, and subscribes to new events.
  init(path: String) throws(ControlError) {
    events = try ControlClient(path: path)
    queries = try ControlClient(path: path)
    try events.send(Call(ReadEvents(follow: true)))
  }

  /// Waits until the daemon has accepted or refused the subscription.
  func awaitEvents() throws(ControlError) { _ = try events.receive() }

  /// The descriptors to wait for.
  var descriptors: [Int32] { [events.descriptor, queries.descriptor] }

  /// Whether answers are outstanding.
  var isAsking: Bool { !open.isEmpty }

  func ask(_ questions: [TopQuestion]) throws(ControlError) {
    guard !questions.isEmpty else { return }
    open += questions
    try queries.send(bytes: questions.flatMap(\.call.message))
  }

  /// Receives the messages on readable descriptors.
  func take(from ready: Set<Int32>) throws -> [Arrival] {
    var arrivals: [Arrival] = []
    if ready.contains(events.descriptor) {
      for reply in try events.receiveWhatIsThere() {
        if let failure = reply.failure {
          if case .forbidden = failure { throw ControlError.failed(failure) }
          arrivals.append(.end(failure.sentence))
        } else if reply.continues {
          arrivals.append(.event(try reply.read(ReadEvents.Reply.self)))
        } else {
          arrivals.append(.end("the daemon is stopping"))
        }
      }
    }
    if ready.contains(queries.descriptor) {
      for reply in try queries.receiveWhatIsThere() {
        guard !open.isEmpty else { throw MalformedMessage(reason: "an answer without a question") }
        arrivals.append(.answer(try open.removeFirst().answer(reply)))
      }
    }
    return arrivals
  }
}
