import TactusModel

/// What a child is doing while another thread waits for it, read from /proc in some 20 µs.
///
/// It separates a child that waits for its path from one that waits for a processor of a busy machine.
struct ChildState: Hashable, Sendable {
  /// Whether it uses a processor or waits for one.
  var isRunnable = false
  /// Whether it has ended or runs its program, so that the thread that waits for it is about to notice.
  var isOver = false
  /// How long it has used or waited for processors since it exists; zero if the kernel does not count that.
  var busy = Duration.zero

  /// Reads the state of a child that is not reaped yet.
  ///
  /// One whose files cannot be read counts as blocked.
  static func of(_ process: Int) -> ChildState {
    guard let entry = ProcessTable.entry(of: process) else { return ChildState() }
    return ChildState(entry, schedule: SmallFile.text("/proc/\(process)/schedstat", limit: 4096) ?? "")
  }

  /// Takes the data of a child, and the text of its /proc/PID/schedstat.
  ///
  /// Source: the kernel's Documentation/scheduler/sched-stats.rst, "/proc/<pid>/schedstat".
  init(_ entry: ProcessCensus.Entry, schedule: String) {
    isRunnable = entry.state == "R"
    isOver = entry.hasEnded || entry.hasExecuted
    busy = .nanoseconds(schedule.split(whereSeparator: \.isWhitespace).prefix(2).reduce(0) { $0 + (Int64($1) ?? 0) })
  }

  init(isRunnable: Bool = false, isOver: Bool = false, busy: Duration = .zero) {
    (self.isRunnable, self.isOver, self.busy) = (isRunnable, isOver, busy)
  }
}
