import Glibc
import TactusLinux
import TactusProtocol

/// The command: finds the verb, runs it, and tells how it ended.
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

  /// Keeps the numbers of closed standard descriptors from being given to the socket; called before anything is opened.
  public static func keepStandardDescriptors() {
    // Without /dev/null there is nobody to tell either: the exit status says it.
    guard (try? Descriptor.keepStandard()) != nil else { exit(ExitCode.failed.rawValue) }
  }

  /// A command that prints on a console.
  public init(console: Console, environment: [String: String]) {
    self.console = console
    self.environment = environment
  }

  /// Runs the words after the program's name, and returns the exit code.
  public func run(_ words: [String]) -> Int32 {
    let complaints = [
      complaint { try dispatch(try Invocation(words, console: console, environment: environment)) },
      complaint { try console.finish() },
    ]
    return complaints.lazy.compactMap { $0 }.first?.code.rawValue ?? ExitCode.done.rawValue
  }

  /// Does something, and tells what goes wrong.
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
    // What goes on until somebody ends it is seen as it comes.
    if command.has(.help) || command.verb?.isPaged ?? false, !command.has(.noPager), !command.has(.follow) {
      console.page()
    }
    if command.has(.help) { return console.print(command.verb.map(Help.text(of:)) ?? Help.text) }
    guard let verb = command.verb else {
      throw Complaint.usage("what should be done? tactusctl --help shows the verbs")
    }
    guard verb.operandCount.contains(command.operands.count) else {
      throw Complaint.usage("write tactusctl \(verb.synopsis)")
    }
    try verb.run(command)
  }
}
