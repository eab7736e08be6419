internal import Dispatch
internal import TactusLinux
internal import TactusModel
internal import TactusPorts
internal import TactusSystemd

/// What the service manager is told while the daemon starts, runs and stops.
struct Supervision: Sendable {
  let health: Health
  let alarms: LinuxAlarms
  let time: SystemTime

  /// How long the start may take altogether before the service manager gives it up, if it is told of it in time.
  private static let longestStart: Duration = .seconds(3600)
  /// What the service manager is asked for each time, and how often.
  private static let patience = (by: Duration.seconds(60), every: 20)

  /// Asks for more time again and again until the start is over: a store of many gigabytes is checked after a power loss,
  /// and a new version may bring it up to date.
  func extendStart() -> StartExtension {
    let deadline = time.monotonic + Self.longestStart
    return StartExtension(every: Self.patience.every) { [health, time] in
      if time.monotonic < deadline { health.announce(.extendTimeout(by: Self.patience.by)) }
    }
  }

  /// The stop may take as long as running jobs may go on, and what the store needs after that.
  func extendStop(by span: Duration) { health.announce(.extendTimeout(by: span + Limits.grace + .seconds(15))) }

  /// Keeps the status line, and the watchdog quiet as long as every queue answers.
  func begin(
    line: StatusLine?, watching queues: [any WorkQueue], isExcused: @escaping @Sendable (_ label: String) -> Bool
  ) {
    line?.begin(alarms: alarms)
    guard let interval = Watchdog.interval else { return }
    let watchdog = Watchdog(
      on: DispatchWorkQueue(label: "tactus.watchdog", level: .leaf), interval: interval, watching: queues, time: time,
      isExcused: isExcused
    ) { [health] silent in
      health.tell(
        JournalEntry(
          .workQueueSilent,
          "\(silent.joined(separator: ", ")) did not answer for \((interval / 2).milliseconds / 1000) s: "
            + "if that goes on, the service manager restarts the daemon",
          fields: [.workQueues: silent.joined(separator: " ")]))
    }
    watchdog.begin(alarms: alarms)
  }
}

/// Asks for more time until it is let go.
final class StartExtension {
  private let timer: any DispatchSourceTimer

  init(every seconds: Int, ask: @escaping @Sendable () -> Void) {
    timer = DispatchSource.makeTimerSource()
    timer.schedule(deadline: .now() + .seconds(seconds), repeating: .seconds(seconds))
    timer.setEventHandler { @Sendable in ask() }
    timer.activate()
  }

  deinit { timer.cancel() }
}
