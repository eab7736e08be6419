import TactusModel
import TactusProtocol

enum LogsVerb: Verb {
  static let name = "logs"
  static let operands = [Operand.one(.job)]
  static let summary = "Print the output of a job"
  static let options: [CommandOption] = [.follow, .stream]
  static let isPaged = true

  static func run(_ invocation: Invocation) throws {
    let id = invocation.operands[0]
    let output = JobOutput(of: id, stream: invocation.word(.stream), for: invocation)
    guard invocation.has(.follow) else { return try output.print(from: invocation.connect()) }
    try output.follow(Following(invocation: invocation, wayOut: { "tactusctl logs \(id) -f" }))
  }
}
