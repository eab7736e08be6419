import TactusLinux
import TactusModel

/// Everything that an attempt has started: how to reach it, and whether anything of it is left.
///
/// Belongs to the runner's queue. What it waits for comes back as ``ProcessWatches/Target/rest(_:)``.
protocol ProcessTree: AnyObject {
  /// Sends TERM to all of it.
  func terminate()
  /// Sends KILL to all of it, and to whatever is found of it later.
  func kill()
  /// The main process has ended by itself and is about to be reaped: what it left is over as well.
  ///
  /// A job is over when its main process is, because its row says so then.
  func mainEnded()
  /// The main process ended while the attempt was being stopped, and is about to be reaped: what it left has its grace.
  func mainStopped()
  /// The main process is reaped: its number may be another's from now on.
  func mainReaped()
  /// Whether nothing is left besides a main process; if something is, the runner hears when that changes.
  func isGone() -> Bool
  /// Something that was waited for has happened.
  func heard(_ token: Poller.Token)
  /// Nothing is left: tells what was measured.
  func measure(into report: inout Report)
  /// Nothing is left: how much of it was killed because memory ran out.
  var memoryKills: Int { get }
}
