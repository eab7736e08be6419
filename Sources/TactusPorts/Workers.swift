public import TactusModel

/// What the scheduling worker and the control socket tell the execution worker.
///
/// All calls return at once and take effect in order.
public protocol Execution: Sendable {
  /// These jobs are QUEUED now.
  func enqueue(_ jobs: [QueuedJob])
  /// The rows of these jobs were closed: they are not to be started, and what was claimed is not heard of any more.
  func withdraw(_ ids: [JobID])
  /// The images of these workflows are to be prepared.
  func prepare(_ preparations: [Preparation])
  /// These attempts are to be stopped; the reasons are durable.
  func stop(_ reasons: [JobID: StopReason])
}

/// What the execution worker tells the scheduling worker.
///
/// All calls return at once and take effect in order.
public protocol Scheduling: Sendable {
  /// A job of this workflow ended: what waits for it may go.
  func ended(_ workflow: WorkflowID)
  /// A job of this queue left QUEUED: what waits for room may go.
  func roomMade(in queue: QueueName)
  /// The plan was changed by an end (its workflow was terminated).
  func follow(change: PlanChange)
}

/// Where those who handle incidents tell them, once; any queue; never blocks.
public protocol Journal: Sendable {
  /// Tells an operator something.
  func tell(_ entry: JournalEntry)
}

/// One message to the operator.
public struct JournalEntry: Hashable, Sendable {
  /// How much it matters; the numbers of syslog(3).
  public enum Priority: Int, Sendable {
    /// Something failed and somebody should act.
    case error = 3
    /// Something is not as it should be; Tactus goes on.
    case warning = 4
    /// Normal, worth knowing.
    case notice = 5
    /// Normal.
    case info = 6
    /// For those who look for a fault.
    case debug = 7
  }

  /// How much it matters.
  public var priority: Priority
  /// One sentence.
  public var message: String
  /// `TACTUS_…` fields, in order.
  public var fields: [(name: String, value: String)] { names.indices.map { (names[$0], values[$0]) } }

  private var names: [String]
  private var values: [String]

  /// Puts an entry together.
  public init(_ priority: Priority, _ message: String, fields: KeyValuePairs<String, String> = [:]) {
    self.priority = priority
    self.message = message
    names = fields.map(\.key)
    values = fields.map(\.value)
  }
}
