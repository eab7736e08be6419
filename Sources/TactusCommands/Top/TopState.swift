import TactusModel
import TactusProtocol

/// The data that `top` shows.
struct TopState {
  /// The reason and the start of a time without a connection.
  struct Absence: Equatable {
    let reason: String
    let since: Instant
  }

  private(set) var daemon: Describe.Reply?
  /// Running jobs, longest first.
  private(set) var running: [WireJob] = []
  /// Ended jobs, latest first.
  private(set) var ends: [WireJob] = []
  private var failingByName: [String: WireWorkflow] = [:]
  /// The next run of each workflow, earliest first.
  private(set) var upcoming: [WireUpcoming] = []
  private(set) var absence: Absence?
  var isPaused = false

  /// Workflows that failures terminated first, then those with most failures.
  var failing: [WireWorkflow] { failingByName.values.sorted { Self.rank($0) < Self.rank($1) } }

  mutating func take(_ answer: TopAnswer) {
    switch answer {
    case .daemon(let daemon):
      self.daemon = daemon
      absence = nil
    case .running(let jobs):
      running = jobs.sorted {
        ($0.startedEvent ?? .max, $0.startedAt ?? $0.createdAt, $0.id)
          < ($1.startedEvent ?? .max, $1.startedAt ?? $1.createdAt, $1.id)
      }
    case .ends(let jobs):
      ends = []
      add(jobs)
    case .upcoming(let runs):
      var seen: Set<String> = []
      upcoming = runs.filter { seen.insert($0.workflow).inserted }
    case .workflows(let page, let isFirst, _):
      if isFirst { failingByName = [:] }
      for workflow in page { replace(workflow.name, with: workflow) }
    case .job(let job): add([job])
    case .workflow(let workflow): replace(workflow.name, with: workflow)
    case .none(.workflow(let name)): replace(name, with: nil)
    case .none: break
    }
  }

  /// Records that the connection was lost; the last data stay on the screen.
  mutating func lose(_ reason: String, at instant: Instant) {
    absence = Absence(reason: reason, since: absence?.since ?? instant)
  }

  private mutating func add(_ jobs: [WireJob]) {
    let known = Set(ends.map(\.id))
    ends += jobs.filter { $0.status.isTerminal && !known.contains($0.id) }
    ends.sort {
      ($0.endedEvent ?? .max, $0.completedAt ?? $0.createdAt, $0.id)
        > ($1.endedEvent ?? .max, $1.completedAt ?? $1.createdAt, $1.id)
    }
    ends.removeLast(max(0, ends.count - TopQuestion.limit))
  }

  private mutating func replace(_ name: String, with workflow: WireWorkflow?) {
    failingByName[name] = workflow?.isFailing == true ? workflow : nil
  }

  private static func rank(_ workflow: WireWorkflow) -> (Int, Int, String) {
    (workflow.state == .terminated ? 0 : 1, -workflow.consecutiveFailures, workflow.name)
  }
}

extension WireWorkflow {
  /// Whether its last runs failed; a workflow that a person terminated does not count.
  var isFailing: Bool {
    state == .active ? consecutiveFailures > 0 : terminatedReason == .consecutiveFailures
  }
}
