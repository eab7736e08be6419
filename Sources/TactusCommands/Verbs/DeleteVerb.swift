import TactusProtocol

enum DeleteVerb: Verb {
  static let name = "delete"
  static let operands = [Operand.several(.workflow)]
  static let summary = "Delete terminated workflows, but keep their jobs"

  static func run(_ invocation: Invocation) throws {
    try invocation.forEach { name, client in
      guard try invocation.call(DeleteWorkflow(name: name), on: client) != nil, invocation.isTalkative else { return }
      invocation.console.print("\(name): deleted")
    }
  }
}
