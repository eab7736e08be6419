import Glibc
public import TactusModel

/// All processes of the machine, as one walk through /proc finds them.
///
/// The walk takes some ten milliseconds for a thousand processes. It is not atomic: a process that is forked meanwhile may
/// be missing, and is found by the next walk.
public struct ProcessCensus: Sendable {
  /// What /proc says about one process.
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
    /// Its start in clock ticks since boot.
    public let startTicks: Int64

    /// How many threads it has, the first included even if only that has ended.
    public let threads: Int

    /// Whether it has ended, with all of its threads: of one whose first thread has ended, `state` is `Z` as well.
    public var hasEnded: Bool { state == "X" || state == "Z" && threads <= 1 }
    /// Whether it can fork before a signal reaches it.
    public var mayFork: Bool { !hasEnded && !"TtD".contains(state) }
  }

  /// Every process but this one, by its pid.
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
    // This process is nobody's job, whatever it inherited.
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

  /// The processes that carry the id of a job in the environment that they were started with.
  public func carriers(of job: JobID) -> [Int] { byJob[job] ?? [] }

  /// All that carry the id of any job, by job.
  public var carriers: [JobID: [Int]] { byJob }
}

extension ProcessTable {
  /// What /proc says about a process now; nil when there is none.
  public static func entry(of process: Int) -> ProcessCensus.Entry? {
    SmallFile.bytes("/proc/\(process)/stat", limit: 4096).flatMap { entry(of: process, in: $0) }
  }

  /// What /proc says about one thread of a process now; nil when there is none.
  public static func entry(ofThread thread: Int, of process: Int) -> ProcessCensus.Entry? {
    SmallFile.bytes("/proc/\(process)/task/\(thread)/stat", limit: 4096).flatMap { entry(of: thread, in: $0) }
  }

  /// Fields of proc_pid_stat(5), counted from the last `)`, because the name before it may hold anything.
  static func entry(of process: Int, in stat: [UInt8]) -> ProcessCensus.Entry? {
    guard let close = stat.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = stat[(close + 1)...].split(separator: UInt8(ascii: " "), maxSplits: 20)
    func number(_ index: Int) -> Int64? {
      fields.count > index ? Int64(String(decoding: fields[index], as: UTF8.self)) : nil
    }
    guard let state = fields.first?.first, let parent = number(1), let group = number(2), let session = number(3),
      let threads = number(17), let startTicks = number(19)
    else { return nil }
    return ProcessCensus.Entry(
      process: process, state: Character(Unicode.Scalar(state)), parent: Int(parent), group: Int(group),
      session: Int(session), startTicks: startTicks, threads: Int(threads))
  }

  /// The threads of a process, by their numbers; empty if it is gone.
  public static func threads(of process: Int) -> [Int] { numbers(in: "/proc/\(process)/task").sorted() }

  /// The inodes of the pipes that a process may write to; empty if it is gone, or not ours to look into.
  public static func writtenPipes(of process: Int) -> Set<UInt64> {
    var inodes: Set<UInt64> = []
    for descriptor in numbers(in: "/proc/\(process)/fd") {
      let path = "/proc/\(process)/fd/\(descriptor)"
      var (link, file) = (stat(), stat())
      // The link of a descriptor has the permissions that it was opened with: proc_pid_fd(5).
      guard lstat(path, &link) == 0, link.st_mode & S_IWUSR != 0, stat(path, &file) == 0,
        file.st_mode & S_IFMT == S_IFIFO
      else { continue }
      inodes.insert(UInt64(file.st_ino))
    }
    return inodes
  }

  /// Whether a process runs the program of this one, as a child does between its fork and its exec; false if that is not ours to see.
  public static func runsOwnProgram(_ process: Int) -> Bool {
    var (own, other) = (stat(), stat())
    guard stat("/proc/self/exe", &own) == 0, stat("/proc/\(process)/exe", &other) == 0 else { return false }
    return own.st_dev == other.st_dev && own.st_ino == other.st_ino
  }
}
