import TactusProtocol
import TactusTransport

enum CancelVerb: Verb {
  static let name = "cancel"
  static let operands = [Operand.several(.job)]
  static let options: [CommandOption] = [.abandon]
  static let summary = "Cancel planned or running jobs"

  static func run(_ invocation: Invocation) throws {
    try invocation.expectJobs(invocation.operands)
    let reply = try invocation.connect().reply(
      to: CancelJobs(ids: invocation.operands, abandon: invocation.has(.abandon) ? true : nil))
    if invocation.json != .off { invocation.console.print(bytes: invocation.json.rendered(reply.parameters)) }
    var complaints: [Complaint] = []
    for result in try reply.read(CancelJobs.Reply.self).results {
      guard let error = result.error else {
        if invocation.isTalkative {
          invocation.console.print("\(result.id): \(invocation.has(.abandon) ? "abandoned" : "canceled")")
        }
        continue
      }
      let code: ExitCode = error == "NotFound" ? .notFound : error == "Forbidden" ? .forbidden : .failed
      if invocation.json == .off { invocation.console.complain("\(result.id): \(result.message ?? error)") }
      complaints.append(Complaint(nil, code))
    }
    if let complaint = Complaint.all(complaints) { throw complaint }
  }
}
