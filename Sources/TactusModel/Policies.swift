/// How the runs of a workflow are planned, queued and counted.
public struct Policies: Hashable, Sendable {
  /// The lane its jobs run in.
  public var queue: QueueName
  /// -100 … 100, higher first.
  public var priority: Int
  /// After how many failures in a row the workflow is terminated, 1 … 1000; nil means never.
  public var maxConsecutiveFailures: Int?
  /// What to do when the previous run is still live.
  public var overlap: Overlap
  /// What to do about instants that have passed.
  public var misfire: Misfire
  /// How many instants `Misfire=all` catches up at most, 1 … 10,000.
  public var misfireLimit: Int
  /// How late `Misfire=skip` may still start; nil means the smaller of 60 s and the interval.
  public var startWithin: Duration?
  /// Output stored for one job, in bytes; the rest is counted.
  public var logLimit: Int64

  /// Puts policies together; the defaults are those of a command.
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

  /// How late an instant of a grid may start under `Misfire=skip`.
  public func startWithin(interval: Duration) -> Duration { startWithin ?? min(.seconds(60), interval) }
}

/// What a due run does when another run of its workflow is live.
public enum Overlap: String, CaseIterable, Sendable {
  /// Waits for it to end.
  case queue
  /// Does not run; the instant is answered by a decision record.
  case skip
  /// Runs beside it.
  case allow
  /// Cancels it and takes its place.
  case replace
}

/// What becomes of instants that passed without a run.
public enum Misfire: String, CaseIterable, Sendable {
  /// One run for the newest of them.
  case latest
  /// A run for each, oldest first, up to the limit.
  case all
  /// No run for those that are too late.
  case skip
}
