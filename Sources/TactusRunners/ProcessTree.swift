import TactusLinux
import TactusModel

/// All processes that an attempt has started, with the means to signal them and to notice their end.
///
/// Belongs to the runner's queue. Events that it waits for arrive as ``ProcessWatches/Target/rest(_:)``.
protocol ProcessTree: AnyObject {
  /// Sends SIGTERM to all processes.
  ///
  /// A tree that ``awaitsCensus`` sends it after its look.
  func terminate()
  /// Sends SIGKILL to all processes, and to those found later.
  ///
  /// A tree that ``awaitsCensus`` sends it after its look.
  func kill()
  /// Handles the end of the main process, before it is reaped.
  ///
  /// The other processes are ended unless they may stay.
  ///
  /// A job ends with its main process, because that is when its row says so.
  func mainEnded()
  /// Handles the reaping of the main process, whose number may be reused from now on.
  func mainReaped()
  /// Whether no process is left except the main process.
  ///
  /// Otherwise the runner is notified when that changes.
  func isGone() -> Bool
  /// Handles an event that was waited for.
  func heard(_ token: Poller.Token)
  /// Adds the measurements to a report, when no process is left.
  func measure(into report: inout Report)
  /// How many processes were killed because memory ran out, once no process is left.
  var memoryKills: Int { get }
  /// Whether it needs a look at all processes of the machine before anything else.
  var awaitsCensus: Bool { get }
  /// Takes a look and acts on it.
  ///
  /// ``awaitsCensus`` says afterwards whether another look is needed.
  func look(at survey: ProcessSurvey)
  /// The reason, as a clause, why it does not end after SIGKILL; nil before a kill and if there is no obstacle.
  var obstacle: String? { get }
  /// The control group that outlives it because processes may stay; nil if no group has to be removed.
  var remainder: ControlGroup? { get }
}

extension ProcessTree {
  var awaitsCensus: Bool { false }
  func look(at survey: ProcessSurvey) {}
  var remainder: ControlGroup? { nil }
}
