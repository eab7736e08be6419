import TactusModel
import TactusProtocol

enum ScheduleVerb: Verb {
  static let name = "schedule"
  static let operands = [Operand.one(.job), .atMostOne(.text(called: "INSTANT"))]
  static let summary = "Set the start time of a held or planned manual job"
  static let options: [CommandOption] = [.in]

  static func run(_ invocation: Invocation) throws {
    let id = invocation.operands[0]
    try invocation.expectJobs([id])
    let named: Instant? = try invocation.operands.count > 1 ? invocation.start(invocation.operands[1]) : nil
    let computed = try invocation.start()
    guard let at = named ?? computed, named == nil || computed == nil else {
      throw Complaint.usage("usage: tactusctl schedule \(id) INSTANT or tactusctl schedule \(id) --in=SPAN")
    }
    guard try invocation.call(ScheduleJob(id: id, at: at.description)) != nil, invocation.isTalkative else { return }
    invocation.console.print("\(id): scheduled for \(Readable.exact(at, on: invocation.console) ?? "")")
  }
}
