import TactusModel
import TactusProtocol
import TactusTransport

/// Prints the output of a job, from one connection or several.
final class JobOutput {
  private let invocation: Invocation
  private let id: String
  private let stream: LogStream?
  private var printer: LinePrinter
  private var position: Int64?

  init(of id: String, stream: LogStream?, for invocation: Invocation) {
    (self.id, self.stream, self.invocation) = (id, stream, invocation)
    printer = LinePrinter(console: invocation.console)
  }

  /// Prints the stored output.
  func print(from client: ControlClient) throws {
    try print(from: client, follow: false)
    printer.end()
  }

  /// Prints the stored output and new output, until the job ends.
  func follow(_ following: Following) throws {
    defer { printer.end() }
    try following.run { client in
      try print(from: client, follow: true)
      return true
    }
  }

  private func print(from client: ControlClient, follow: Bool) throws {
    let request = ReadLogs(id: id, stream: stream, follow: follow, after: position)
    try invocation.stream(request, on: client) { line in
      if let place = line.position { position = place }
      guard invocation.json == .off else { return }
      if let dropped = line.droppedBytes, dropped > 0 {
        printer.finish()
        invocation.console.complain(
          "\(Readable.bytes(dropped)) of output were not stored: beyond LogLimit=, or storing failed. "
            + "Run tactusctl journal \(id) to see why."
        )
      }
      if let bytes = line.bytes { printer.print(bytes, of: line) }
    }
  }
}

/// Prints the lines of two streams: unchanged, or on a terminal each line with its instant and not interleaved.
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
    let stream = line.stream?.known ?? .stdout
    if open != stream { finish() }
    if open == nil, let at = line.at {
      console.print(bytes: Array("\(Style.faint.applied(to: Readable.text(at, digits: 3), on: console)) ".utf8))
    }
    // The output of a job must not control the terminal.
    let text = texts[stream, default: VisibleText()].next(bytes, isPartial: isPartial)
    console.print(bytes: Array(text.utf8))
    if !isPartial { console.print() }
    open = isPartial ? stream : nil
  }

  /// Ends the output, also within a line or a character.
  mutating func end() {
    guard let stream = open, console.isTerminal else { return }
    let text = texts[stream]?.next([], isPartial: false) ?? ""
    console.print(text)
  }

  /// Ends a line that is not complete.
  mutating func finish() {
    if open != nil && console.isTerminal { console.print() }
    open = nil
  }
}
