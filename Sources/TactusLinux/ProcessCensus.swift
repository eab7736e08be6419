import Glibc
public import TactusModel

/// All processes of the machine, as found by one walk through /proc.
///
/// The walk takes about ten milliseconds for a thousand processes. It is not atomic: it may miss a process that is
/// forked meanwhile. The next walk finds that process.
public struct ProcessCensus: Sendable {
  /// The data of one process in /proc.
  public struct Entry: Hashable, Sendable {
    /// Its pid.
    public let process: Int
    /// One letter of proc_pid_stat(5): `D` for uninterruptible sleep, `T` for stopped, `Z` for a zombie.
    public let state: Character
    /// The pid of its parent.
    public let parent: Int
    /// The number of its process group.
    public let group: Int
    /// The number of its session.
    public let session: Int
    /// Its start time in clock ticks since boot.
    public let startTicks: Int64

    /// How many threads it has.
    ///
    /// The first counts even if it is the only one that has ended.
    public let threads: Int

    /// Whether its program has begun: ps(1) does not show it as "forked but didn't exec", PF_FORKNOEXEC.
    public let hasExecuted: Bool

    /// Whether all of its threads have ended.
    ///
    /// `state` is also `Z` if only the first one has.
    public var hasEnded: Bool { state == "X" || state == "Z" && threads <= 1 }
    /// Whether it can fork before a signal reaches it.
    public var mayFork: Bool { !hasEnded && !"TtD".contains(state) }
  }

  /// Every process except this one, by pid.
  public let entries: [Int: Entry]
  private let byParent: [Int: [Int]]
  private let bySession: [Int: [Int]]
  private let byJob: [JobID: [Int]]

  /// Walks through /proc.
  public static func take() -> ProcessCensus {
    let found = ProcessTable.all().compactMap { process -> (Entry, [JobID])? in
      guard let entry = ProcessTable.entry(of: process) else { return nil }
      return (entry, entry.hasEnded ? [] : ProcessTable.jobs(of: process))
    }
    return ProcessCensus(found)
  }

  init(_ found: [(entry: Entry, jobs: [JobID])]) {
    var entries: [Int: Entry] = [:]
    var (byParent, bySession): ([Int: [Int]], [Int: [Int]]) = ([:], [:])
    var byJob: [JobID: [Int]] = [:]
    // This process belongs to no job, whatever it inherited.
    for (entry, jobs) in found where entry.process != Int(getpid()) {
      entries[entry.process] = entry
      byParent[entry.parent, default: []].append(entry.process)
      bySession[entry.session, default: []].append(entry.process)
      for job in jobs { byJob[job, default: []].append(entry.process) }
    }
    (self.entries, self.byParent, self.bySession, self.byJob) = (entries, byParent, bySession, byJob)
  }

  /// The children of a process.
  public func children(of process: Int) -> [Int] { byParent[process] ?? [] }

  /// The processes of a session.
  public func members(ofSession session: Int) -> [Int] { bySession[session] ?? [] }

  /// The processes that were started with the id of a job in their environment.
  public func carriers(of job: JobID) -> [Int] { byJob[job] ?? [] }

  /// All processes that carry the id of a job, by job.
  public var carriers: [JobID: [Int]] { byJob }
}

extension ProcessTable {
  /// The data of a process in /proc; nil if it does not exist.
  public static func entry(of process: Int) -> ProcessCensus.Entry? {
    SmallFile.bytes("/proc/\(process)/stat", limit: 4096).flatMap { entry(of: process, in: $0) }
  }

  /// The data of one thread of a process in /proc; nil if it does not exist.
  public static func entry(ofThread thread: Int, of process: Int) -> ProcessCensus.Entry? {
    SmallFile.bytes("/proc/\(process)/task/\(thread)/stat", limit: 4096).flatMap { entry(of: thread, in: $0) }
  }

  /// Fields of proc_pid_stat(5), counted from the last `)`, because the name before it may contain any character.
  static func entry(of process: Int, in stat: [UInt8]) -> ProcessCensus.Entry? {
    guard let close = stat.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = stat[(close + 1)...].split(separator: UInt8(ascii: " "), maxSplits: 20)
    func number(_ index: Int) -> Int64? {
      fields.count > index ? Int64(String(decoding: fields[index], as: UTF8.self)) : nil
    }
    guard let state = fields.first?.first, let parent = number(1), let group = number(2), let session = number(3),
      let flags = number(6), let threads = number(17), let startTicks = number(19)
    else { return nil }
    return ProcessCensus.Entry(
      process: process, state: Character(Unicode.Scalar(state)), parent: Int(parent), group: Int(group),
      session: Int(session), startTicks: startTicks, threads: Int(threads), hasExecuted: flags & 0x40 == 0)
  }

  /// The numbers of a process's threads; empty if it is gone.
  public static func threads(of process: Int) -> [Int] { numbers(in: "/proc/\(process)/task").sorted() }

  /// The inodes of the pipes that a process may write to; empty if it is gone or unreadable for us.
  public static func writtenPipes(of process: Int) -> Set<UInt64> {
    var inodes: Set<UInt64> = []
    for descriptor in numbers(in: "/proc/\(process)/fd") {
      let path = "/proc/\(process)/fd/\(descriptor)"
      var (link, file) = (stat(), stat())
      // The mode of a descriptor's link shows how it was opened: proc_pid_fd(5).
      guard lstat(path, &link) == 0, link.st_mode & S_IWUSR != 0, stat(path, &file) == 0,
        file.st_mode & S_IFMT == S_IFIFO
      else { continue }
      inodes.insert(UInt64(file.st_ino))
    }
    return inodes
  }

  /// Whether a process runs our program, as a child does between fork and exec; false if that cannot be read.
  public static func runsOwnProgram(_ process: Int) -> Bool {
    var (own, other) = (stat(), stat())
    guard stat("/proc/self/exe", &own) == 0, stat("/proc/\(process)/exe", &other) == 0 else { return false }
    return own.st_dev == other.st_dev && own.st_ino == other.st_ino
  }
}
