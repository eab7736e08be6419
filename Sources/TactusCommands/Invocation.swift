import TactusLinux
import TactusModel
import TactusProtocol
import TactusTransport

/// A command line, read, and what a verb needs to do it.
struct Invocation {
  let console: Console
  let environment: [String: String]
  var operands: [String]
  let values: [CommandOption: String]
  let json: JSONMode

  /// Reads the words after `tactusctl`.
  init(_ words: [String], console: Console, environment: [String: String]) throws(Complaint) {
    let options = CommandOption.allCases
    let scanned: OptionScanner.Scanned
    do {
      scanned = try OptionScanner.scan(words, options: options.map(\.scanned))
    } catch {
      throw switch error {
      case .unknown(let word): .usage("there is no option \(word); tactusctl --help shows those that are")
      case .withoutValue(let word): .usage("\(word) wants a value; tactusctl --help shows which")
      case .withValue(let word): .usage("\(word): this option takes no value")
      }
    }
    self.console = console
    self.environment = environment
    operands = scanned.operands
    values = Dictionary(
      scanned.given.map { (options[$0.index], $0.value ?? "") }, uniquingKeysWith: { $1 })
    guard let mode = JSONMode(rawValue: values[.json] ?? "off") else {
      throw .usage("--json=\(values[.json] ?? ""): write short, pretty or off")
    }
    json = mode
  }

  func has(_ option: CommandOption) -> Bool { values[option] != nil }

  /// Whether people are told what was done.
  var isTalkative: Bool { !has(.quiet) && json == .off }
  /// Whether lists end with a count.
  var hasLegend: Bool { !has(.quiet) && !has(.noLegend) }

  /// The value of an option as one of the words of an enumeration.
  func word<Word: RawRepresentable<String> & CaseIterable>(_ option: CommandOption) throws(Complaint) -> Word? {
    guard let value = values[option] else { return nil }
    if let word = Word(rawValue: value) { return word }
    throw .usage("--\(option.rawValue)=\(value): write \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
  }

  // MARK: The daemon

  /// The path of the socket: the options first, then the environment, then the place of the system's daemon.
  func socketPath() throws(Complaint) -> String {
    if let path = values[.socket] { return path }
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

  func connect() throws -> ControlClient { try ControlClient(path: try socketPath()) }

  /// Calls a method; with `--json` its reply is printed, and nothing is left to do.
  func call<R: Request>(_ request: R, on client: ControlClient) throws -> R.Reply? {
    let reply = try client.reply(to: request)
    guard json == .off else {
      console.print(bytes: json.rendered(reply.parameters))
      return nil
    }
    return try reply.read(R.Reply.self)
  }

  /// Calls a method on a connection of its own.
  func call<R: Request>(_ request: R) throws -> R.Reply? { try call(request, on: connect()) }

  /// Does something for each operand; what fails is told with the operand's name, and the others are done all the same.
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
