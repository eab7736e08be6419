import Glibc
import TactusLinux
import TactusProtocol

/// The command `tactusctl`: finds the verb, runs it, and returns the exit code.
public struct Tactusctl {
  static let verbs: [any Verb.Type] = [
    StatusVerb.self, ApplyVerb.self, ListWorkflowsVerb.self, ShowWorkflowVerb.self, CatVerb.self, RunVerb.self,
    WaitVerb.self, TerminateVerb.self, ResumeVerb.self, DeleteVerb.self, ListJobsVerb.self, ShowJobVerb.self,
    CancelVerb.self, ScheduleVerb.self, LogsVerb.self, JournalVerb.self, EventsVerb.self, UpcomingVerb.self,
    WhyVerb.self, StatsVerb.self, TopVerb.self, ProvidersVerb.self, DoctorVerb.self, ReloadVerb.self,
    CompletionVerb.self,
  ]

  private let console: Console
  private let environment: [String: String]

  /// Opens closed standard descriptors, so that the socket does not get their numbers.
  ///
  /// Called before any other file is opened.
  public static func keepStandardDescriptors() {
    // Without /dev/null the failure cannot be printed either, so only the exit status reports it.
    guard (try? Descriptor.keepStandard()) != nil else { exit(ExitCode.failed.rawValue) }
  }

  /// Creates a command that prints on a console.
  public init(console: Console, environment: [String: String]) {
    self.console = console
    self.environment = environment
  }

  /// Runs the command line after the program's name, and returns the exit code.
  public func run(_ words: [String]) -> Int32 {
    let complaints = [
      complaint { try dispatch(try Invocation(words, console: console, environment: environment)) },
      complaint { try console.finish() },
    ]
    return complaints.lazy.compactMap { $0 }.first?.code.rawValue ?? ExitCode.done.rawValue
  }

  /// Runs a body, and prints and returns its error.
  private func complaint(_ body: () throws -> Void) -> Complaint? {
    do {
      try body()
      return nil
    } catch {
      let complaint = Complaint(error)
      if let sentence = complaint.sentence { console.complain(sentence) }
      return complaint
    }
  }

  private func dispatch(_ command: Invocation) throws {
    if command.has(.version) { return console.print("tactusctl \(Product.version)") }
    // Output that is followed is shown at once, without a pager.
    if command.has(.help) || command.verb?.isPaged ?? false, !command.has(.noPager), !command.has(.follow) {
      console.page()
    }
    if command.has(.help) { return console.print(command.verb.map(Help.text(of:)) ?? Help.text) }
    guard let verb = command.verb else {
      throw Complaint.usage("no verb given. Run tactusctl --help to list the verbs.")
    }
    guard verb.operandCount.contains(command.operands.count) else {
      throw Complaint.usage("usage: tactusctl \(verb.synopsis)")
    }
    try verb.run(command)
  }
}
