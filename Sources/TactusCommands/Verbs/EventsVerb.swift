import TactusModel
import TactusProtocol

enum EventsVerb: Verb {
  static let name = "events"
  static let summary = "Print events, oldest first"
  static let options: [CommandOption] = [
    .follow, .after, CommandOption("workflow", value: .workflow, "Only events of this workflow and its jobs"), .job,
  ]
  static let isPaged = true

  static func run(_ invocation: Invocation) throws {
    let follows = invocation.has(.follow)
    var after = invocation.values[.after]
    func print(_ event: ReadEvents.Reply) {
      after = event.cursor
      guard invocation.json == .off, let line = EventLine(event) else { return }
      invocation.console.print(line.text(on: invocation.console))
    }
    func ask() -> ReadEvents {
      ReadEvents(after: after, workflow: invocation.values[.workflow], job: invocation.values[.job], follow: follows)
    }
    guard follows else { return try invocation.stream(ask(), on: invocation.connect(), print) }
    let following = Following(invocation: invocation) {
      "tactusctl events -f" + (after.map { " --after=\($0)" } ?? "")
    }
    try following.run { client in
      try invocation.stream(ask(), on: client, print)
      // A followed stream ends only if the daemon stops.
      return false
    }
  }
}

/// Formats an event as a line: number, time, type, job, workflow, error.
private struct EventLine {
  private let event: ReadEvents.Reply
  private let sequence: Int64
  private let at: Instant
  private let type: String

  /// Nil for a reply that contains only a position in the stream.
  init?(_ event: ReadEvents.Reply) {
    guard let sequence = event.sequence, let at = event.at, let type = event.type?.visible else { return nil }
    (self.event, self.sequence, self.at, self.type) = (event, sequence, at, type)
  }

  /// Formats the line; later lines are unknown, so the columns have usual widths.
  func text(on console: Console) -> String {
    let instant = at.description
    // A terminal gets 12-01 03:00:00, to save room; a program gets the full instant.
    let time = console.isTerminal ? "\(instant.dropFirst(5).prefix(5)) \(instant.dropFirst(11).prefix(8))" : instant
    let style = event.status?.style ?? .bold
    let head = "\("\(sequence)".padded(to: 7, isRight: true))  \(time)  "
    // Events of workflows have no job, and longer types.
    let job = event.job.map { "  \(Readable.tail(of: $0))" } ?? ""
    let what = job.isEmpty ? type.padded(to: 23) : type.padded(to: 13) + job
    let error = event.errorCode.map { "  \($0.rawValue.visible)" } ?? ""
    let room = console.columns.map { max(8, $0 - head.count - what.count - 2 - error.count) } ?? .max
    let workflow = event.workflow.map { "  \($0.shortened(to: room))" } ?? ""
    let rest = console.columns.map { $0 - head.count - what.count - workflow.count - error.count - 2 } ?? .max
    let detail = event.detail.map { rest >= 8 ? "  \($0.shortened(to: rest))" : "" } ?? ""
    return
      "\(Style.faint.applied(to: head, on: console))\(style.applied(to: what, on: console))\(workflow)\(error)\(detail)"
      .trimmedAtEnd
  }
}
