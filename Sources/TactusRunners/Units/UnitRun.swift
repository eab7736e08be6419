import TactusLinux
import TactusModel
import TactusPorts
import TactusSystemd

/// One attempt as a transient unit, from its order until its end is durable.
final class UnitRun {
  let id: JobID
  let events: @Sendable (RunnerEvent) -> Void
  let pipes: UnitPipes
  /// The path of its output to the sink; nil while the output is unknown.
  var output: UnitOutput?
  /// Streams with an unfinished line that is looked at again soon.
  var watched: Set<OutputStream> = []
  /// Words that no message of systemd may repeat.
  var concealment = Concealment()
  /// The state that systemd reported.
  var state = UnitState()

  /// Whether the start was requested and not answered yet, because polkit or systemd is busy.
  var isAsked = false
  /// Whether the start was answered, or the unit was found.
  ///
  /// Then it has to be removed.
  var isCreated = false
  /// Whether systemd's start job is over.
  var isStartOver = false
  /// Whether its start was reported.
  var isReported = false
  /// Whether a stop was requested.
  var isStopping = false
  /// The signal to send.
  ///
  /// It is sent again after systemd was away.
  var signal: Signal?
  /// Whether systemd is being asked about it.
  var isLookedAt = false
  /// Whether to ask again after the current answer.
  var isToBeLookedAt = false
  /// Whether its main process has ended, or could not be started.
  var hasEnded = false
  /// Whether it wrote any output, checked at its end.
  var wasHeard = false
  /// Whether the silence of systemd was reported.
  var isUnverified = false
  /// Whether its end was reported.
  var isOver = false
  /// The open `cgroup.events` of its remaining processes, and its registration.
  var rest: (group: ControlGroup, descriptor: Int32, token: Poller.Token)?
  /// The caller that asks what is left of it, whether its row says RUNNING, and whether it had pipes.
  var inquiry: (answer: @Sendable (Found) -> Void, wasRunning: Bool, hadPipes: Bool)?
  /// How often it was found about to start.
  var looks = 0
  /// Bytes of its output that earlier daemons stored, if no more can be read.
  var storedBefore: Int64 = 0
  /// The fate of its remaining processes at its end.
  var killMode = KillMode.controlGroup
  /// How many remaining processes were killed at its end.
  var endedProcesses = 0
  /// Whether SIGKILL was sent to it.
  var isKilled: Bool { signal == .kill }
  /// How long it may run, if it was adopted.
  var timeout: Duration?

  init(_ id: JobID, pipes: UnitPipes, events: @escaping @Sendable (RunnerEvent) -> Void) {
    (self.id, self.pipes, self.events) = (id, pipes, events)
  }

  var unit: String { UnitOrder.name(of: id) }

  /// The facts of its start.
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
