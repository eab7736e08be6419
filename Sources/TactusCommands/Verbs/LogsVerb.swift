import TactusModel
import TactusProtocol
import TactusTransport

enum LogsVerb: Verb {
  static let name = "logs"
  static let operands = [Operand.one(.job)]
  static let summary = "Print the output of a job"
  static let options: [CommandOption] = [.stream]
  static let isPaged = true

  static func run(_ invocation: Invocation) throws {
    let console = invocation.console
    let request = ReadLogs(id: invocation.operands[0], stream: invocation.word(.stream))
    var printer = LinePrinter(console: console)
    try invocation.connect().stream(request) { reply, line in
      if console.isGone { throw Complaint(nil, .done) }
      guard invocation.json == .off else { return console.print(bytes: invocation.json.rendered(reply.parameters)) }
      if let dropped = line.droppedBytes, dropped > 0 {
        printer.finish()
        console.complain("\(Readable.bytes(dropped)) of output were not kept: see LogLimit= in tactus.workflow(5)")
      }
      if let bytes = line.bytes { printer.print(bytes, of: line) }
    }
    printer.end()
  }
}

/// Prints the lines of two streams: as they were, or on a terminal each with its instant and not one in another.
private struct LinePrinter {
  let console: Console
  /// The stream whose line has not ended yet.
  private var open: LogStream?
  private var texts: [LogStream: VisibleText] = [:]

  init(console: Console) { self.console = console }

  mutating func print(_ bytes: [UInt8], of line: ReadLogs.Reply) {
    let isPartial = line.partial ?? false
    guard console.isTerminal else {
      return console.print(bytes: isPartial ? bytes : bytes + [UInt8(ascii: "\n")])
    }
    let stream = line.stream ?? .stdout
    if open != stream { finish() }
    if open == nil, let at = line.at {
      console.print(bytes: Array("\(Style.faint.applied(to: at.description, on: console)) ".utf8))
    }
    // A job must not steer the terminal.
    let text = texts[stream, default: VisibleText()].next(bytes, isPartial: isPartial)
    console.print(bytes: Array(text.utf8))
    if !isPartial { console.print() }
    open = isPartial ? stream : nil
  }

  /// Ends the output, also in the middle of a line and of a character.
  mutating func end() {
    guard let stream = open, console.isTerminal else { return }
    let text = texts[stream]?.next([], isPartial: false) ?? ""
    console.print(text)
  }

  /// Ends a line that has no end of its own.
  mutating func finish() {
    if open != nil && console.isTerminal { console.print() }
    open = nil
  }
}
