import TactusProtocol

enum CatVerb: Verb {
  static let name = "cat"
  static let operands = [Operand.several(.workflow)]
  static let summary = "Print the definitions of workflows as they were written"
  static let isPaged = true

  static func run(_ invocation: Invocation) throws {
    try invocation.forEach { name, client in
      let request = GetWorkflow(name: name, definition: true)
      guard let workflow = try invocation.call(request, on: client)?.workflow else { return }
      let text = workflow.definition ?? ""
      if invocation.operands.count > 1 && invocation.hasLegend { invocation.console.print("# \(name).workflow") }
      let lines = text.hasSuffix("\n") ? text : text + "\n"
      // Unchanged, but a terminal gets no control characters.
      invocation.console.print(bytes: Array((invocation.console.isTerminal ? lines.visibleLines : lines).utf8))
    }
  }
}
