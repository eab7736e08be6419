import TactusLinux
import TactusModel
import TactusPorts

/// One attempt on its way to its start: what it needs is read, then a child waits for its directory and its program.
///
/// Belongs to the runner's queue.
final class Launch {
  let order: RunOrder
  let command: Command
  let events: @Sendable (RunnerEvent) -> Void
  var inputs: JobInputs
  /// Made when a child is asked for.
  var child: Child?
  /// The path that did not answer, once it is given up.
  var noted: (key: String, path: String)?
  /// Whether somebody wants it stopped.
  var isHurried = false
  /// When it is given up, if it has not been started then.
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

  /// The path that the child waits for, and the key of the definition that names it; nil before it has come so far.
  var waitingFor: (key: String, path: String)? {
    guard let child, child.progress.isAtPath else { return nil }
    guard child.progress.isEntering else { return ("Exec=", command.arguments[0]) }
    return (command.workingDirectory == nil ? "directory " : "WorkingDirectory=", child.order.directory)
  }

  /// The paths of which a child waits for an answer.
  static func paths(of command: Command) -> [(key: String, path: String)] {
    [("Exec=", command.arguments[0])] + (command.workingDirectory.map { [("WorkingDirectory=", $0)] } ?? [])
  }
}
