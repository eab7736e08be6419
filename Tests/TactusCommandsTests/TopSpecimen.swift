import TactusModel
import TactusProtocol

@testable import TactusCommands

/// Sample states of `top`.
enum TopSpecimen {
  /// All states by name.
  ///
  /// Tests take the name as their argument, because a log should not contain 300 jobs.
  static let named = ["empty": empty, "usual": usual, "full": full, "hostile": hostile, "away": away]

  /// The state before the first answer.
  static let empty = TopState()

  /// The state of a small machine.
  static let usual: TopState = {
    var state = TopState()
    state.take(.daemon(Canned.description))
    var running = Canned.jobs[1]
    running.timeoutMs = 120_000
    state.take(.running([running]))
    state.take(.ends(Canned.jobs))
    state.take(
      .workflows(
        [
          workflow("good", failures: 0), workflow("probe", failures: 2), workflow("given-up", failures: 4, .user),
          workflow("backup", failures: 5, of: 5, .consecutiveFailures),
        ], isFirst: true, next: nil))
    state.take(.upcoming([run("probe", 30), run("probe", 60), run("nightly", 240), run("backup", 86_400)]))
    return state
  }()

  /// A state with more entries than fit on any terminal.
  static let full: TopState = {
    var state = usual
    var description = Canned.description
    description.jobs = JobCounts(
      Dictionary(uniqueKeysWithValues: JobStatus.allCases.map { ($0, $0 == .running ? 300 : 12_345_678) }))
    description.queues = (0..<120).map { index in
      var queue = Canned.description.queues[0]
      queue.name = "queue-\(index)"
      queue.running = index % 5
      return queue
    }
    state.take(.daemon(description))
    state.take(.running((0..<200).map { job($0, Canned.jobs[1]) }))
    state.take(.ends((200..<400).map { job($0, Canned.jobs[3]) }))
    state.take(
      .workflows((0..<150).map { workflow("failing-\($0)", failures: $0 + 1) }, isFirst: true, next: nil))
    state.take(.upcoming((0..<200).map { run("upcoming-\($0)", Double($0)) }))
    return state
  }()

  /// A state with control characters in its texts.
  static let hostile: TopState = {
    var state = usual
    let words = "\u{1B}]0;pwned\u{7}\u{9B}2J\r\n\t\u{0}\u{202E}漢字👩‍👩‍👧e\u{301}\u{FF21}\u{AD}ñ"
    var description = Canned.description
    description.version = words
    description.queues[0].name = words
    description.lastErrors = [Incident(at: CannedDaemon.now, message: words)]
    state.take(.daemon(description))
    var job = Canned.jobs[1]
    job.workflow = words
    job.queue = words
    job.id = words
    state.take(.running([job]))
    job = Canned.jobs[2]
    job.workflow = words
    state.take(.ends([job]))
    return state
  }()

  /// The state after the daemon has become unavailable.
  static let away: TopState = {
    var state = usual
    state.lose("no daemon answers: Connection refused", at: CannedDaemon.now)
    return state
  }()

  static func job(_ number: Int, _ like: WireJob) -> WireJob {
    var job = like
    job.id = "\(1_000_000_000 + number)"
    job.workflow = "job-\(number)"
    return job
  }

  static func workflow(
    _ name: String, failures: Int, of most: Int? = nil, _ reason: Workflow.TerminatedReason? = nil
  ) -> WireWorkflow {
    var workflow = WireWorkflow(Canned.workflow(name), withDefinition: false)
    workflow.consecutiveFailures = failures
    workflow.maxConsecutiveFailures = most
    workflow.state = .known(reason == nil ? .active : .terminated)
    workflow.terminatedReason = reason.map(Word.init)
    if reason != nil { workflow.nextAt = nil }
    return workflow
  }

  static func run(_ name: String, _ seconds: Double) -> WireUpcoming {
    guard let name = WorkflowName(name) else { fatalError("\(name) is not a valid name") }
    return WireUpcoming(
      Upcoming(workflow: name, kind: .command, trigger: .automatic, nominalAt: Canned.at(seconds), job: nil))
  }
}
