import TactusModel
import TactusProtocol

enum LogsVerb: Verb {
  static let name = "logs"
  static let operands = [Operand.one(.jobOrWorkflow)]
  static let summary = "Print the output of a job, or a workflow's newest job"
  static let options: [CommandOption] = [.follow, .stream]
  static let isPaged = true

  static func run(_ invocation: Invocation) throws {
    let name = invocation.operands[0]
    try invocation.withJob(name, newest: { "logs of job \($0), the newest of \(name)" }) { id in
      let output = JobOutput(of: id, stream: invocation.word(.stream), for: invocation)
      guard invocation.has(.follow) else { return try output.print(from: invocation.connect()) }
      try output.follow(Following(invocation: invocation, wayOut: { "tactusctl logs \(id) -f" }))
    }
  }
}
