import TactusLinux
import TactusModel
import TactusPorts
import TactusSystemd

/// One attempt as a transient unit, from its order to the moment that its end is durable.
final class UnitRun {
  let id: JobID
  let events: @Sendable (RunnerEvent) -> Void
  let pipes: UnitPipes
  /// What goes from the pipes to the sink; nil while nothing is known of it.
  var output: UnitOutput?
  /// Streams that have the beginning of a line, and are looked at again soon.
  var watched: Set<OutputStream> = []
  /// What no sentence of systemd may repeat.
  var concealment = Concealment()
  /// What systemd has told.
  var state = UnitState()

  /// Whether systemd was asked to start it, and has not answered yet, because polkit or it is busy.
  var isAsked = false
  /// Whether the start was answered, or the unit was found: there is something to be removed.
  var isCreated = false
  /// Whether the job of systemd that starts it is over.
  var isStartOver = false
  /// Whether it was told that it runs.
  var isTold = false
  /// Whether somebody asked to stop it.
  var isStopping = false
  /// The signal that it is to get; sent again when systemd was away.
  var signal: Signal?
  /// Whether systemd is being asked about it.
  var isLookedAt = false
  /// Whether it is to be asked again when that is answered.
  var isToBeLookedAt = false
  /// Whether its main process has ended, or could not be started.
  var hasEnded = false
  /// Whether it wrote anything, looked at when it had ended.
  var wasHeard = false
  /// Whether it was told that systemd does not answer.
  var isUnverified = false
  /// Whether its end was told.
  var isOver = false
  /// The open `cgroup.events` of what its main process left, and its registration.
  var rest: (group: ControlGroup, descriptor: Int32, token: Poller.Token)?
  /// Who wants to know what is left of it, and whether its row says that it runs.
  var inquiry: (answer: @Sendable (Found) -> Void, wasRunning: Bool, hadPipes: Bool)?
  /// How often it was looked for and found about to start.
  var looks = 0
  /// Bytes of its output that earlier daemons have stored, if no further ones can be read.
  var storedBefore: Int64 = 0
  /// What happens at its end to processes that it left.
  var killMode = KillMode.controlGroup
  /// How many processes it left that were ended.
  var endedProcesses = 0
  /// Whether KILL was sent to it.
  var isKilled: Bool { signal == .kill }
  /// How long it may run, if it was taken over.
  var timeout: Duration?

  init(_ id: JobID, pipes: UnitPipes, events: @escaping @Sendable (RunnerEvent) -> Void) {
    (self.id, self.pipes, self.events) = (id, pipes, events)
  }

  var unit: String { UnitOrder.name(of: id) }

  /// What is known of its start.
  func facts(at now: Instant) -> StartFacts {
    let process = state.mainPID == 0 ? nil : Int(state.mainPID)
    var facts = StartFacts(
      at: state.startedAt ?? now, processID: process,
      processStart: process.flatMap { state.isOver ? nil : ProcessTable.startTicks(of: $0) })
    facts.runner = .systemd
    if state.startedMonotonic > 0 {
      facts.monotonic = MonotonicInstant(microseconds: Int64(clamping: state.startedMonotonic))
    }
    facts.timeout = timeout
    return facts
  }
}
