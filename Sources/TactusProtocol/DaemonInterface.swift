public import TactusModel

/// `io.tactus.Daemon.Describe`: the numbers of a status screen.
public struct Describe: Request {
  /// The full name.
  public static let method = "io.tactus.Daemon.Describe"
  /// None.
  public static let parameters: [String] = []
  /// What anybody may see.
  public static let right = Right.look

  /// The only one.
  public init() {}

  /// How the daemon is.
  public struct Reply: Codable, Hashable, Sendable {
    /// The daemon's version.
    public var version: String
    /// Its process.
    public var pid: Int
    /// When it was started.
    public var startedAt: Instant
    /// How it is.
    public var state: Word<DaemonState>
    /// Jobs by status.
    public var jobs: JobCounts
    /// All queues, in the order of their names.
    public var queues: [WireQueue]
    /// Workflows by state.
    public var workflows: WorkflowCounts
    /// The store's own id.
    public var storeID: String
    /// Bytes on disk.
    public var storeBytes: Int64
    /// When the next job is due; nil if none is planned.
    public var nextDue: Instant?
    /// The newest incidents, newest first.
    public var lastErrors: [Incident]
    /// Why it is degraded; nil if it is not.
    ///
    /// While the store does not answer, the numbers are those that were known last.
    public var reason: String?

    /// Puts a description together.
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

/// How the daemon is.
public enum DaemonState: String, CaseIterable, Codable, Sendable {
  /// All is well.
  case running
  /// The store cannot be written, or does not answer: nothing new is started.
  case degraded
  /// It drains.
  case stopping
}

/// How many jobs have each status.
public struct JobCounts: Codable, Hashable, Sendable {
  private var counts: [JobStatus: Int]

  /// Wraps counts; a status that is absent counts 0.
  public init(_ counts: [JobStatus: Int]) {
    self.counts = Dictionary(uniqueKeysWithValues: JobStatus.allCases.map { ($0, counts[$0] ?? 0) })
  }

  /// The count of one status.
  public subscript(status: JobStatus) -> Int { counts[status] ?? 0 }

  /// Reads one member for each status.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: StatusKey.self)
    self.init([:])
    for key in StatusKey.allCases { counts[key.status] = try container.decode(Int.self, forKey: key) }
  }

  /// Writes one member for each status, named like it.
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

/// How many workflows are in each state.
public struct WorkflowCounts: Codable, Hashable, Sendable {
  /// Those that plan.
  public var active: Int
  /// Those that do not.
  public var terminated: Int

  /// Puts counts together.
  public init(active: Int, terminated: Int) {
    self.active = active
    self.terminated = terminated
  }
}

/// A queue and how full it is.
public struct WireQueue: Codable, Hashable, Sendable {
  /// Its name.
  public var name: String
  /// RUNNING jobs.
  public var running: Int
  /// QUEUED jobs.
  public var queued: Int
  /// How many may run at once.
  public var maxRunning: Int
  /// How many may be QUEUED at once.
  public var maxQueued: Int

  /// Puts a queue together.
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

/// Something that an operator should know.
public struct Incident: Codable, Hashable, Sendable {
  /// When it was seen.
  public var at: Instant
  /// One sentence.
  public var message: String

  /// Puts an incident together.
  public init(at: Instant, message: String) {
    self.at = at
    self.message = message
  }
}
