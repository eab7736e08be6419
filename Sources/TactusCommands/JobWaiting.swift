import TactusLinux
import TactusModel
import TactusProtocol
import TactusTransport

/// Waits for jobs to end, with or without a time limit; Control-C ends the wait, not the jobs.
final class JobWaiting {
  private let invocation: Invocation
  private let limit: Duration?
  private let deadline: MonotonicInstant?
  private let interruption: Interruption
  /// The jobs that have not ended, as they were named.
  private var open: [String] = []

  /// Reads the time limit, and handles Control-C from here on, so that a message is printed before the process ends.
  init(_ invocation: Invocation) throws {
    self.invocation = invocation
    limit = try invocation.span(.timeout)
    if limit == .zero {
      throw Complaint.usage("--timeout=0 is too short. Use a span longer than 0, or omit it to wait without a limit.")
    }
    deadline = limit.map { SystemTime().monotonic + $0 }
    interruption = try Interruption()
  }

  /// Lets Control-C and the time limit end the call of a connection.
  func watch(_ client: ControlClient) {
    client.deadline = deadline
    client.interruption = interruption.descriptor
  }

  private var following: Following {
    Following(invocation: invocation, deadline: deadline, interruption: interruption) { [self] in wayBack }
  }

  private var wayBack: String { "tactusctl wait \(open.joined(separator: " "))" }

  /// Waits for all jobs, and calls the body for each as it ends.
  func wait(for ids: [String], _ body: (WireJob) -> Void) throws {
    open = ids
    try explained {
      try following.run { client in
        // The connection was lost after the last job ended.
        guard !open.isEmpty else { return true }
        try invocation.stream(WaitForJobs(ids: open), on: client) { reply in
          open.removeAll { reply.job.isNamed($0) }
          body(reply.job)
        }
        return true
      }
    }
  }

  /// Prints the output of a job until it ends.
  func follow(_ id: String) throws {
    open = [id]
    try explained { try JobOutput(of: id, stream: nil, for: invocation).follow(following) }
  }

  /// Runs a body; if Control-C or the time limit ends it, reports the state of the jobs.
  func explained<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch ControlError.outOfTime {
      let limit = limit.map { " within \(Readable.span($0))" } ?? ""
      throw Complaint(
        open.isEmpty ? unheard : "\(jobs) not ended\(limit), and \(goesOn). Run \(wayBack) to wait again.", .failed)
    } catch ControlError.interrupted {
      // Ends the line on which the terminal has shown ^C.
      if invocation.console.isTerminal { invocation.console.print() }
      let cancel = "tactusctl cancel \(open.joined(separator: " "))"
      invocation.console.complain(
        open.isEmpty ? unheard : "\(jobs) not ended, and \(goesOn). Run \(wayBack) to wait again, or \(cancel).")
      interruption.release()
      throw Complaint(nil, .failed)
    }
  }

  private var unheard: String {
    "no answer from the daemon. Run tactusctl list-jobs to see whether the job was created."
  }

  private var jobs: String {
    open.count == 1 ? "\(open[0]) has" : "\(open.count.counted("job")) have"
  }

  private var goesOn: String { open.count == 1 ? "continues" : "continue" }
}

extension WireJob {
  /// Whether a text is the id or the end of it, by the rules of the daemon.
  fileprivate func isNamed(_ text: String) -> Bool {
    func digits(_ text: String) -> String { text.lowercased().filter { $0 != "-" } }
    return digits(id).hasSuffix(digits(text))
  }

  /// The result, on one line.
  var ending: String {
    let duration = durationMs.map { " after \(Readable.span(.milliseconds($0)))" } ?? ""
    let error = errorCode.map { ", \($0.rawValue.visible)" } ?? ""
    let message = (errorMessage ?? note).map { ": \($0.visible)" } ?? ""
    return "\(workflow.map { "\($0.visible) " } ?? "")\(status.rawValue.visible)\(duration)\(error)\(message)"
  }
}
