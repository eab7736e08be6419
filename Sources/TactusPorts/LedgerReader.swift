public import TactusModel

/// Reads committed rows; never sees what is not yet durable.
public protocol LedgerReader: Sendable {
  /// One job.
  func job(_ id: JobID, answer: @escaping Answer<Job>)
  /// The ids that end in a text of hexadecimal digits and hyphens, at most `limit`, newest first.
  func jobs(endingIn suffix: String, limit: Int, answer: @escaping Answer<[JobID]>)
  /// A page of jobs, newest first.
  func jobs(matching filter: JobFilter, answer: @escaping Answer<JobPage>)
  /// One workflow.
  func workflow(_ name: WorkflowName, answer: @escaping Answer<Workflow>)
  /// All workflows in the order of their names, after a name, at most `limit`.
  func workflows(
    state: Workflow.State?, after name: WorkflowName?, limit: Int, answer: @escaping Answer<[Workflow]>)
  /// The numbers for a status screen.
  func census(answer: @escaping Answer<Census>)
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
  public var next: Int64?

  /// Puts a page together.
  public init(jobs: [Job], next: Int64?) {
    self.jobs = jobs
    self.next = next
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
