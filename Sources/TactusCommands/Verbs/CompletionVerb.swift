enum CompletionVerb: Verb {
  static let name = "completion"
  static let operands = [Operand.one(.word(of: Shell.self, called: "SHELL"))]
  static let summary = "Print the completion script for a shell"

  static func run(_ invocation: Invocation) throws {
    guard let shell = Shell(rawValue: invocation.operands[0]) else {
      throw Complaint.usage("\(invocation.operands[0]) is not a supported shell. Use bash, zsh or fish.")
    }
    invocation.console.print(bytes: Array(shell.completion.utf8))
  }
}
