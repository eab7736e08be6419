import TactusModel
import TactusProtocol
import TactusTransport
import TactusUnitFile

/// A command line, read, and what a verb needs to do it.
struct Invocation {
  let console: Console
  let environment: [String: String]
  /// Nil if none was named.
  let verb: (any Verb.Type)?
  /// Without the verb.
  let operands: [String]
  /// Of enumerated words, those of the enumeration: `failed` is `FAILED`.
  let values: [CommandOption: String]
  let json: JSONMode

  /// Reads the words after `tactusctl`.
  init(_ words: [String], console: Console, environment: [String: String]) throws(Complaint) {
    let line = try CommandWords(words)
    self.console = console
    self.environment = environment
    (verb, operands, values) = (line.verb, line.operands, line.values)
    json = values[.json].flatMap(JSONMode.init) ?? .off
  }

  func has(_ option: CommandOption) -> Bool { values[option] != nil }

  /// Whether people are told what was done.
  var isTalkative: Bool { !has(.quiet) && json == .off }
  /// Whether lists end with a count.
  var hasLegend: Bool { !has(.quiet) && !has(.noLegend) }

  /// The value of an option as one of the words of an enumeration.
  func word<Word: RawRepresentable<String>>(_ option: CommandOption) -> Word? { values[option].flatMap(Word.init) }

  /// The value of an option as some of the words of an enumeration.
  func words<Word: RawRepresentable<String>>(_ option: CommandOption) -> [Word]? {
    values[option].map { $0.split(separator: ",").compactMap { Word(rawValue: String($0)) } }
  }

  /// The value of an option as a span.
  func span(_ option: CommandOption) throws(Complaint) -> Duration? {
    guard let text = values[option] else { return nil }
    if let span = SpanText.duration(text) { return span }
    throw .usage("\(option.word)=\(text): write a span such as 5min, \"1h 30min\", or 90, which is seconds")
  }

  /// The value of an option as a number.
  func number(_ option: CommandOption, in range: ClosedRange<Int>) throws(Complaint) -> Int? {
    guard let text = values[option] else { return nil }
    if let number = Int(text), range.contains(number) { return number }
    throw .usage("\(option.word)=\(text): write a number from \(range.lowerBound) to \(range.upperBound)")
  }

  // MARK: The daemon

  /// The path of the socket: the options first, then the environment, then the place of the system's daemon.
  func socketPath() throws(Complaint) -> String {
    if let path = values[.socket] {
      guard !path.isEmpty else { throw .usage("--socket= wants the path of a socket") }
      return path
    }
    if has(.user) {
      guard let directory = environment["XDG_RUNTIME_DIR"], !directory.isEmpty else {
        throw .usage("--user: XDG_RUNTIME_DIR is not set; log in properly, or use --socket=PATH")
      }
      return "\(directory)/tactus/control.sock"
    }
    if let path = environment["TACTUS_SOCKET"], !path.isEmpty { return path }
    if let directory = environment["RUNTIME_DIRECTORY"], !directory.isEmpty { return "\(directory)/control.sock" }
    return "/run/tactus/control.sock"
  }

  func connect() throws -> ControlClient {
    let client = try ControlClient(path: try socketPath())
    client.patience = Self.patience
    return client
  }

  /// A daemon that has not answered a question by then is not there for who asks.
  private static let patience: Duration = .seconds(60)

  /// Calls a method; with `--json` its reply is printed, and nothing is left to do.
  func call<R: Request>(_ request: R, on client: ControlClient) throws -> R.Reply? {
    let reply = try client.reply(to: request)
    guard json == .off else {
      console.print(bytes: json.rendered(reply.parameters))
      return nil
    }
    return try reply.read(R.Reply.self)
  }

  /// Calls a method that answers with a stream; with `--json` its replies are printed, all of them.
  func stream<R: Request>(_ request: R, on client: ControlClient, _ body: (R.Reply) throws -> Void) throws {
    try client.stream(request) { reply, value in
      if console.isGone { throw Complaint(nil, .done) }
      if json != .off { console.print(bytes: json.rendered(reply.parameters)) }
      try body(value)
    }
  }

  /// Calls a method on a connection of its own.
  func call<R: Request>(_ request: R) throws -> R.Reply? { try call(request, on: connect()) }

  /// Prints a sheet for each operand, with empty lines between; none where the reply was printed as JSON.
  func showEach(_ sheet: (_ operand: String, _ client: ControlClient) throws -> Sheet?) throws {
    var isFirst = true
    try forEach { operand, client in
      guard let sheet = try sheet(operand, client) else { return }
      if !isFirst { console.print() }
      isFirst = false
      sheet.print(on: console)
    }
  }

  /// Does something for each operand, in their order; what fails is told with the operand's name, and the others are done all the same.
  func forEach(_ body: (_ operand: String, _ client: ControlClient) throws -> Void) throws {
    let client = try connect()
    var complaints: [Complaint] = []
    for operand in operands {
      do {
        try body(operand, client)
      } catch {
        let complaint = Complaint(error)
        if complaint.code == .unreachable { throw complaint }
        if let sentence = complaint.sentence { console.complain("\(operand): \(sentence)") }
        complaints.append(complaint)
      }
    }
    if let complaint = Complaint.all(complaints) { throw complaint }
  }
}
