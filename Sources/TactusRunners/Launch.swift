import TactusLinux
import TactusModel
import TactusPorts

/// One attempt before its start: its files are read first, then a child waits for its directory and its program.
///
/// Belongs to the runner's queue.
final class Launch {
  let order: RunOrder
  let command: Command
  let events: @Sendable (RunnerEvent) -> Void
  var inputs: JobInputs
  /// Created when a child is requested.
  var child: Child?
  /// The path that did not answer; set when the launch is abandoned.
  var noted: (key: String, path: String)?
  /// The patience with the path that the child waits for.
  var watch = PathWatch(patience: Limits.launchPatience)
  /// Whether a stop was requested.
  var isHurried = false
  /// When the launch is abandoned if the attempt has not started by then.
  var deadline: MonotonicInstant

  /// The child, on a thread of its own until it runs.
  struct Child {
    let progress: ChildProgress
    let order: Spawner.Order
    let setup: ProcessSetup
    let since: MonotonicInstant
    /// Its place among the calls that may not return.
    let ticket: Errands.Ticket
  }

  init(
    _ order: RunOrder, _ command: Command, inputs: JobInputs, deadline: MonotonicInstant,
    events: @escaping @Sendable (RunnerEvent) -> Void
  ) {
    (self.order, self.command, self.inputs, self.deadline, self.events) = (order, command, inputs, deadline, events)
  }

  var id: JobID { order.id }

  /// The path that the child waits for, and its key in the definition; nil before the child reaches it.
  var waitingFor: (key: String, path: String)? {
    guard let child, child.progress.isAtPath else { return nil }
    guard child.progress.isEntering else { return ("Exec=", command.arguments[0]) }
    return (command.workingDirectory == nil ? "directory " : "WorkingDirectory=", child.order.directory)
  }

  /// The paths whose answer a child waits for.
  static func paths(of command: Command) -> [(key: String, path: String)] {
    [("Exec=", command.arguments[0])] + (command.workingDirectory.map { [("WorkingDirectory=", $0)] } ?? [])
  }
}
