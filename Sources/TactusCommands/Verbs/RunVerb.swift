import TactusModel
import TactusProtocol

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

  /// When it is to start; nil for now.
  private static func start(_ invocation: Invocation) throws(Complaint) -> String? {
    if invocation.has(.at) && invocation.has(.in) {
      throw .usage("--at and --in contradict each other; give one of them")
    }
    if let instant = try invocation.instant(.at) { return instant.description }
    return try invocation.span(.in).map { (invocation.console.now + $0).description }
  }
}
