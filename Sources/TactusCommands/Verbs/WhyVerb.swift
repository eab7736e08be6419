import TactusMessages
import TactusModel
import TactusProtocol
import TactusTransport

enum WhyVerb: Verb {
  static let name = "why"
  static let operands = [Operand.one(.workflowOrJob), .atMostOne(.text(called: "INSTANT"))]
  static let summary = "Explain the outcome of planned instants, or of a job"
  static let options: [CommandOption] = [
    CommandOption("limit", letter: "n", value: .text(called: "N"), "Show at most N instants (default: 10)")
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
          "no workflow or job \(name). Run tactusctl list-workflows or tactusctl list-jobs to list them.", .notFound)
      }
    }
  }

  private static func explainJob(_ id: String, _ client: ControlClient, _ invocation: Invocation) throws {
    guard invocation.operands.count == 1 else {
      throw Complaint.usage("\(id) is a job, so an instant is not valid here. Leave out \(invocation.operands[1]).")
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
        throw Complaint.usage(
          "an instant and --limit contradict each other. Leave out \(invocation.operands[1]) or --limit.")
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
    reportState(of: name, workflow, invocation.console)
    answers = try manual(of: name, client) + answers
    if answers.isEmpty && invocation.isTalkative {
      let schedule = workflow?.intervalMs == nil ? "\(name) has no schedule. " : ""
      invocation.console.print(
        wrapped: "\(schedule)No job of \(name) waits or runs. Run tactusctl list-jobs \(name) to list all its jobs.")
    }
    print(answers, invocation.console)
  }

  /// Prints first that a workflow is terminated or deleted, because that explains the rest.
  private static func reportState(of name: String, _ workflow: WireWorkflow?, _ console: Console) {
    guard let workflow else { return console.print("\(name) was deleted") }
    guard workflow.state == .terminated else { return }
    let since = workflow.terminatedAt.map { " since \(Readable.absolute($0, on: console))" } ?? ""
    let reason = workflow.terminatedReason?.known
    let cause =
      reason?.cause(limit: workflow.terminatingFailures)
      ?? "for the reason '\(workflow.terminatedReason?.rawValue.visible ?? "")'"
    let state = Style.bad.applied(to: "TERMINATED", on: console)
    console.print(wrapped: "\(name) is \(state)\(since) \(cause). \((reason ?? .user).wayOut(of: name)).")
  }

  /// Returns the workflow; nil if it was deleted.
  private static func workflow(_ name: String, _ client: ControlClient) throws -> WireWorkflow? {
    do {
      return try client.call(GetWorkflow(name: name, definition: false)).workflow
    } catch ControlError.failed(.notFound) {
      return nil
    }
  }

  /// Returns the manual jobs that have not ended, which are not part of the schedule.
  private static func manual(of name: String, _ client: ControlClient) throws -> [WireExplanation] {
    let request = ListJobs(
      status: JobStatus.allCases.filter { !$0.isTerminal }, trigger: .manual, workflow: name, limit: manualShown)
    return try client.call(request).jobs.map { try client.call(ExplainJob(id: $0.id)).answer }
  }

  /// Prints waiting and running jobs first, because people ask about those.
  private static func print(_ answers: [WireExplanation], _ console: Console) {
    for answer in answers.filter(\.isOpen) + answers.filter({ !$0.isOpen }) {
      let reason = answer.errorMessage.map { "\(answer.reason.closed) Error: \($0)" } ?? answer.reason
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

  /// The instant, the outcome, the start delay, and the job.
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

  /// The outcome, in a word or two: a job that failed before it started did not run.
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
  /// Whether it has at least 6 hexadecimal digits, as the end of a job id.
  var isEndOfJobID: Bool {
    let digits = filter { $0 != "-" }
    return (6...32).contains(digits.count) && digits.allSatisfy { $0.isASCII && $0.isHexDigit }
  }
}
