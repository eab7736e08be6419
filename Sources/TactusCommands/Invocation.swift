import TactusModel
import TactusProtocol
import TactusTransport
import TactusUnitFile

/// A parsed command line, and the helpers that verbs share.
struct Invocation {
  let console: Console
  let environment: [String: String]
  /// The verb; nil if no verb was given.
  let verb: (any Verb.Type)?
  /// The operands after the verb.
  let operands: [String]
  /// The values of options; words of enumerations are in the spelling of the enumeration, so `failed` is `FAILED`.
  let values: [CommandOption: String]
  let json: JSONMode

  /// Parses the words after `tactusctl`.
  init(_ words: [String], console: Console, environment: [String: String]) throws(Complaint) {
    let line = try CommandWords(words)
    self.console = console
    self.environment = environment
    (verb, operands, values) = (line.verb, line.operands, line.values)
    json = values[.json].flatMap(JSONMode.init) ?? .off
  }

  func has(_ option: CommandOption) -> Bool { values[option] != nil }

  /// Whether to report what was done.
  var isTalkative: Bool { !has(.quiet) && json == .off }
  /// Whether lists have headings and a count.
  var hasLegend: Bool { !has(.quiet) && !has(.noLegend) }

  /// Returns the value of an option as a word of an enumeration.
  func word<Word: RawRepresentable<String>>(_ option: CommandOption) -> Word? { values[option].flatMap(Word.init) }

  /// Returns the value of an option as words of an enumeration.
  func words<Word: RawRepresentable<String>>(_ option: CommandOption) -> [Word]? {
    values[option].map { $0.split(separator: ",").compactMap { Word(rawValue: String($0)) } }
  }

  /// Returns the value of an option as a span.
  func span(_ option: CommandOption) throws(Complaint) -> Duration? {
    guard let text = values[option] else { return nil }
    if let span = SpanText.duration(text) { return span }
    throw .usage("\(option.word)=\(text) is not a span of time. Write for example 5min, \"1h 30min\", or 90 (seconds).")
  }

  /// Returns the value of an option as a number.
  func number(_ option: CommandOption, in range: ClosedRange<Int>) throws(Complaint) -> Int? {
    guard let text = values[option] else { return nil }
    if let number = Int(text), range.contains(number) { return number }
    throw .usage("\(option.word)=\(text) is not valid. Use a number from \(range.lowerBound) to \(range.upperBound).")
  }

  // MARK: The daemon

  /// Returns the path of the socket: from the options, else from the environment, else of the system's daemon.
  func socketPath() throws(Complaint) -> String {
    if let path = values[.socket] {
      guard !path.isEmpty else { throw .usage("--socket= needs the path of a socket") }
      return path
    }
    if has(.user) {
      if let directory = environment["XDG_RUNTIME_DIR"], !directory.isEmpty {
        return "\(directory)/tactus/control.sock"
      }
      // tactusd listens there if it was started without XDG_RUNTIME_DIR, for example from a shell of su(1).
      if let home = environment["HOME"], !home.isEmpty { return "\(home)/.cache/tactus/control.sock" }
      throw .usage("--user: neither XDG_RUNTIME_DIR nor HOME is set. Use --socket=PATH.")
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

  /// The time after which a daemon that does not answer counts as unreachable.
  private static let patience: Duration = .seconds(60)

  /// Calls a method; with `--json`, prints its reply and returns nil.
  func call<R: Request>(_ request: R, on client: ControlClient) throws -> R.Reply? {
    let reply = try client.reply(to: request)
    guard json == .off else {
      console.print(bytes: json.rendered(reply.parameters))
      return nil
    }
    return try reply.read(R.Reply.self)
  }

  /// Calls a method that returns a stream; with `--json`, also prints its replies.
  func stream<R: Request>(_ request: R, on client: ControlClient, _ body: (R.Reply) throws -> Void) throws {
    try client.stream(request) { reply, value in
      if console.isGone { throw Complaint(nil, .done) }
      if json != .off { console.print(bytes: json.rendered(reply.parameters)) }
      try body(value)
    }
  }

  /// Calls a method on a new connection.
  func call<R: Request>(_ request: R) throws -> R.Reply? { try call(request, on: connect()) }

  /// Prints a sheet for each operand, separated by empty lines; nothing for replies that were printed as JSON.
  func showEach(_ sheet: (_ operand: String, _ client: ControlClient) throws -> Sheet?) throws {
    var isFirst = true
    try forEach { operand, client in
      guard let sheet = try sheet(operand, client) else { return }
      if !isFirst { console.print() }
      isFirst = false
      sheet.print(on: console)
    }
  }

  /// Runs a body for each operand, in order.
  ///
  /// An error is reported with the operand, and the other operands are still processed.
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
