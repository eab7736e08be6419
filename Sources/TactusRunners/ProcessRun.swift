import TactusLinux
import TactusModel
import TactusPorts

/// One attempt that runs, or that an earlier daemon left.
final class ProcessRun {
  let id: JobID
  let events: @Sendable (RunnerEvent) -> Void
  let tree: any ProcessTree
  let output: ProcessOutput
  /// Our child until it is reaped; nil for an orphan.
  var main: Main?
  /// How the main process ended.
  private(set) var exit: ProcessHandle.Exit?
  /// When the end of the main process was noticed.
  private(set) var endedAt: Instant?
  /// When the main process started and ended, by the monotonic clock; nil for an orphan.
  var startedMonotonic: MonotonicInstant?
  private var endedMonotonic: MonotonicInstant?
  /// Whether a stop was requested.
  var isStopping = false
  /// Whether lines were read that the sink has not received.
  var hasNews = false
  /// Whether no process is left and the pipes are read.
  ///
  /// The sink may still owe answers.
  var isOver = false

  /// Whether it may have a directory of secrets.
  var hasCredentials = false
  /// `MemoryMax=`, in bytes.
  var memoryMax: Int64?
  /// Hints to report for denials.
  var hints: [Denial: String] = [:]

  /// The main process and its registration.
  struct Main {
    let handle: ProcessHandle
    let token: Poller.Token
  }

  init(
    _ id: JobID, main: Main?, tree: any ProcessTree, output: ProcessOutput,
    events: @escaping @Sendable (RunnerEvent) -> Void
  ) {
    self.id = id
    self.main = main
    self.tree = tree
    self.output = output
    self.events = events
  }

  /// Handles the end of the main process.
  func ended(_ exit: ProcessHandle.Exit, at instant: Instant, _ monotonic: MonotonicInstant) {
    (self.exit, endedAt, endedMonotonic, main) = (exit, instant, monotonic, nil)
  }

  /// How the attempt ended by itself.
  var ending: Ending {
    switch exit {
    case .code(0): .succeeded
    case .code(let code): .failed(.exitNonzero, "exited with code \(code)\(reason)")
    case .signal(let signal, let dumpedCore):
      .failed(.signaled, "ended by \(signal)\(dumpedCore ? ", with a core dump" : "")\(reason)")
    case nil: .failed(.lost, "the daemon that started it has ended, and its process is gone")
    }
  }

  /// The reason for a failure, to append to its message; empty if it is unknown.
  private var reason: String {
    if tree.memoryKills > 0 {
      return memoryMax.map { ", because it needed more memory than MemoryMax=\(Self.text(ofSize: $0)) allows" }
        ?? ", because memory ran out"
    }
    guard let denial = output.denial, let hint = hints[denial] else { return "" }
    return ". Its last output says \"\(denial.rawValue)\": \(hint)"
  }

  /// A size as unit files spell it.
  private static func text(ofSize bytes: Int64) -> String {
    for (shift, letter) in [(30, "G"), (20, "M"), (10, "K")] where bytes & (1 << shift - 1) == 0 {
      return "\(bytes >> shift)\(letter)"
    }
    return "\(bytes)"
  }

  /// The measurements of the attempt.
  var report: Report {
    var report = Report()
    report.endedAt = endedAt
    if let startedMonotonic, let endedMonotonic { report.duration = endedMonotonic - startedMonotonic }
    switch exit {
    case .code(let code): report.exitCode = code
    case .signal(let signal, _): report.signal = Int(signal.number)
    case nil: break
    }
    report.logBytes = output.storedBytes
    report.logDroppedBytes = output.droppedBytes
    tree.measure(into: &report)
    return report
  }
}
