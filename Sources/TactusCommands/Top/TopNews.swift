import TactusModel
import TactusProtocol

/// Collects changes for the next queries: a thousand events cause as many queries as one.
struct TopNews {
  private var isDaemonChanged = false
  private var isRunningChanged = false
  private var areEndsChanged = false
  private var isUpcomingChanged = false
  private var areWorkflowsChanged = false
  /// The jobs that ended, oldest first.
  private var ended: [String] = []
  /// The workflows whose failures may have changed.
  private var workflows: Set<String> = []

  /// Creates an empty collection.
  init() {}

  /// All changes: for a new connection.
  static var everything: TopNews {
    var news = TopNews()
    news.isDaemonChanged = true
    news.isRunningChanged = true
    news.areEndsChanged = true
    news.isUpcomingChanged = true
    news.areWorkflowsChanged = true
    return news
  }

  /// Whether nothing changed; every event changes a count.
  var isEmpty: Bool { !isDaemonChanged }

  /// The largest number of ended jobs that are queried one by one; older ones no longer fit the screen.
  static let endLimit = 50
  /// The largest number of workflows that are queried one by one; with more, all are queried.
  static let workflowLimit = 100

  mutating func add(_ event: ReadEvents.Reply) {
    guard let type = event.type.flatMap(EventType.init) else {
      // A position in the stream; or a type of a newer daemon, which can only change counts.
      if event.type != nil { isDaemonChanged = true }
      return
    }
    isDaemonChanged = true
    switch type {
    case .jobPending, .jobScheduled, .jobQueued: isUpcomingChanged = true
    case .jobRunning: isRunningChanged = true
    case .jobCompleted, .jobFailed, .jobCanceled:
      isRunningChanged = true
      if type == .jobCanceled { isUpcomingChanged = true }
      if type == .jobFailed, let name = event.workflow { workflows.insert(name) }
      if let job = event.job { ended.append(job) }
      if ended.count > 2 * Self.endLimit { ended.removeFirst(ended.count - Self.endLimit) }
    case .workflowCreated, .workflowChanged, .workflowTerminated, .workflowResumed, .workflowDeleted, .workflowFailing,
      .workflowRecovered:
      isUpcomingChanged = true
      if let name = event.workflow { workflows.insert(name) }
    case .daemonStarted, .daemonStopping, .workflowBuildStarted, .workflowBuildProgress, .workflowBuildCompleted,
      .workflowBuildFailed:
      break
    case .daemonReloaded: isUpcomingChanged = true
    }
  }

  /// Returns the next queries, and empties the collection.
  mutating func take() -> [TopQuestion] {
    guard !isEmpty else { return [] }
    var questions: [TopQuestion] = [.daemon]
    if isRunningChanged { questions.append(.running) }
    if areEndsChanged { questions.append(.ends) }
    if isUpcomingChanged { questions.append(.upcoming) }
    if areWorkflowsChanged || workflows.count > Self.workflowLimit {
      questions.append(.workflows(after: nil))
    } else {
      questions += workflows.sorted().map { .workflow($0) }
    }
    questions += ended.suffix(Self.endLimit).map { .job($0) }
    self = TopNews()
    return questions
  }
}
