import TactusModel
import TactusProtocol
import TactusTransport

enum WhyVerb: Verb {
  static let name = "why"
  static let operands = [Operand.one(.workflowOrJob), .atMostOne(.text(called: "INSTANT"))]
  static let summary = "Tell what became of each instant or of a job, and why"
  static let options: [CommandOption] = [
    CommandOption("limit", letter: "n", value: .text(called: "N"), "How many instants at most (default: 10)")
  ]
  static let isPaged = true

  private static let manualShown = 10

  static func run(_ invocation: Invocation) throws {
    let name = invocation.operands[0]
    let client = try invocation.connect()
    if JobID(name) != nil { return try explainJob(name, client, invocation) }
    do {
      try explainWorkflow(name, client, invocation)
    } catch ControlError.failed(.notFound(let entity, let id, let reason)) where name.isEndOfJobID {
      do {
        try explainJob(name, client, invocation)
      } catch ControlError.failed(.notFound) {
        if let reason { throw ControlError.failed(.notFound(entity: entity, id: id, reason: reason)) }
        throw Complaint(
          "no workflow and no job \(name); tactusctl list-workflows and list-jobs show what is there", .notFound)
      }
    }
  }

  private static func explainJob(_ id: String, _ client: ControlClient, _ invocation: Invocation) throws {
    guard invocation.operands.count == 1 else {
      throw Complaint.usage("\(id) is a job, which has one answer: leave \(invocation.operands[1]) out")
    }
    guard let answer = try invocation.call(ExplainJob(id: id), on: client)?.answer else { return }
    print([answer], invocation.console)
  }

  private static func explainWorkflow(_ name: String, _ client: ControlClient, _ invocation: Invocation) throws {
    if invocation.operands.count > 1 {
      guard let instant = Instant(rfc3339: invocation.operands[1]) else {
        throw Complaint.usage("\(invocation.operands[1]) is not \(Instant.rule)")
      }
      guard !invocation.has(.limit) else {
        throw Complaint.usage("one instant has one answer: leave \(invocation.operands[1]) or --limit out")
      }
      let request = ExplainWorkflow(name: name, at: instant.description)
      guard let reply = try invocation.call(request, on: client) else { return }
      return print(reply.answers, invocation.console)
    }
    var answers: [WireExplanation] = []
    let limit = try invocation.number(.limit, in: Paging.limits) ?? 10
    _ = try Paging.fill(limit, from: nil) { cursor, limit in
      let reply = try client.reply(to: ExplainWorkflow(name: name, cursor: cursor, limit: limit))
      if invocation.json != .off { invocation.console.print(bytes: invocation.json.rendered(reply.parameters)) }
      let page = try reply.read(ExplainWorkflow.Reply.self)
      answers += page.answers
      return (page.answers.count, page.nextCursor)
    }
    guard invocation.json == .off else { return }
    let workflow = try workflow(name, client)
    tellState(of: name, workflow, invocation.console)
    answers = try manual(of: name, client) + answers
    if answers.isEmpty && invocation.isTalkative {
      let nothing = workflow?.intervalMs == nil ? "\(name) has no schedule, and nothing" : "nothing of \(name)"
      invocation.console.print(wrapped: "\(nothing) waits or runs; see tactusctl list-jobs \(name)")
    }
    print(answers, invocation.console)
  }

  /// That a workflow plans nothing is the first thing to know of it.
  private static func tellState(of name: String, _ workflow: WireWorkflow?, _ console: Console) {
    guard let workflow else { return console.print("\(name) was deleted") }
    guard workflow.state == .terminated else { return }
    let since = workflow.terminatedAt.map { " since \(Readable.absolute($0, on: console))" } ?? ""
    let reason = workflow.terminatedReason?.known
    let cause =
      reason?.cause(limit: workflow.terminatingFailures)
      ?? "for the reason '\(workflow.terminatedReason?.rawValue.visible ?? "")'"
    let state = Style.bad.applied(to: "TERMINATED", on: console)
    console.print(wrapped: "\(name) is \(state)\(since), \(cause); \((reason ?? .user).wayOut(of: name))")
  }

  /// A workflow; nil if there is none any more.
  private static func workflow(_ name: String, _ client: ControlClient) throws -> WireWorkflow? {
    do {
      return try client.call(GetWorkflow(name: name, definition: false)).workflow
    } catch ControlError.failed(.notFound) {
      return nil
    }
  }

  /// The schedule knows nothing of what somebody asked for; what of that is open waits or runs all the same.
  private static func manual(of name: String, _ client: ControlClient) throws -> [WireExplanation] {
    let request = ListJobs(
      status: JobStatus.allCases.filter { !$0.isTerminal }, trigger: .manual, workflow: name, limit: manualShown)
    return try client.call(request).jobs.map { try client.call(ExplainJob(id: $0.id)).answer }
  }

  /// What is open first, because that is what people ask about.
  private static func print(_ answers: [WireExplanation], _ console: Console) {
    for answer in answers.filter(\.isOpen) + answers.filter({ !$0.isOpen }) {
      let reason = answer.reason + (answer.errorMessage.map { "; \($0)" } ?? "")
      let lines = console.columns.map { reason.visible.wrapped(to: $0 - 4) } ?? [reason.visible]
      let head = answer.head(on: console)
      guard console.isTerminal else {
        console.print("\(head)  \(reason.visible)")
        continue
      }
      console.print(head.trimmedAtEnd)
      for line in lines { console.print("    \(line)") }
    }
  }
}

extension WireExplanation {
  fileprivate var isOpen: Bool { outcome == .planned || outcome == .waiting || outcome == .running }

  /// The instant, what became of it, how late, and the job.
  fileprivate func head(on console: Console) -> String {
    var instants = nominalAt.map { Readable.name($0, on: console) } ?? "-"
    if let lastAt { instants += " … \(Readable.name(lastAt, on: console)) ×\(count)" }
    if !console.isTerminal { instants = instants.replacing(" … ", with: "/").replacing(" ×", with: " x") }
    let word = style.applied(to: fate.padded(to: 15), on: console)
    let delay = startDelayMs.map { "+\(Readable.span(.milliseconds(max(0, $0))))" } ?? ""
    let job = [jobID.map(Readable.tail)?.visible, (errorCode?.rawValue ?? status?.rawValue)?.visible]
      .compactMap(\.self)
    return
      "\(instants.padded(to: console.isTerminal ? 20 : 27))  \(word)  \(delay.padded(to: 9))  \(job.joined(separator: " "))"
  }

  /// What became of it, in a word or two: what failed before it was started has an end, but did not run.
  private var fate: String {
    outcome == .ran && status == .failed && startDelayMs == nil ? "not started" : outcome.rawValue.visible
  }

  private var style: Style {
    switch outcome.known {
    case .ran: status?.style ?? .plain
    case .running: .active
    case .missed, .limit: .bad
    case .planned, .waiting, .unknown, nil: .plain
    case .canceled, .coalesced, .overlap, .skippedByUser, .terminated, .edited, Explanation.Outcome.none?: .faint
    }
  }
}

extension String {
  /// At least 6 digits of a UUID.
  var isEndOfJobID: Bool {
    let digits = filter { $0 != "-" }
    return (6...32).contains(digits.count) && digits.allSatisfy { $0.isASCII && $0.isHexDigit }
  }
}
