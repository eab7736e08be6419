import TactusLinux
import TactusModel

/// Everything that an attempt has started: how to reach it, and whether anything of it is left.
///
/// Belongs to the runner's queue. What it waits for comes back as ``ProcessWatches/Target/rest(_:)``.
protocol ProcessTree: AnyObject {
  /// Sends TERM to all of it; a tree that ``awaitsCensus`` does so after its look.
  func terminate()
  /// Sends KILL to all of it, and to whatever is found of it later; a tree that ``awaitsCensus`` does so after its look.
  func kill()
  /// The main process has ended by itself and is about to be reaped: what it left is over as well, unless it may stay.
  ///
  /// A job is over when its main process is, because its row says so then.
  func mainEnded()
  /// The main process is reaped: its number may be another's from now on.
  func mainReaped()
  /// Whether nothing is left besides a main process; if something is, the runner hears when that changes.
  func isGone() -> Bool
  /// Something that was waited for has happened.
  func heard(_ token: Poller.Token)
  /// Nothing is left: reports what was measured.
  func measure(into report: inout Report)
  /// Nothing is left: how much of it was killed because memory ran out.
  var memoryKills: Int { get }
  /// Whether it needs a look at all processes of the machine before anything else happens to it.
  var awaitsCensus: Bool { get }
  /// Takes a look and acts on it; ``awaitsCensus`` says whether another look is needed.
  func look(at survey: ProcessSurvey)
  /// What keeps it from ending although it was sent KILL, as a clause; nil before a kill, and when nothing does.
  var obstacle: String? { get }
  /// The control group that outlives it, because its processes may stay; nil if nothing is left to be removed.
  var remainder: ControlGroup? { get }
}

extension ProcessTree {
  var awaitsCensus: Bool { false }
  func look(at survey: ProcessSurvey) {}
  var remainder: ControlGroup? { nil }
}
