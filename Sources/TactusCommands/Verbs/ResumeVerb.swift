import TactusProtocol

enum ResumeVerb: Verb {
  static let name = "resume"
  static let operands = [Operand.several(.workflow)]
  static let summary = "Resume terminated workflows from now on"

  static func run(_ invocation: Invocation) throws {
    try invocation.forEach { name, client in
      guard try invocation.call(ResumeWorkflow(name: name), on: client) != nil, invocation.isTalkative else { return }
      invocation.console.print("\(name): resumed")
    }
  }
}
