public import TactusModel

/// Reads committed rows; never sees what is not yet durable.
public protocol LedgerReader: Sendable {
  /// One job.
  func job(_ id: JobID, answer: @escaping Answer<Job>)
  /// The job of a workflow that began last, or failed to, in the order of events; of none that did, the one made last.
  func newestJob(of workflow: WorkflowName, answer: @escaping Answer<Job>)
  /// Several jobs, in the order of their ids.
  func jobs(_ ids: [JobID], answer: @escaping Answer<[Job]>)
  /// The ids that end in a text of hexadecimal digits and hyphens, at most `limit`, newest first.
  func jobs(endingIn suffix: String, limit: Int, answer: @escaping Answer<[JobID]>)
  /// A page of jobs, newest first.
  func jobs(matching filter: JobFilter, answer: @escaping Answer<JobPage>)
  /// One workflow.
  func workflow(_ name: WorkflowName, answer: @escaping Answer<Workflow>)
  /// All workflows in the order of their names, after a name, at most `limit`.
  func workflows(
    state: Workflow.State?, after name: WorkflowName?, limit: Int, answer: @escaping Answer<[Workflow]>)
  /// The numbers for a status line.
  func pulse(answer: @escaping Answer<Pulse>)
  /// The numbers for a status screen.
  func census(answer: @escaping Answer<Census>)
  /// The next runs of all workflows, or of one, earliest first, at most `limit`.
  func upcoming(
    of workflow: WorkflowName?, limit: Int, now: Instant, answer: @escaping Answer<[Upcoming]>)
  /// What became of the nominal instants of a workflow before one (nil: of all), newest first, at most `limit`.
  func explanations(
    of workflow: WorkflowName, before instant: Instant?, limit: Int, now: Instant,
    answer: @escaping Answer<[Explanation]>)
  /// What became of one instant of a workflow.
  func explanation(
    of workflow: WorkflowName, at instant: Instant, now: Instant, answer: @escaping Answer<Explanation>)
  /// Why a job is where it is.
  func explanation(of job: JobID, answer: @escaping Answer<Explanation>)
  /// What ended in a window, and how.
  func statistics(
    of subject: StatisticsSubject, from: Instant, until: Instant, answer: @escaping Answer<Statistics>)
  /// Where the event stream begins and ends.
  func eventRange(answer: @escaping Answer<EventRange>)
  /// Events after a number, oldest first: at most `limit`, of at most ``EventFilter/scanned`` that are looked at.
  func events(after sequence: Int64, matching filter: EventFilter, limit: Int, answer: @escaping Answer<EventPage>)
}

/// Which events are wanted; nil filters nothing.
public struct EventFilter: Hashable, Sendable {
  /// Of this workflow and its jobs.
  public var workflow: WorkflowName?
  /// Of this job.
  public var job: JobID?

  /// Events that one page looks at, at most, so that a filter that finds nothing does not hold up other readers.
  public static let scanned = 5000

  /// A filter.
  public init(workflow: WorkflowName? = nil, job: JobID? = nil) {
    self.workflow = workflow
    self.job = job
  }

  /// Whether an event is wanted.
  public func matches(_ event: Event) -> Bool {
    (workflow == nil || event.workflow == workflow) && (job == nil || event.job == job)
  }
}

/// Some events, and how far was looked.
public struct EventPage: Hashable, Sendable {
  /// Oldest first.
  public var events: [Event]
  /// Everything up to here was looked at.
  public var through: Int64
  /// Whether that was the newest.
  public var isLast: Bool
  /// The first that was looked at, if the one that was asked for is no longer kept.
  public var firstKept: Int64?

  /// Puts a page together.
  public init(events: [Event], through: Int64, isLast: Bool, firstKept: Int64? = nil) {
    self.events = events
    self.through = through
    self.isLast = isLast
    self.firstKept = firstKept
  }
}

/// Where the event stream begins and ends.
public struct EventRange: Hashable, Sendable {
  /// Names this store's stream.
  public var epoch: String
  /// The oldest event that is kept; one more than the newest if there is none.
  public var oldest: Int64
  /// The newest event; 0 before the first.
  public var newest: Int64

  /// Puts a range together.
  public init(epoch: String, oldest: Int64, newest: Int64) {
    self.epoch = epoch
    self.oldest = oldest
    self.newest = newest
  }
}

/// What statistics are of.
public enum StatisticsSubject: Hashable, Sendable {
  /// All jobs.
  case all
  /// Those of a workflow.
  case workflow(WorkflowName)
  /// Those of a queue.
  case queue(QueueName)
  /// Those of a kind.
  case kind(Kind)
}

/// Which jobs to list; nil and empty filter nothing.
public struct JobFilter: Hashable, Sendable {
  /// Any of these.
  public var statuses: Set<JobStatus> = []
  /// This trigger.
  public var trigger: Trigger?
  /// This workflow.
  public var workflow: WorkflowName?
  /// This kind.
  public var kind: Kind?
  /// This queue.
  public var queue: QueueName?
  /// This phase.
  public var phase: Phase?
  /// This reason of failure or cancellation.
  public var errorCode: ErrorCode?
  /// Scheduled then or later.
  public var since: Instant?
  /// Scheduled before.
  public var until: Instant?
  /// Rows older than this position; nil for the newest.
  public var before: Int64?
  /// 1 … 1000.
  public var limit = 50

  /// No filter, the default page.
  public init() {}
}

/// A page of jobs.
public struct JobPage: Hashable, Sendable {
  /// Newest first.
  public var jobs: [Job]
  /// Where the next page begins; nil on the last.
  ///
  /// A page may end early, so that a combination of filters that finds
  /// little does not hold up other readers.
  public var next: Int64?

  /// Puts a page together.
  public init(jobs: [Job], next: Int64?) {
    self.jobs = jobs
    self.next = next
  }
}

/// What goes on, in three numbers.
public struct Pulse: Hashable, Sendable {
  /// QUEUED jobs, claimed ones included.
  public var queued: Int
  /// RUNNING jobs.
  public var running: Int
  /// The earliest start time of any PENDING/scheduled row.
  public var nextDue: Instant?

  /// Puts a pulse together.
  public init(queued: Int, running: Int, nextDue: Instant?) {
    self.queued = queued
    self.running = running
    self.nextDue = nextDue
  }
}

/// Numbers over the whole ledger.
public struct Census: Hashable, Sendable {
  /// The store's own id.
  public var storeID: String
  /// Jobs by status; statuses without jobs are absent.
  public var jobs: [JobStatus: Int]
  /// QUEUED and RUNNING jobs by queue.
  public var queues: [QueueName: QueueCount]
  /// ACTIVE workflows.
  public var activeWorkflows: Int
  /// TERMINATED workflows.
  public var terminatedWorkflows: Int
  /// The earliest start time of any PENDING/scheduled row.
  public var nextDue: Instant?
  /// Bytes on disk.
  public var storeBytes: Int64

  /// Puts a census together.
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

  /// How many jobs of a queue are live.
  public struct QueueCount: Hashable, Sendable {
    /// QUEUED ones, claimed ones included.
    public var queued: Int
    /// RUNNING ones.
    public var running: Int

    /// Puts counts together.
    public init(queued: Int, running: Int) {
      self.queued = queued
      self.running = running
    }
  }
}
