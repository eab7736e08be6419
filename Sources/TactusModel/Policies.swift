/// The policies for planning, queueing and counting the runs of a workflow.
public struct Policies: Hashable, Sendable {
  /// The queue of its jobs.
  public var queue: QueueName
  /// The priority: -100 … 100, higher first.
  public var priority: Int
  /// The number of consecutive failures that terminates the workflow, 1 … 1000; nil for never.
  public var maxConsecutiveFailures: Int?
  /// The policy for a run while the previous one is live.
  public var overlap: Overlap
  /// The policy for instants that passed without a run.
  public var misfire: Misfire
  /// The most instants that `Misfire=all` catches up, 1 … 10,000.
  public var misfireLimit: Int
  /// The longest delay of a start under `Misfire=skip`; nil for the smaller of 60 s and the interval.
  public var startWithin: Duration?
  /// The most output stored per job, in bytes; the rest is only counted.
  public var logLimit: Int64

  /// Creates policies; the defaults are those of a command.
  public init(
    queue: QueueName, priority: Int = 0, maxConsecutiveFailures: Int? = 3, overlap: Overlap = .queue,
    misfire: Misfire = .latest, misfireLimit: Int = 100, startWithin: Duration? = nil,
    logLimit: Int64 = 16 << 20
  ) {
    self.queue = queue
    self.priority = priority
    self.maxConsecutiveFailures = maxConsecutiveFailures
    self.overlap = overlap
    self.misfire = misfire
    self.misfireLimit = misfireLimit
    self.startWithin = startWithin
    self.logLimit = logLimit
  }

  /// Returns the longest delay of a start under `Misfire=skip`, for a grid with this interval.
  public func startWithin(interval: Duration) -> Duration { startWithin ?? min(.seconds(60), interval) }
}

/// The values of `Overlap=`: a due run while another run of its workflow is live.
public enum Overlap: String, CaseIterable, Sendable {
  /// The run waits until the other one has ended.
  case queue
  /// The run is skipped, and a decision record answers the instant.
  case skip
  /// Both run at the same time.
  case allow
  /// The run cancels the other one and replaces it.
  case replace
}

/// The values of `Misfire=`: instants that passed without a run.
public enum Misfire: String, CaseIterable, Sendable {
  /// One run, for the newest of them.
  case latest
  /// One run for each, oldest first, up to the limit.
  case all
  /// No run for instants that are too late.
  case skip
}
