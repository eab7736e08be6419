import TactusFuzzing
import TactusModel
import TactusProtocol
import TactusTransport

/// The answers of the canned daemon about past and future runs, waits and events.
extension Canned {
  static func answerMore(_ operation: TactusFuzzing.Operation, _ reply: ReplyPort) throws(CallFailure) {
    switch operation {
    case .deleteWorkflow(let request):
      guard request.name == "nightly" else { throw .conflict(reason: "\(request.name) plans; terminate it first") }
      reply.answer(request, with: Done())
    case .scheduleJob(let request):
      guard let job = job(named: request.id), job.status == .pending else {
        throw .conflict(reason: "the job is not planned any more")
      }
      reply.answer(request, with: Done())
    case .waitForJobs(let request): wait(request, reply)
    case .readEvents(let request):
      guard request.after != "old:1" else { throw .expired(oldest: "epoch:41") }
      let end = ReadEvents.Reply(position: EventPosition(epoch: "epoch", sequence: 4711))
      reply.send(events, to: request) { _ in reply.answer(request, with: end) }
    case .listUpcoming(let request): reply.answer(request, with: ListUpcoming.Reply(runs: runs))
    case .explainWorkflow(let request):
      guard request.name == "nightly" else { throw .notFound(entity: "workflow", id: request.name) }
      let answers = request.at == nil ? explanations : [explanations[1]]
      reply.answer(request, with: ExplainWorkflow.Reply(answers: answers, nextCursor: nil))
    case .explainJob(let request):
      guard let job = job(named: request.id) else { throw .notFound(entity: "job", id: request.id) }
      let explanation = Explanation(of: job, in: Explanation.Circumstances())
      reply.answer(request, with: ExplainJob.Reply(answer: WireExplanation(explanation)))
    case .readStatistics(let request):
      guard request.queue != "none" else { throw .invalid(field: "queue", reason: "there is no queue 'none'") }
      reply.answer(request, with: ReadStatistics.Reply(statistics))
    default: throw .methodNotImplemented(method: "canned")
    }
  }

  /// Reports the jobs that have ended, and never ends the wait for the others.
  private static func wait(_ request: WaitForJobs, _ reply: ReplyPort) {
    let wanted = request.ids.compactMap { id in jobs.first { $0.id.hasSuffix(id) } }
    let ended = wanted.filter(\.status.isTerminal).map { WaitForJobs.Reply(job: $0) }
    reply.whenGone { reply.fail(.unavailable(reason: "no client")) }
    guard ended.count == wanted.count, let last = ended.last else { return reply.send(ended, to: request) { _ in } }
    reply.send(ended.dropLast(), to: request) { _ in reply.answer(request, with: last) }
  }

  private static func job(named suffix: String) -> Job? {
    ids.firstIndex { $0.hasSuffix(suffix) }.flatMap { index in JobID(ids[index]).map { job($0, index) } }
  }

  static let events: [ReadEvents.Reply] = {
    let events = [
      Event(sequence: 41, at: at(-90_061.25), type: .workflowTerminated, workflow: WorkflowName("nightly")),
      Event(
        sequence: 42, at: at(-3), type: .jobRunning, workflow: WorkflowName("nightly"), job: JobID(ids[1]),
        status: .running),
      Event(
        sequence: 43, at: at(-2),
        type: .jobFailed, workflow: WorkflowName("a-workflow-with-a-name-that-is-far-too-long-for-a-narrow-table-x"),
        job: JobID(ids[3]), status: .failed, errorCode: .exitNonzero),
      Event(sequence: 4711, at: at(0), type: .daemonStopping),
    ]
    return events.map { ReadEvents.Reply($0, epoch: "epoch") }
  }()

  private static let runs: [WireUpcoming] = {
    guard let nightly = WorkflowName("nightly"),
      let long = WorkflowName("a-workflow-with-a-name-that-is-far-too-long-for-a-narrow-table-x")
    else { return [] }
    let runs = [
      Upcoming(workflow: nightly, kind: .command, trigger: .automatic, nominalAt: at(240), job: JobID(ids[0])),
      Upcoming(workflow: long, kind: .heartbeat, trigger: .manual, nominalAt: at(5640), job: nil),
    ]
    return runs.map(WireUpcoming.init)
  }()

  static let explanations: [WireExplanation] = {
    let instants = [240, -60, -7200, -7260].map(at)
    func job(_ index: Int) -> Job? { JobID(ids[index]).map { Self.job($0, index) } }
    var late = job(3)
    late?.scheduledAt = at(-200)
    late?.queuedAt = at(-200)
    late?.claimedAt = at(-180)
    let explanations = [
      Explanation(
        nominalAt: instants[1], outcome: .ran, job: late, reason: .state(Explanation.Circumstances())),
      Explanation(nominalAt: instants[0], outcome: .planned, reason: .notYetPlanned(upTo: at(180))),
      Explanation(
        nominalAt: instants[3], lastAt: instants[2], count: 61, outcome: .coalesced, decidedAt: at(-60),
        reason: .decision(.coalesced)),
    ]
    return explanations.map { WireExplanation($0) }
  }()

  /// Statistics of a day with more and more runs.
  ///
  /// In the last hour one run in four failed.
  private static let statistics: Statistics = {
    var statistics = Statistics(from: at(-86_400), until: at(0))
    for hour in 0..<24 {
      for run in 0..<(hour / 3) {
        let start = at(Double(-86_400 + 3600 * hour + run))
        statistics.add(
          status: hour == 23 && run % 4 == 0 ? .failed : .completed,
          completedAt: start + .milliseconds(100 * (run + 1)),
          duration: .milliseconds(100 * (run + 1)), startDelay: .milliseconds(4))
      }
    }
    return statistics
  }()
}
