import TactusProtocol

/// The command: finds the verb, runs it, and tells how it ended.
public struct Tactusctl {
  static let verbs: [any Verb.Type] = [
    StatusVerb.self, ApplyVerb.self, ListWorkflowsVerb.self, ShowWorkflowVerb.self, CatVerb.self, RunVerb.self,
    TerminateVerb.self, ResumeVerb.self, ListJobsVerb.self, ShowJobVerb.self, CancelVerb.self, LogsVerb.self,
    ReloadVerb.self,
  ]

  private let console: Console
  private let environment: [String: String]

  /// A command that prints on a console.
  public init(console: Console, environment: [String: String]) {
    self.console = console
    self.environment = environment
  }

  /// Runs the words after the program's name, and returns the exit code.
  public func run(_ words: [String]) -> Int32 {
    do {
      try dispatch(try Invocation(words, console: console, environment: environment))
      return ExitCode.done.rawValue
    } catch {
      let complaint = Complaint(error)
      if let sentence = complaint.sentence { console.complain(sentence) }
      return complaint.code.rawValue
    }
  }

  private func dispatch(_ command: Invocation) throws {
    var command = command
    let verb = try command.operands.first.map(verb(named:))
    if command.has(.version) { return console.print("tactusctl \(Product.version)") }
    if command.has(.help) { return help(verb) }
    guard let verb else {
      throw Complaint.usage("what should be done? tactusctl --help shows the verbs")
    }
    command.operands.removeFirst()
    for option in command.values.keys where !(CommandOption.common + verb.options).contains(option) {
      throw Complaint.usage("\(verb.name) takes no --\(option.rawValue); see tactusctl \(verb.name) --help")
    }
    guard verb.operandCount.contains(command.operands.count) else {
      throw Complaint.usage("write tactusctl \(verb.synopsis)")
    }
    try verb.run(command)
  }

  private func verb(named name: String) throws(Complaint) -> any Verb.Type {
    if let verb = Self.verbs.first(where: { $0.name == name }) { return verb }
    throw .usage("there is no verb \(name); tactusctl --help shows those that are")
  }

  // MARK: Help

  private func help(_ verb: (any Verb.Type)?) {
    if let verb {
      console.print("tactusctl \(verb.synopsis) [OPTION…]\n\n\(verb.summary).\n")
      printOptions(verb.options + CommandOption.common)
    } else {
      console.print("tactusctl VERB [OPERAND…] [OPTION…]\n\nSees and steers a Tactus daemon.\n")
      let width = Self.verbs.reduce(0) { max($0, $1.synopsis.count) }
      for verb in Self.verbs { console.print("  \(padded(verb.synopsis, width))  \(verb.summary)") }
      console.print()
      printOptions(CommandOption.common)
      console.print("\nExits with 0 done, 1 failed, 2 usage, 3 no daemon, 4 not found, 5 not permitted.")
      console.print("See tactusctl(1), and tactusctl VERB --help for the options of a verb.")
    }
  }

  private func printOptions(_ options: [CommandOption]) {
    let width = options.reduce(0) { max($0, $1.synopsis.count) }
    for option in options { console.print("  \(padded(option.synopsis, width))  \(option.summary)") }
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: width - text.count)
  }
}
