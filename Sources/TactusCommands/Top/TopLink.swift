import TactusModel
import TactusProtocol
import TactusTransport

/// Two connections to the daemon: events come on one, and what they make worth asking is asked on the other.
final class TopLink {
  /// What came.
  enum Arrival {
    case event(ReadEvents.Reply)
    case answer(TopAnswer)
    /// The daemon ends the stream of events.
    case end(String)
  }

  private let events: ControlClient
  private let queries: ControlClient
  /// In the order of their answers.
  private var open: [TopQuestion] = []

  /// Connects, and asks for the events to come.
  init(path: String) throws(ControlError) {
    events = try ControlClient(path: path)
    queries = try ControlClient(path: path)
    try events.send(Call(ReadEvents(follow: true)))
  }

  /// Waits until the daemon has said that events will come, or why not.
  func awaitEvents() throws(ControlError) { _ = try events.receive() }

  /// To wait for.
  var descriptors: [Int32] { [events.descriptor, queries.descriptor] }

  /// Whether answers are to come.
  var isAsking: Bool { !open.isEmpty }

  func ask(_ questions: [TopQuestion]) throws(ControlError) {
    guard !questions.isEmpty else { return }
    open += questions
    try queries.send(bytes: questions.flatMap(\.call.message))
  }

  /// Takes what has come on descriptors that can be read.
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
        guard !open.isEmpty else { throw MalformedMessage(reason: "an answer to no question") }
        arrivals.append(.answer(try open.removeFirst().answer(reply)))
      }
    }
    return arrivals
  }
}
