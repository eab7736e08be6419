import TactusModel
import TactusProtocol

/// What `top` knows.
struct TopState {
  /// Why nothing comes, and since when.
  struct Absence: Equatable {
    let reason: String
    let since: Instant
  }

  private(set) var daemon: Describe.Reply?
  /// The longest first.
  private(set) var running: [WireJob] = []
  /// The latest first.
  private(set) var ends: [WireJob] = []
  private var failingByName: [String: WireWorkflow] = [:]
  /// The next run of each workflow, the next first.
  private(set) var upcoming: [WireUpcoming] = []
  private(set) var absence: Absence?
  var isPaused = false

  /// Those that were terminated for it first, then those that failed most.
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

  /// The daemon went away; what was known stays on the screen as it was.
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
  /// Whether its last runs failed; one that a person terminated is nobody's worry.
  var isFailing: Bool {
    state == .active ? consecutiveFailures > 0 : terminatedReason == .consecutiveFailures
  }
}
