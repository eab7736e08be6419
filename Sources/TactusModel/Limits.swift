/// The limits of this version; docs/limits.md lists them with their tests.
public enum Limits {
  /// The range of `Interval=`.
  public static let interval: ClosedRange<Duration> = .seconds(1) ... .seconds(366 * 86_400)
  /// The range of `StartAt=`: the years 1970 to 8999.
  ///
  /// A later year could give a grid an instant with a year of five digits, which RFC 3339 does not allow.
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
  /// The range of `Memory=` of a container, in bytes; engines refuse less.
  public static let containerMemory: ClosedRange<Int64> = (6 << 20)...(1 << 50)
  /// The range of `CPUs=` of a container, in thousandths of a processor.
  public static let milliCPUs = 10...1_024_000
  /// The range of `PidsLimit=` of a container.
  public static let pidsLimit = 1...4_194_304
  /// The range of `MemoryMax=` of a command, in bytes.
  public static let memoryMax: ClosedRange<Int64> = (1 << 20)...(1 << 50)
  /// The range of `CPUQuota=` of a command, in per cent of one processor.
  public static let cpuQuota = 1...102_400
  /// The range of `TasksMax=` of a command.
  public static let tasksMax = 1...4_194_304
  /// The number of dispatch retries after failures of the provider.
  public static let dispatchRetries = 3
  /// The longest `StartWithin=`.
  public static let startWithin: Duration = .seconds(366 * 86_400)
  /// The range of `Priority=`.
  public static let priority = -100...100
  /// The range of `MaxConsecutiveFailures=`, apart from `infinity`.
  public static let maxConsecutiveFailures = 1...1000
  /// The range of `MisfireLimit=`.
  public static let misfireLimit = 1...10_000
  /// The range of `LogLimit=`, in bytes.
  public static let logLimit: ClosedRange<Int64> = 0...(16 << 30)
  /// The range of statuses in `ExpectedStatus=`.
  public static let httpStatus = 100...599
  /// The range of `MaxRunning=` of a queue.
  public static let maxRunning = 1...100_000
  /// The range of `MaxQueued=` of a queue.
  public static let maxQueued = 1...1_000_000
  /// The range of `DispatchTimeout=`.
  public static let dispatchTimeout: ClosedRange<Duration> = .seconds(1) ... .seconds(7 * 86_400)
  /// The range of `StopTimeout=`.
  public static let stopTimeout: ClosedRange<Duration> = .zero ... .seconds(86_400)
  /// The largest unit file, in bytes.
  public static let unitFileBytes = 256 << 10
  /// The most problems of one unit file that are reported; the others are only counted.
  public static let unitFileProblems = 50
  /// The most warnings that one reload reports for all files; the others are only counted.
  public static let fileWarnings = 1000
  /// The longest argument or environment entry that Linux passes to a program, in bytes.
  ///
  /// Source: execve(2), "Limits on size of arguments and environment": `MAX_ARG_STRLEN`, its NUL included.
  public static let argumentBytes = (128 << 10) - 1
  /// The longest line of output that is stored in one piece, in bytes; a longer one is stored in marked pieces.
  public static let logLineBytes = 64 << 10
  /// The farthest start time of a MANUAL job in the past.
  public static let manualPast: Duration = .seconds(60)
  /// The farthest start time of a MANUAL job in the future: five years, leap days included.
  public static let manualFuture: Duration = .seconds((5 * 365 + 2) * 86_400)
  /// The largest size of one job's credentials together, in bytes; the same as systemd's.
  public static let credentialBytes = 1 << 20
  /// The time that a path of a file or a definition may take to answer, before it counts as silent.
  ///
  /// Time in which the child that asked used or waited for a processor does not count.
  public static let pathPatience: Duration = .seconds(2)
  /// The time that the directory, file and interpreter of a program may take to answer when it starts, counted alike.
  public static let launchPatience: Duration = .seconds(5)
  /// The time that a busy machine may take to create a child process, before the child reaches the paths of its
  /// program.
  public static let startPatience: Duration = .seconds(60)
  /// The most concurrent calls on one network or FUSE mount.
  ///
  /// If all of them are silent, the other paths of the mount also count as silent.
  public static let errandsOfMount = 8
  /// The most concurrent calls on paths that may not answer; further calls wait.
  public static let errands = 64
  /// The time between TERM and KILL.
  public static let grace: Duration = .seconds(2)
  /// The interval at which claimed and running jobs are checked against the facts.
  public static let checkEvery: Duration = .seconds(120)
  /// The most rows that one release transaction examines.
  public static let releaseBatch = 1000
  /// The most concurrent look-ups, per HTTP engine, of names whose last look-up ended in time.
  public static let provenLookups = 64
  /// The most concurrent look-ups of names in the hosts file.
  public static let localLookups = 8
  /// The most concurrent look-ups of new names, and separately of names whose last look-up hung.
  public static let otherLookups = 32
  /// The most redirects that one request follows.
  public static let httpRedirects = 10
  /// The most bytes of an answer's body that are read; the answer then counts as complete.
  public static let httpReadBytes = 1 << 20
  /// The most bytes of a heartbeat's answer that are stored as output; the rest is only counted.
  public static let heartbeatBodyBytes = 16 << 10
  /// The most messages that wait for the journal; the others are dropped, and their number is logged.
  public static let journalEntries = 4096
  /// The most output that waits for the journal, in bytes, half of it per job; the rest is dropped, and its size is
  /// logged.
  public static let journalOutputBytes = 4 << 20
  /// The bytes that a waiting line counts beyond its text: about its memory overhead.
  public static let journalLineOverhead = 128
  /// The most containers of an engine whose removal failed and that are remembered by name.
  public static let unremovedContainers = 1000
  /// The range of `SubmitRate=`: submissions per second and user; the burst is twice the rate.
  public static let submitRate = 1...1_000_000
  /// The range of `EventsKeep=`, apart from `infinity`.
  public static let eventsKeep: ClosedRange<Duration> = .seconds(60) ... .seconds(366 * 86_400)
  /// The most events that are kept, whatever the value of `EventsKeep=`.
  public static let eventRows = 1_000_000
  /// The longest idempotency key, in bytes of UTF-8.
  public static let idempotencyKeyBytes = 255
  /// The most jobs in one call of `Jobs.Wait` or `Jobs.Cancel`.
  public static let idsAtOnce = 1000
  /// The range of the window of `Workflows.Statistics`.
  public static let statisticsWindow: ClosedRange<Duration> = .seconds(60) ... .seconds(366 * 86_400)
}
