import TactusLinux
import TactusModel
import TactusProtocol
import TactusTransport

/// Waits for jobs to end, for a while or as long as it takes; Control-C ends the wait and leaves the jobs alone.
final class JobWaiting {
  private let invocation: Invocation
  private let limit: Duration?
  private let deadline: MonotonicInstant?
  private let interruption: Interruption
  /// Those that have not ended, as they were named.
  private var open: [String] = []

  /// From here on Control-C does not end the process before something is said about it.
  init(_ invocation: Invocation) throws {
    self.invocation = invocation
    limit = try invocation.span(.timeout)
    deadline = limit.map { SystemTime().monotonic + $0 }
    interruption = try Interruption()
  }

  /// Has the call of a connection ended by Control-C, and by the time.
  func watch(_ client: ControlClient) {
    client.deadline = deadline
    client.interruption = interruption.descriptor
  }

  private var following: Following {
    Following(invocation: invocation, deadline: deadline, interruption: interruption) { [self] in wayBack }
  }

  private var wayBack: String { "tactusctl wait \(open.joined(separator: " "))" }

  /// Waits for all; the body sees each as it ends.
  func wait(for ids: [String], _ body: (WireJob) -> Void) throws {
    open = ids
    try explained {
      try following.run { client in
        // The connection was lost behind the last of them.
        guard !open.isEmpty else { return true }
        try invocation.stream(WaitForJobs(ids: open), on: client) { reply in
          open.removeAll { reply.job.isNamed($0) }
          body(reply.job)
        }
        return true
      }
    }
  }

  /// Prints what a job writes until it ends.
  func follow(_ id: String) throws {
    open = [id]
    try explained { try JobOutput(of: id, stream: nil, for: invocation).follow(following) }
  }

  /// Says what becomes of those that were waited for in vain.
  func explained<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch ControlError.outOfTime {
      let limit = limit.map { " within \(Readable.span($0))" } ?? ""
      throw Complaint(
        open.isEmpty ? unheard : "\(jobs) not ended\(limit), and \(goesOn); wait again with \(wayBack)", .failed)
    } catch ControlError.interrupted {
      // Behind the ^C that the terminal has shown.
      if invocation.console.isTerminal { invocation.console.print() }
      let cancel = "tactusctl cancel \(open.joined(separator: " "))"
      invocation.console.complain(
        open.isEmpty ? unheard : "\(jobs) not ended, and \(goesOn); wait again with \(wayBack), or \(cancel)")
      interruption.release()
      throw Complaint(nil, .failed)
    }
  }

  private var unheard: String {
    "the daemon has not answered; whether there is a job, tactusctl list-jobs shows"
  }

  private var jobs: String {
    open.count == 1 ? "\(open[0]) has" : "\(open.count.counted("job")) have"
  }

  private var goesOn: String { open.count == 1 ? "goes on" : "go on" }
}

extension WireJob {
  /// Whether a text is the id or its end, as the daemon reads it.
  fileprivate func isNamed(_ text: String) -> Bool {
    func digits(_ text: String) -> String { text.lowercased().filter { $0 != "-" } }
    return digits(id).hasSuffix(digits(text))
  }

  /// How it ended, in a line.
  var ending: String {
    let duration = durationMs.map { " after \(Readable.span(.milliseconds($0)))" } ?? ""
    let error = errorCode.map { ", \($0.rawValue.visible)" } ?? ""
    let message = (errorMessage ?? note).map { ": \($0.visible)" } ?? ""
    return "\(workflow.map { "\($0.visible) " } ?? "")\(status.rawValue.visible)\(duration)\(error)\(message)"
  }
}
