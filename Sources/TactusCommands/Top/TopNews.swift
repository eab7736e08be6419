import TactusModel
import TactusProtocol

/// What has changed and was not asked about yet: a thousand events are as many questions as one.
struct TopNews {
  private var isDaemonChanged = false
  private var isRunningChanged = false
  private var areEndsChanged = false
  private var isUpcomingChanged = false
  private var areWorkflowsChanged = false
  /// Jobs that ended, oldest first.
  private var ended: [String] = []
  /// Workflows whose failures may have changed.
  private var workflows: Set<String> = []

  /// Nothing.
  init() {}

  /// Everything: for a connection that is new.
  static var everything: TopNews {
    var news = TopNews()
    news.isDaemonChanged = true
    news.isRunningChanged = true
    news.areEndsChanged = true
    news.isUpcomingChanged = true
    news.areWorkflowsChanged = true
    return news
  }

  /// Every event changes a count.
  var isEmpty: Bool { !isDaemonChanged }

  /// Ends that are asked about one by one; with more, the older ones have left the screen anyway.
  static let endLimit = 50
  /// Workflows that are asked about one by one; with more, all are.
  static let workflowLimit = 100

  mutating func add(_ event: ReadEvents.Reply) {
    guard let type = event.type.flatMap(EventType.init) else {
      // A place in the stream; or a word of a newer daemon, of which only the counts are known.
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

  /// What has to be asked; nothing is left then.
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
