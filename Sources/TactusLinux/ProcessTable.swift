import CLinux
import Glibc
public import TactusModel

/// What /proc says about processes.
public enum ProcessTable {
  /// The start of a process in clock ticks since boot: with the pid and the boot id it names a process for ever.
  ///
  /// Nil when there is no such process. A zombie still has one.
  public static func startTicks(of process: Int) -> Int64? {
    SmallFile.bytes("/proc/\(process)/stat", limit: 4096).flatMap(startTicks(in:))
  }

  /// Field 22 of proc_pid_stat(5), counted from the last `)`, because the name before it may hold anything.
  static func startTicks(in stat: [UInt8]) -> Int64? {
    guard let close = stat.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = stat[(close + 1)...].split(separator: UInt8(ascii: " "))
    guard fields.count > 19 else { return nil }
    return Int64(String(decoding: fields[19], as: UTF8.self))
  }

  /// The command line of a process, cut at 200 bytes; its name if it has none.
  public static func command(of process: Int) -> String? {
    let line = SmallFile.bytes("/proc/\(process)/cmdline", limit: 200) ?? []
    let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    if !words.isEmpty { return words.joined(separator: " ") }
    return SmallFile.text("/proc/\(process)/comm").map { String($0.prefix { $0 != "\n" }) }
  }

  /// The processes of one job: those that carry its `TACTUS_JOB_ID` in the environment they were started with, and those
  /// in the session, zombies included.
  ///
  /// Reads all of /proc: a matter of milliseconds.
  public static func processes(carrying job: JobID, inSession session: Int? = nil) -> [Int] {
    all().filter { belongs($0, to: job, inSession: session) }
  }

  /// Whether a process carries a job's id, or is in the session; this process itself never is a job's.
  public static func belongs(_ process: Int, to job: JobID, inSession session: Int? = nil) -> Bool {
    if process == Int(getpid()) { return false }
    if let session, Int(getsid(Int32(process))) == session { return true }
    guard let environment = environment(of: process) else { return false }
    return holds(environment, Array("\(variable)\(job)".utf8))
  }

  /// All processes that carry any `TACTUS_JOB_ID`, by job; reads all of /proc.
  public static func carriers() -> [JobID: [Int]] {
    var found: [JobID: [Int]] = [:]
    let prefix = Array(variable.utf8)
    for process in all() where process != Int(getpid()) {
      guard let environment = environment(of: process), holds(environment, prefix, whole: false) else { continue }
      for entry in environment.split(separator: 0) where entry.starts(with: prefix) {
        guard let job = JobID(String(decoding: entry.dropFirst(prefix.count), as: UTF8.self)) else { continue }
        found[job, default: []].append(process)
      }
    }
    return found
  }

  private static let variable = "TACTUS_JOB_ID="

  /// The environment as the process was started; nil if it is gone, a zombie or not ours to look into.
  static func environment(of process: Int) -> [UInt8]? {
    // 6 MiB is the most that execve takes, arguments included.
    guard let bytes = SmallFile.bytes("/proc/\(process)/environ", limit: 6 << 20), !bytes.isEmpty else { return nil }
    return bytes
  }

  /// Whether an environment block has an entry that is, or starts with, some bytes.
  static func holds(_ block: [UInt8], _ entry: [UInt8], whole: Bool = true) -> Bool {
    var start = 0
    while start < block.count {
      let found = block.withUnsafeBytes { block in
        entry.withUnsafeBytes { entry in
          let rest = UnsafeRawBufferPointer(rebasing: block[start...])
          return tactus_find(rest.baseAddress, UInt(rest.count), entry.baseAddress, UInt(entry.count))
        }
      }
      guard found >= 0 else { return false }
      let (first, end) = (start + found, start + found + entry.count)
      if first == 0 || block[first - 1] == 0, !whole || end == block.count || block[end] == 0 { return true }
      start = first + 1
    }
    return false
  }

  private static func all() -> [Int] {
    guard let directory = opendir("/proc") else { return [] }
    defer { closedir(directory) }
    var processes: [Int] = []
    while let entry = readdir(directory) {
      let process = withUnsafeBytes(of: entry.pointee.d_name) { name in
        name.prefix { $0 != 0 }.reduce(into: Int?.some(0)) { number, byte in
          number = number.flatMap { (48...57).contains(byte) ? $0 * 10 + Int(byte - 48) : nil }
        }
      }
      if let process { processes.append(process) }
    }
    return processes
  }
}
