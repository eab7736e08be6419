import Glibc
import TactusLinux

enum TopVerb: Verb {
  static let name = "top"
  static let summary = "Watch queues, jobs and failures as they happen"

  static func run(_ invocation: Invocation) throws {
    guard invocation.json == .off else {
      throw Complaint.usage("top draws a screen for people; for programs there are status, list-jobs and events --json")
    }
    guard invocation.console.isTerminal, Terminal.isTerminal(STDOUT_FILENO) else {
      throw Complaint.usage("top draws on a terminal, and standard output is none; use status or list-jobs instead")
    }
    let terminal = invocation.environment["TERM"] ?? ""
    guard !["", "dumb"].contains(terminal) else {
      throw Complaint.usage("top cannot draw on a terminal of the type '\(terminal)'; set TERM to what it is")
    }
    var session = try TopSession(path: try invocation.socketPath(), hasColours: invocation.console.hasColours)
    // Whoever started it shall see what ended it.
    if let signal = try session.run() { SignalInbox.obey(signal) }
  }
}
