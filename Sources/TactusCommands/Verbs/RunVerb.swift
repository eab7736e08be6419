import TactusModel
import TactusProtocol
import TactusUnitFile

enum RunVerb: Verb {
  static let name = "run"
  static let operands = [Operand.one(.workflow)]
  static let summary = "Run a workflow now or later; prints the job's id"
  static let options: [CommandOption] = [.at, .in]

  static func run(_ invocation: Invocation) throws {
    let request = RunWorkflow(name: invocation.operands[0], scheduledAt: try start(invocation))
    guard let reply = try invocation.call(request), !invocation.has(.quiet) else { return }
    invocation.console.print(reply.jobID)
  }

  /// When it is to start; what the daemon can judge better is left to it.
  private static func start(_ invocation: Invocation) throws(Complaint) -> String? {
    switch (invocation.values[.at], invocation.values[.in]) {
    case (nil, nil): return nil
    case (let at?, nil): return at
    case (nil, let text?):
      guard let span = SpanText.duration(text) else {
        throw .usage("--in=\(text): write a span such as 90, 5min or \"1h 30min\"")
      }
      return (invocation.console.now + span).description
    default: throw .usage("--at and --in contradict each other; give one of them")
    }
  }
}
