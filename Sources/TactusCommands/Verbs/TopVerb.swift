import Glibc
import TactusLinux

enum TopVerb: Verb {
  static let name = "top"
  static let summary = "Watch queues, jobs and failures live"

  static func run(_ invocation: Invocation) throws {
    guard invocation.json == .off else {
      throw Complaint.usage("top has no JSON output. Use status, list-jobs or events with --json.")
    }
    guard invocation.console.isTerminal, Terminal.isTerminal(STDOUT_FILENO) else {
      throw Complaint.usage("top needs a terminal as standard output. Use status or list-jobs instead.")
    }
    let terminal = invocation.environment["TERM"] ?? ""
    guard !["", "dumb"].contains(terminal) else {
      throw Complaint.usage(
        "top cannot draw on a terminal of type '\(terminal)'. Set TERM to the type of your terminal.")
    }
    var session = try TopSession(path: try invocation.socketPath(), hasColours: invocation.console.hasColours)
    // Ends by the same signal, so that the parent process sees it.
    if let signal = try session.run() { SignalInbox.obey(signal) }
  }
}
