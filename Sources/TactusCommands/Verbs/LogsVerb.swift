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
    var isInsideLine = false
    try invocation.connect().stream(request) { reply, line in
      if console.isGone { throw Complaint(nil, .done) }
      guard invocation.json == .off else { return console.print(bytes: invocation.json.rendered(reply.parameters)) }
      if let dropped = line.droppedBytes, dropped > 0 {
        console.complain("\(Readable.bytes(dropped)) of output were not kept: see LogLimit= in tactus.workflow(5)")
      }
      guard var bytes = line.bytes else { return }
      if console.isTerminal { bytes = safe(bytes, after: isInsideLine ? nil : line.at?.description, console) }
      isInsideLine = line.partial ?? false
      console.print(bytes: isInsideLine ? bytes : bytes + [UInt8(ascii: "\n")])
    }
    if isInsideLine && console.isTerminal { console.print() }
  }

  /// For a terminal: the instant in front, and control characters as `^X`, because a job must not steer the terminal.
  private static func safe(_ bytes: [UInt8], after instant: String?, _ console: Console) -> [UInt8] {
    var line: [UInt8] = []
    if let instant { line += Array("\(Style.faint.applied(to: instant, on: console)) ".utf8) }
    for byte in bytes {
      if byte < 0x20 && byte != UInt8(ascii: "\t") || byte == 0x7F {
        line += [UInt8(ascii: "^"), byte ^ 0x40]
      } else {
        line.append(byte)
      }
    }
    return line
  }
}
