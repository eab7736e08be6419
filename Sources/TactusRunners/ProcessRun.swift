import TactusLinux
import TactusModel
import TactusPorts

/// One attempt that runs, or that another daemon has left.
final class ProcessRun {
  let id: JobID
  let events: @Sendable (RunnerEvent) -> Void
  let tree: any ProcessTree
  let output: ProcessOutput
  /// Our own child until it is reaped; nil for an orphan.
  var main: Main?
  /// How the main process ended.
  private(set) var exit: ProcessHandle.Exit?
  /// When its end was seen.
  private(set) var endedAt: Instant?
  /// Whether somebody asked to stop it.
  var isStopping = false
  /// Whether something was read that the sink has not been given.
  var hasNews = false
  /// Whether nothing of it is left and its pipes are read; the sink may still owe answers.
  var isOver = false

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

  /// The main process ended.
  func ended(_ exit: ProcessHandle.Exit, at instant: Instant) {
    (self.exit, endedAt, main) = (exit, instant, nil)
  }

  /// How the attempt ended by itself.
  var ending: Ending {
    switch exit {
    case .code(0): .succeeded
    case .code(let code): .failed(.exitNonzero, "exited with code \(code)")
    case .signal(let signal, let dumpedCore):
      .failed(.signaled, "ended by \(signal)\(dumpedCore ? ", with a core dump" : "")")
    case nil: .failed(.lost, "the daemon that started it is gone, and so is the process it left")
    }
  }

  /// What was measured.
  var report: Report {
    var report = Report()
    report.endedAt = endedAt
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
