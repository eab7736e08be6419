import TactusProtocol

enum TerminateVerb: Verb {
  static let name = "terminate"
  static let operands = [Operand.several(.workflow)]
  static let summary = "Stop planning workflows, but let running jobs finish"
  static let options: [CommandOption] = [.cancelRunning]

  static func run(_ invocation: Invocation) throws {
    try invocation.forEach { name, client in
      let request = TerminateWorkflow(name: name, cancelRunning: invocation.has(.cancelRunning))
      guard try invocation.call(request, on: client) != nil, invocation.isTalkative else { return }
      invocation.console.print("\(name): terminated")
    }
  }
}
