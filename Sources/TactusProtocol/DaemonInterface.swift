public import TactusModel

/// `io.tactus.Daemon.Describe`: the state of the daemon and its numbers.
public struct Describe: Request {
  /// The full name of the method.
  public static let method = "io.tactus.Daemon.Describe"
  /// No parameters.
  public static let parameters: [String] = []
  /// Open to all users.
  public static let right = Right.look

  /// Creates a request.
  public init() {}

  /// The state of the daemon.
  public struct Reply: Codable, Hashable, Sendable {
    /// The daemon's version.
    public var version: String
    /// The id of its process.
    public var pid: Int
    /// The time of its start.
    public var startedAt: Instant
    /// Its state.
    public var state: Word<DaemonState>
    /// Jobs by status.
    public var jobs: JobCounts
    /// All queues, in the order of their names.
    public var queues: [WireQueue]
    /// Workflows by state.
    public var workflows: WorkflowCounts
    /// The id of the store.
    public var storeID: String
    /// The size of the store on disk, in bytes.
    public var storeBytes: Int64
    /// The time at which the next job is due; nil if nothing is planned.
    public var nextDue: Instant?
    /// The newest incidents, newest first.
    public var lastErrors: [Incident]
    /// The reason why the daemon is degraded; nil in any other state.
    ///
    /// While the store does not answer, the numbers are the last known ones.
    public var reason: String?

    /// Creates a reply.
    public init(
      version: String, pid: Int, startedAt: Instant, state: DaemonState, jobs: JobCounts, queues: [WireQueue],
      workflows: WorkflowCounts, storeID: String, storeBytes: Int64, nextDue: Instant?, lastErrors: [Incident],
      reason: String? = nil
    ) {
      self.version = version
      self.pid = pid
      self.startedAt = startedAt
      self.state = Word(state)
      self.jobs = jobs
      self.queues = queues
      self.workflows = workflows
      self.storeID = storeID
      self.storeBytes = storeBytes
      self.nextDue = nextDue
      self.lastErrors = lastErrors
      self.reason = reason
    }

    enum CodingKeys: String, CodingKey {
      case version, pid
      case startedAt = "started_at"
      case state, jobs, queues, workflows
      case storeID = "store_id"
      case storeBytes = "store_bytes"
      case nextDue = "next_due"
      case lastErrors = "last_errors"
      case reason
    }
  }
}

/// The state of the daemon.
public enum DaemonState: String, CaseIterable, Codable, Sendable {
  /// The normal state.
  case running
  /// The store cannot be written or does not answer, so no new job is started.
  case degraded
  /// The daemon waits for running jobs to end.
  case stopping
}

/// The number of jobs in each status.
public struct JobCounts: Codable, Hashable, Sendable {
  private var counts: [JobStatus: Int]

  /// Creates counts; an absent status counts 0.
  public init(_ counts: [JobStatus: Int]) {
    self.counts = Dictionary(uniqueKeysWithValues: JobStatus.allCases.map { ($0, counts[$0] ?? 0) })
  }

  /// Returns the count of a status.
  public subscript(status: JobStatus) -> Int { counts[status] ?? 0 }

  /// Reads one member for each status.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: StatusKey.self)
    self.init([:])
    for key in StatusKey.allCases { counts[key.status] = try container.decode(Int.self, forKey: key) }
  }

  /// Writes one member for each status, with its name.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: StatusKey.self)
    for key in StatusKey.allCases { try container.encode(self[key.status], forKey: key) }
  }

  private struct StatusKey: CodingKey, CaseIterable {
    static let allCases = JobStatus.allCases.map(StatusKey.init)
    let status: JobStatus
    var stringValue: String { status.rawValue }
    var intValue: Int? { nil }
    init(_ status: JobStatus) { self.status = status }
    init?(intValue: Int) { nil }
    init?(stringValue: String) {
      guard let status = JobStatus(rawValue: stringValue) else { return nil }
      self.status = status
    }
  }
}

/// The number of workflows in each state.
public struct WorkflowCounts: Codable, Hashable, Sendable {
  /// ACTIVE workflows.
  public var active: Int
  /// TERMINATED workflows.
  public var terminated: Int

  /// Creates counts.
  public init(active: Int, terminated: Int) {
    self.active = active
    self.terminated = terminated
  }
}

/// A queue, its jobs and its limits.
public struct WireQueue: Codable, Hashable, Sendable {
  /// Its name.
  public var name: String
  /// RUNNING jobs.
  public var running: Int
  /// QUEUED jobs.
  public var queued: Int
  /// The largest number of RUNNING jobs.
  public var maxRunning: Int
  /// The largest number of QUEUED jobs.
  public var maxQueued: Int

  /// Creates a queue.
  public init(name: QueueName, running: Int, queued: Int, limits: QueueLimits) {
    self.name = name.text
    self.running = running
    self.queued = queued
    maxRunning = limits.maxRunning
    maxQueued = limits.maxQueued
  }

  enum CodingKeys: String, CodingKey {
    case name, running, queued
    case maxRunning = "max_running"
    case maxQueued = "max_queued"
  }
}

/// An incident that an operator should know.
public struct Incident: Codable, Hashable, Sendable {
  /// The time of the incident.
  public var at: Instant
  /// The message.
  public var message: String

  /// Creates an incident.
  public init(at: Instant, message: String) {
    self.at = at
    self.message = message
  }
}
