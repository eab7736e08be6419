public import TactusModel

/// Reads committed rows.
///
/// Any thread; every call is answered once, on any queue.
///
/// A missing workflow or job is answered with notFound, an unreadable row with conflict, and a failing store with
/// unavailable.
public protocol LedgerReader: Sendable {
  /// Returns a job.
  func job(_ id: JobID, answer: @escaping Answer<Job>)
  /// Returns the job of a workflow that started, or failed to start, last; if none did, the newest job.
  ///
  /// The order is that of events.
  func newestJob(of workflow: WorkflowName, answer: @escaping Answer<Job>)
  /// Returns several jobs, in the order of the given ids.
  func jobs(_ ids: [JobID], answer: @escaping Answer<[Job]>)
  /// Returns the ids that end in a text of hexadecimal digits and hyphens, at most `limit`, newest first.
  func jobs(endingIn suffix: String, limit: Int, answer: @escaping Answer<[JobID]>)
  /// Returns a page of jobs, newest first.
  func jobs(matching filter: JobFilter, answer: @escaping Answer<JobPage>)
  /// Returns a workflow.
  func workflow(_ name: WorkflowName, answer: @escaping Answer<Workflow>)
  /// Returns workflows in the order of their names, from the first after `name`, at most `limit`.
  func workflows(
    state: Workflow.State?, after name: WorkflowName?, limit: Int, answer: @escaping Answer<[Workflow]>)
  /// Returns the counts for a status line.
  func pulse(answer: @escaping Answer<Pulse>)
  /// Returns the counts for a status screen.
  func census(answer: @escaping Answer<Census>)
  /// Returns the next runs of all workflows, or of one, earliest first, at most `limit`.
  func upcoming(
    of workflow: WorkflowName?, limit: Int, now: Instant, answer: @escaping Answer<[Upcoming]>)
  /// Explains the nominal instants of a workflow before `instant` (nil: all), newest first, at most `limit`.
  func explanations(
    of workflow: WorkflowName, before instant: Instant?, limit: Int, now: Instant,
    answer: @escaping Answer<[Explanation]>)
  /// Explains one instant of a workflow.
  func explanation(
    of workflow: WorkflowName, at instant: Instant, now: Instant, answer: @escaping Answer<Explanation>)
  /// Explains the state of a job.
  func explanation(of job: JobID, answer: @escaping Answer<Explanation>)
  /// Returns statistics of the jobs that ended in a window; `until` is not part of it.
  func statistics(
    of subject: StatisticsSubject, from: Instant, until: Instant, answer: @escaping Answer<Statistics>)
  /// Returns the oldest and the newest event.
  func eventRange(answer: @escaping Answer<EventRange>)
  /// Returns events after a number, oldest first: at most `limit`, of at most ``EventFilter/scanned`` that are
  /// examined.
  func events(after sequence: Int64, matching filter: EventFilter, limit: Int, answer: @escaping Answer<EventPage>)
}

/// A filter for events; nil values match everything.
public struct EventFilter: Hashable, Sendable {
  /// Only events of this workflow and its jobs.
  public var workflow: WorkflowName?
  /// Only events of this job.
  public var job: JobID?

  /// The most events that one page examines, so that a filter with few matches does not delay other readers.
  public static let scanned = 5000

  /// Creates a filter; without arguments it matches all events.
  public init(workflow: WorkflowName? = nil, job: JobID? = nil) {
    self.workflow = workflow
    self.job = job
  }

  /// Whether an event matches.
  public func matches(_ event: Event) -> Bool {
    (workflow == nil || event.workflow == workflow) && (job == nil || event.job == job)
  }
}

/// A page of events.
public struct EventPage: Hashable, Sendable {
  /// The events, oldest first.
  public var events: [Event]
  /// The number of the last event that was examined.
  public var through: Int64
  /// Whether that was the newest event.
  public var isLast: Bool
  /// The oldest kept event, if events before it were asked for but are no longer kept; else nil.
  public var firstKept: Int64?

  /// Creates a page.
  public init(events: [Event], through: Int64, isLast: Bool, firstKept: Int64? = nil) {
    self.events = events
    self.through = through
    self.isLast = isLast
    self.firstKept = firstKept
  }
}

/// The range of the event stream.
public struct EventRange: Hashable, Sendable {
  /// The epoch, which identifies the stream of this store.
  public var epoch: String
  /// The number of the oldest kept event; one more than the newest if no events are kept.
  public var oldest: Int64
  /// The number of the newest event; 0 before the first.
  public var newest: Int64

  /// Creates a range.
  public init(epoch: String, oldest: Int64, newest: Int64) {
    self.epoch = epoch
    self.oldest = oldest
    self.newest = newest
  }
}

/// The subjects of statistics.
public enum StatisticsSubject: Hashable, Sendable {
  /// All jobs.
  case all
  /// The jobs of a workflow.
  case workflow(WorkflowName)
  /// The jobs of a queue.
  case queue(QueueName)
  /// The jobs of a kind.
  case kind(Kind)
}

/// A filter for jobs; nil and empty values match everything.
public struct JobFilter: Hashable, Sendable {
  /// Only jobs in one of these statuses.
  public var statuses: Set<JobStatus> = []
  /// Only jobs with this trigger.
  public var trigger: Trigger?
  /// Only jobs of this workflow.
  public var workflow: WorkflowName?
  /// Only jobs of this kind.
  public var kind: Kind?
  /// Only jobs of this queue.
  public var queue: QueueName?
  /// Only jobs in this phase.
  public var phase: Phase?
  /// Only jobs with this error code.
  public var errorCode: ErrorCode?
  /// Only jobs scheduled at this instant or later.
  public var since: Instant?
  /// Only jobs scheduled before this instant.
  public var until: Instant?
  /// Only rows older than this position; nil for the newest.
  public var before: Int64?
  /// The most jobs of a page, 1 … 1000.
  public var limit = 50

  /// Creates a filter that matches all jobs, with the default page size.
  public init() {}
}

/// A page of jobs.
public struct JobPage: Hashable, Sendable {
  /// The jobs, newest first.
  public var jobs: [Job]
  /// The position where the next page begins; nil on the last page.
  ///
  /// A page may end early, so that filters with few matches do not delay other readers.
  public var next: Int64?

  /// Creates a page.
  public init(jobs: [Job], next: Int64?) {
    self.jobs = jobs
    self.next = next
  }
}

/// The counts for a status line.
public struct Pulse: Hashable, Sendable {
  /// The number of QUEUED jobs, including claimed ones.
  public var queued: Int
  /// The number of RUNNING jobs.
  public var running: Int
  /// The earliest start time of any PENDING/scheduled row; nil if there are no such rows.
  public var nextDue: Instant?

  /// Creates a pulse.
  public init(queued: Int, running: Int, nextDue: Instant?) {
    self.queued = queued
    self.running = running
    self.nextDue = nextDue
  }
}

/// The counts of the whole ledger.
public struct Census: Hashable, Sendable {
  /// The id of the store.
  public var storeID: String
  /// The number of jobs by status; statuses without jobs are absent.
  public var jobs: [JobStatus: Int]
  /// The number of QUEUED and RUNNING jobs by queue.
  public var queues: [QueueName: QueueCount]
  /// The number of ACTIVE workflows.
  public var activeWorkflows: Int
  /// The number of TERMINATED workflows.
  public var terminatedWorkflows: Int
  /// The earliest start time of any PENDING/scheduled row; nil if there are no such rows.
  public var nextDue: Instant?
  /// The size on disk, in bytes.
  public var storeBytes: Int64

  /// Creates a census.
  public init(
    storeID: String, jobs: [JobStatus: Int], queues: [QueueName: QueueCount], activeWorkflows: Int,
    terminatedWorkflows: Int, nextDue: Instant?, storeBytes: Int64
  ) {
    self.storeID = storeID
    self.jobs = jobs
    self.activeWorkflows = activeWorkflows
    self.terminatedWorkflows = terminatedWorkflows
    self.nextDue = nextDue
    self.storeBytes = storeBytes
    self.queues = queues
  }

  /// The number of live jobs of a queue.
  public struct QueueCount: Hashable, Sendable {
    /// The number of QUEUED jobs, including claimed ones.
    public var queued: Int
    /// The number of RUNNING jobs.
    public var running: Int

    /// Creates a count.
    public init(queued: Int, running: Int) {
      self.queued = queued
      self.running = running
    }
  }
}
