import TactusModel
import TactusProtocol

enum WaitVerb: Verb {
  static let name = "wait"
  static let operands = [Operand.several(.job)]
  static let summary = "Wait for jobs to end, and fail unless all complete"
  static let options: [CommandOption] = [.timeout]

  static func run(_ invocation: Invocation) throws {
    try invocation.expectJobs(invocation.operands)
    let console = invocation.console
    var haveAllCompleted = true
    try JobWaiting(invocation).wait(for: invocation.operands) { job in
      if job.status != .completed { haveAllCompleted = false }
      guard invocation.isTalkative else { return }
      console.print("\(job.id): \(job.status.style.applied(to: job.ending, on: console))")
    }
    if !haveAllCompleted { throw Complaint(nil, .failed) }
  }
}
