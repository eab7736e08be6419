import CLinux
import Glibc
import TactusModel

/// Reads process data from /proc.
public enum ProcessTable {
  /// The start time of a process in clock ticks since boot; nil if it does not exist.
  ///
  /// A zombie still has one.
  ///
  /// Together with the pid and the boot id, it identifies a process forever.
  public static func startTicks(of process: Int) -> Int64? { entry(of: process)?.startTicks }

  /// Field 22 of proc_pid_stat(5).
  static func startTicks(in stat: [UInt8]) -> Int64? { entry(of: 0, in: stat)?.startTicks }

  /// The command line of a process, cut at 200 bytes, or its name if it has none.
  public static func command(of process: Int) -> String? {
    let line = SmallFile.bytes("/proc/\(process)/cmdline", limit: 200) ?? []
    let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    if !words.isEmpty { return words.joined(separator: " ") }
    return SmallFile.text("/proc/\(process)/comm").map { String($0.prefix { $0 != "\n" }) }
  }

  /// The kernel function in which a process or thread waits, such as `request_wait_answer`; nil if it is unknown or
  /// unreadable.
  public static func waitPlace(of process: Int, thread: Int? = nil) -> String? {
    let directory = thread.map { "/proc/\(process)/task/\($0)" } ?? "/proc/\(process)"
    guard let place = SmallFile.text("\(directory)/wchan", limit: 200), !place.isEmpty, place != "0" else { return nil }
    return place
  }

  /// The job ids that a process carries in `TACTUS_JOB_ID` of its initial environment, usually none or one.
  static func jobs(of process: Int) -> [JobID] {
    let prefix = Array(variable.utf8)
    guard let environment = environment(of: process), holds(environment, prefix, whole: false) else { return [] }
    return environment.split(separator: 0).filter { $0.starts(with: prefix) }.compactMap {
      JobID(String(decoding: $0.dropFirst(prefix.count), as: UTF8.self))
    }
  }

  private static let variable = "TACTUS_JOB_ID="

  /// The initial environment of a process; nil if it is gone, a zombie or unreadable for us.
  static func environment(of process: Int) -> [UInt8]? {
    // execve accepts at most 6 MiB, including arguments.
    guard let bytes = SmallFile.bytes("/proc/\(process)/environ", limit: 6 << 20), !bytes.isEmpty else { return nil }
    return bytes
  }

  /// Whether an environment block has an entry that equals some bytes, or begins with them.
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

  static func all() -> [Int] { numbers(in: "/proc") }

  /// The numeric names in a directory.
  static func numbers(in path: String) -> [Int] {
    guard let directory = opendir(path) else { return [] }
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
