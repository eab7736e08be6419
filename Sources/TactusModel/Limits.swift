/// The limits of this version, in one place; docs/limits.md shows them and names the test of each.
public enum Limits {
  /// The shortest and the longest `Interval=`.
  public static let interval: ClosedRange<Duration> = .seconds(1) ... .seconds(366 * 86_400)
  /// `StartAt=`: the years 1970 to 8999, so that no instant of a grid needs a year of five digits, which RFC 3339 has not.
  public static let startAt: ClosedRange<Instant> =
    Instant(microseconds: 0)...Instant(microseconds: 221_845_391_999_999_999)
  /// The longest `Timeout=` of a heartbeat.
  public static let heartbeatTimeout: Duration = .seconds(300)
  /// The longest `Timeout=` of a command, apart from `infinity`.
  public static let commandTimeout: Duration = .seconds(366 * 86_400)
  /// The longest `Timeout=` of a container.
  public static let containerTimeout: Duration = .seconds(3600)
  /// The longest `PullTimeout=`.
  public static let pullTimeout: Duration = .seconds(86_400)
  /// `Memory=` of a container, in bytes; engines refuse less.
  public static let containerMemory: ClosedRange<Int64> = (6 << 20)...(1 << 50)
  /// `CPUs=` of a container, in thousandths of a processor.
  public static let milliCPUs = 10...1_024_000
  /// `PidsLimit=` of a container.
  public static let pidsLimit = 1...4_194_304
  /// `MemoryMax=` of a command, in bytes.
  public static let memoryMax: ClosedRange<Int64> = (1 << 20)...(1 << 50)
  /// `CPUQuota=` of a command, in per cent of one processor.
  public static let cpuQuota = 1...102_400
  /// `TasksMax=` of a command.
  public static let tasksMax = 1...4_194_304
  /// How often a dispatch is tried again after a failure of the provider.
  public static let dispatchRetries = 3
  /// The longest `StartWithin=`.
  public static let startWithin: Duration = .seconds(366 * 86_400)
  /// `Priority=`.
  public static let priority = -100...100
  /// `MaxConsecutiveFailures=`, apart from `infinity`.
  public static let maxConsecutiveFailures = 1...1000
  /// `MisfireLimit=`.
  public static let misfireLimit = 1...10_000
  /// `LogLimit=`, in bytes.
  public static let logLimit: ClosedRange<Int64> = 0...(16 << 30)
  /// The statuses that `ExpectedStatus=` may name.
  public static let httpStatus = 100...599
  /// `MaxRunning=` of a queue.
  public static let maxRunning = 1...100_000
  /// `MaxQueued=` of a queue.
  public static let maxQueued = 1...1_000_000
  /// `DispatchTimeout=`.
  public static let dispatchTimeout: ClosedRange<Duration> = .seconds(1) ... .seconds(7 * 86_400)
  /// `StopTimeout=`.
  public static let stopTimeout: ClosedRange<Duration> = .zero ... .seconds(86_400)
  /// The largest unit file, in bytes.
  public static let unitFileBytes = 256 << 10
  /// Problems of one unit file that are told; the rest is counted.
  public static let unitFileProblems = 50
  /// Warnings of all files that one reload tells one by one; the rest is counted.
  public static let fileWarnings = 1000
  /// The longest argument or environment entry that Linux passes to a program, in bytes.
  ///
  /// Source: execve(2), "Limits on size of arguments and environment": `MAX_ARG_STRLEN`, its NUL included.
  public static let argumentBytes = (128 << 10) - 1
  /// A line of output longer than this is stored in marked pieces, in bytes.
  public static let logLineBytes = 64 << 10
  /// How far in the past the start of a MANUAL job may lie.
  public static let manualPast: Duration = .seconds(60)
  /// How far ahead the start of a MANUAL job may lie: five years, leap days included.
  public static let manualFuture: Duration = .seconds((5 * 365 + 2) * 86_400)
  /// The credentials of one job together, in bytes; as much as systemd takes.
  public static let credentialBytes = 1 << 20
  /// How long a path that a file or a definition names may take to answer, before it is called silent.
  public static let pathPatience: Duration = .seconds(2)
  /// How long a program may take until it runs: its directory, its file and its interpreter have to answer.
  public static let launchPatience: Duration = .seconds(5)
  /// Calls on one network or FUSE mount that are under way at once; when all are silent, its other paths count as silent, too.
  public static let errandsOfMount = 8
  /// Calls on paths that may not answer which are under way at once; the rest waits in line.
  public static let errands = 64
  /// Between TERM and KILL.
  public static let grace: Duration = .seconds(2)
  /// How often everything claimed or running is checked against the facts.
  public static let checkEvery: Duration = .seconds(120)
  /// Rows that one release transaction looks at.
  public static let releaseBatch = 1000
  /// Look-ups at once, of one HTTP engine, of names whose last look-up ended in time.
  public static let provenLookups = 64
  /// Look-ups at once of names that are in the file of hosts.
  public static let localLookups = 8
  /// Look-ups at once of names that are new, and as many of names whose last look-up hung.
  public static let otherLookups = 32
  /// Redirects of one request that are followed.
  public static let httpRedirects = 10
  /// The body of an answer is read no further than this, in bytes; the answer then counts as complete.
  public static let httpReadBytes = 1 << 20
  /// The part of a heartbeat's answer that is kept as output, in bytes; the rest is counted.
  public static let heartbeatBodyBytes = 16 << 10
  /// Messages that wait for the journal; the rest is counted, and the count is told.
  public static let journalEntries = 4096
  /// Output that waits for the journal, in bytes, a job's at most half of it; the rest is counted, and the count is told.
  public static let journalOutputBytes = 4 << 20
  /// What a waiting line counts beyond its own bytes: about what it takes in memory.
  public static let journalLineOverhead = 128
  /// `SubmitRate=`: submissions per second and user; the burst is twice that.
  public static let submitRate = 1...1_000_000
  /// `EventsKeep=`, apart from `infinity`.
  public static let eventsKeep: ClosedRange<Duration> = .seconds(60) ... .seconds(366 * 86_400)
  /// Events that are kept at most, whatever `EventsKeep=` says.
  public static let eventRows = 1_000_000
  /// The longest idempotency key, in bytes of UTF-8.
  public static let idempotencyKeyBytes = 255
  /// Jobs that one `Jobs.Wait` or `Jobs.Cancel` names.
  public static let idsAtOnce = 1000
  /// The window of `Workflows.Statistics`.
  public static let statisticsWindow: ClosedRange<Duration> = .seconds(60) ... .seconds(366 * 86_400)
}
